//! Which version comes next, read off two manifests by the habit of semantic versions: what takes something away from
//! whoever uses the app is a major step, what gives more is a minor one, anything else is a patch.

use semver::{Prerelease, Version};
use vision_protocol::{
    manifest::Manifest,
    parameters::{Parameter, ParameterType},
    results::ResultVariable,
};

/// How far a change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The same inputs and results.
    Patch,
    /// More than there was.
    Minor,
    /// Something that people relied on is gone.
    Major,
}

impl Step {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// A version, and why that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// No release of the app has it.
    pub version: Version,
    /// How far the change goes.
    pub step: Step,
    /// What changed, a sentence each, what weighs most first.
    pub reasons: Vec<String>,
}

impl Suggestion {
    /// For an app without a proven release.
    pub(super) fn first(taken: &[Version]) -> Self {
        let version = free(Version::new(1, 0, 0), Step::Minor, taken);
        Self { version, step: Step::Minor, reasons: vec!["It is the first release.".to_owned()] }
    }
}

/// Compares what was with what will be. `taken` are the versions that the app has already.
pub fn suggest(before: &Manifest, after: &Manifest, models_changed: bool, taken: &[Version]) -> Suggestion {
    let mut changes = Changes::default();
    changes.parameters(&before.app_parameters, &after.app_parameters);
    changes.results(&before.result_variables, &after.result_variables);
    if models_changed || before.models != after.models {
        changes.add(Step::Minor, "The models are others.".to_owned());
    }
    if before.task != after.task {
        changes.add(Step::Minor, "The task is another.".to_owned());
    }
    changes.0.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
    let step = changes.0.first().map_or(Step::Patch, |(step, _)| *step);
    let mut reasons: Vec<String> = changes.0.into_iter().map(|(_, reason)| reason).collect();
    if reasons.is_empty() {
        reasons.push("Inputs, results and models are the same.".to_owned());
    }
    Suggestion { version: free(after_step(&before.version, step), step, taken), step, reasons }
}

/// The version itself if nobody has it, or the next one by the same step.
fn free(version: Version, step: Step, taken: &[Version]) -> Version {
    let same = |known: &Version| known.cmp_precedence(&version).is_eq();
    if taken.iter().any(same) { free(after_step(&version, step), step, taken) } else { version }
}

fn after_step(version: &Version, step: Step) -> Version {
    match step {
        // 2.0.0 comes after 2.0.0-beta.1.
        _ if version.pre != Prerelease::EMPTY => Version::new(version.major, version.minor, version.patch),
        Step::Patch => Version::new(version.major, version.minor, version.patch.saturating_add(1)),
        Step::Minor => Version::new(version.major, version.minor.saturating_add(1), 0),
        Step::Major => Version::new(version.major.saturating_add(1), 0, 0),
    }
}

#[derive(Default)]
struct Changes(Vec<(Step, String)>);

impl Changes {
    fn add(&mut self, step: Step, reason: String) {
        self.0.push((step, reason));
    }

    fn parameters(&mut self, before: &[Parameter], after: &[Parameter]) {
        for old in before {
            match after.iter().find(|new| new.name == old.name) {
                None => self.add(Step::Major, format!("The parameter {} is gone.", old.name)),
                Some(new) => self.parameter(old, new),
            }
        }
        for new in after.iter().filter(|new| !before.iter().any(|old| old.name == new.name)) {
            match must_be_given(new) {
                true => self.add(Step::Major, format!("The parameter {} is new and must be given.", new.name)),
                false => self.add(Step::Minor, format!("The parameter {} is new.", new.name)),
            }
        }
    }

    fn parameter(&mut self, old: &Parameter, new: &Parameter) {
        let name = &new.name;
        if old.parameter_type != new.parameter_type {
            let (was, is) = (old.parameter_type, new.parameter_type);
            self.add(Step::Major, format!("The parameter {name} was {was:?} and is {is:?}."));
            return;
        }
        if must_be_given(new) && !must_be_given(old) {
            self.add(Step::Major, format!("The parameter {name} must be given now."));
        } else if must_be_given(old) && !must_be_given(new) {
            self.add(Step::Minor, format!("The parameter {name} may be left out now."));
        }
        match takes(old, new) {
            Takes::Less => self.add(Step::Major, format!("The parameter {name} takes less than it did.")),
            Takes::More => self.add(Step::Minor, format!("The parameter {name} takes more than it did.")),
            Takes::Same => {}
        }
    }

    fn results(&mut self, before: &[ResultVariable], after: &[ResultVariable]) {
        for old in before {
            match after.iter().find(|new| new.name == old.name) {
                None => self.add(Step::Major, format!("The result {} is gone.", old.name)),
                Some(new) if new.result_type != old.result_type => {
                    let (was, is) = (old.result_type, new.result_type);
                    self.add(Step::Major, format!("The result {} was {was:?} and is {is:?}.", old.name));
                }
                Some(_) => {}
            }
        }
        for new in after.iter().filter(|new| !before.iter().any(|old| old.name == new.name)) {
            self.add(Step::Minor, format!("The result {} is new.", new.name));
        }
    }
}

fn must_be_given(parameter: &Parameter) -> bool {
    // A box that is not ticked is an answer too.
    parameter.required && parameter.default.is_none() && parameter.parameter_type != ParameterType::Boolean
}

enum Takes {
    Less,
    Same,
    More,
}

/// What a parameter takes, of the same type as before.
fn takes(old: &Parameter, new: &Parameter) -> Takes {
    let number = |bound: &Option<serde_json::Value>| bound.as_ref().and_then(serde_json::Value::as_f64);
    let day = |bound: &Option<serde_json::Value>| bound.as_ref().and_then(|day| day.as_str().map(ToOwned::to_owned));
    let longest = |parameter: &Parameter| parameter.max_length.map(f64::from);
    let sides = [
        side(number(&old.min), number(&new.min), |old, new| new > old),
        side(number(&old.max), number(&new.max), |old, new| new < old),
        side(day(&old.min), day(&new.min), |old, new| new > old),
        side(day(&old.max), day(&new.max), |old, new| new < old),
        side(longest(old), longest(new), |old, new| new < old),
        side(old.step, new.step, |_, _| true),
        options(&old.options, &new.options),
    ];
    if sides.iter().any(|side| matches!(side, Takes::Less)) {
        Takes::Less
    } else if sides.iter().any(|side| matches!(side, Takes::More)) {
        Takes::More
    } else {
        Takes::Same
    }
}

/// One bound: none takes everything.
fn side<T: PartialEq>(old: Option<T>, new: Option<T>, narrower: impl Fn(&T, &T) -> bool) -> Takes {
    match (old, new) {
        (None, None) => Takes::Same,
        (None, Some(_)) => Takes::Less,
        (Some(_), None) => Takes::More,
        (Some(old), Some(new)) if old == new => Takes::Same,
        (Some(old), Some(new)) if narrower(&old, &new) => Takes::Less,
        (Some(_), Some(_)) => Takes::More,
    }
}

fn options(old: &[String], new: &[String]) -> Takes {
    if old.iter().any(|option| !new.contains(option)) {
        Takes::Less
    } else if new.len() > old.len() {
        Takes::More
    } else {
        Takes::Same
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn manifest(version: &str, parameters: &Value, results: &Value) -> Manifest {
        let text = json!({
            "Name": "App", "Version": version, "AppParameters": parameters, "ResultVariables": results,
        });
        Manifest::parse(text.to_string().as_bytes()).unwrap()
    }

    fn parameters(more: &[Value]) -> Value {
        let photo = json!({"ParameterType": "Image", "Name": "Image"});
        let number = json!({"ParameterType": "Number", "Name": "Age", "Max": 30});
        let choice = json!({"ParameterType": "Select", "Name": "Colour", "Options": ["red", "green"]});
        Value::Array([photo, number, choice].into_iter().chain(more.iter().cloned()).collect())
    }

    fn labels() -> Value {
        json!([{"ResultType": "Labels", "Name": "labels"}])
    }

    /// What is suggested after 1.4.2, with 1.4.2 taken.
    fn after(parameters: &Value, results: &Value, models_changed: bool) -> (String, Step) {
        let before = manifest("1.4.2", &self::parameters(&[]), &labels());
        let next = suggest(
            &before,
            &manifest("1.4.2", parameters, results),
            models_changed,
            std::slice::from_ref(&before.version),
        );
        assert!(!next.reasons.is_empty());
        (next.version.to_string(), next.step)
    }

    #[test]
    fn nothing_that_people_see_changed() {
        assert_eq!(after(&parameters(&[]), &labels(), false), ("1.4.3".to_owned(), Step::Patch));
    }

    #[test]
    fn more_of_it_is_a_minor_step() {
        let optional = json!({"ParameterType": "Text", "Name": "Note", "Required": false});
        assert_eq!(after(&parameters(&[optional]), &labels(), false), ("1.5.0".to_owned(), Step::Minor));
        assert_eq!(after(&parameters(&[]), &labels(), true).1, Step::Minor, "another model under the same name");
        let more = json!([{"ResultType": "Labels", "Name": "labels"}, {"ResultType": "Number", "Name": "count"}]);
        assert_eq!(after(&parameters(&[]), &more, false).1, Step::Minor);
        let mut wider = parameters(&[]);
        wider[1]["Max"] = json!(40);
        wider[2]["Options"] = json!(["red", "green", "blue"]);
        assert_eq!(after(&wider, &labels(), false).1, Step::Minor);
    }

    #[test]
    fn less_of_it_is_a_major_step() {
        let needed = json!({"ParameterType": "Text", "Name": "Note"});
        assert_eq!(after(&parameters(&[needed]), &labels(), false), ("2.0.0".to_owned(), Step::Major));
        let mut fewer = parameters(&[]);
        fewer.as_array_mut().unwrap().remove(1);
        assert_eq!(after(&fewer, &labels(), true).1, Step::Major, "the largest step counts");
        for (index, key, value) in [(1, "Max", json!(20)), (1, "Min", json!(1)), (2, "Options", json!(["red"]))] {
            let mut narrower = parameters(&[]);
            narrower[index][key] = value;
            assert_eq!(after(&narrower, &labels(), false).1, Step::Major, "{key}");
        }
        assert_eq!(after(&parameters(&[]), &json!([{"ResultType": "Text", "Name": "labels"}]), false).1, Step::Major);
    }

    #[test]
    fn a_version_that_is_taken_is_not_suggested() {
        let before = manifest("1.4.2", &parameters(&[]), &labels());
        let taken = ["1.4.2", "1.4.3", "1.4.4"].map(|version| version.parse().unwrap());
        assert_eq!(suggest(&before, &before, false, &taken).version.to_string(), "1.4.5");
        let early = manifest("2.0.0-beta.1", &parameters(&[]), &labels());
        assert_eq!(suggest(&early, &early, true, &[]).version.to_string(), "2.0.0");
        assert_eq!(Suggestion::first(&[]).version.to_string(), "1.0.0");
    }
}
