//! `app.json` while it is written: an object that may lack what a manifest needs, and the steps at which it is mended.

use serde_json::{Map, Value, json};
use vision_protocol::{
    fault::Fault,
    manifest::{Manifest, Task},
    parameters::Parameter,
    results::{ResultVariable, StandardLayout},
};

use crate::{domain::Result, store::StoreError};

/// The steps of the editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Name, description, shelf, long description.
    General,
    /// What the app asks for.
    Parameters,
    /// What it answers, and how that is shown.
    Template,
    /// Models and glue.
    Code,
    /// Version, notes, release.
    Publish,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::General, Self::Parameters, Self::Template, Self::Code, Self::Publish];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Parameters => "parameters",
            Self::Template => "template",
            Self::Code => "code",
            Self::Publish => "publish",
        }
    }

    /// What people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::General => "General information",
            Self::Parameters => "Parameters",
            Self::Template => "Result template",
            Self::Code => "Code",
            Self::Publish => "Publish",
        }
    }

    /// The step before.
    pub fn previous(self) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|step| *step < self)
    }

    /// The step after.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|step| *step > self)
    }

    /// The step at which a fault at this place is mended.
    pub fn of_place(place: &str) -> Self {
        let key = place.strip_prefix("app.json: ").unwrap_or(place);
        let starts = |keys: &[&str]| keys.iter().any(|known| key.starts_with(known));
        match () {
            () if starts(&["Name", "Description", "Category", "README.md", "icon."]) => Self::General,
            () if starts(&["AppParameters"]) => Self::Parameters,
            () if starts(&["ResultVariables", "ResultLayout", "template.html"]) => Self::Template,
            () if starts(&["Version"]) => Self::Publish,
            () => Self::Code,
        }
    }
}

/// `app.json`, as far as it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document(Map<String, Value>);

impl Document {
    /// What a new app begins with.
    pub fn blank() -> Self {
        let mut document = Self::default();
        document.set_text("Version", "1.0.0");
        document
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        match serde_json::from_str(text) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            _ => Err(StoreError::Corrupt("draft").into()),
        }
    }

    /// An `app.json` of a package. A good one is taken as it is understood, with what its task implies.
    pub(super) fn of_package(text: &[u8]) -> std::result::Result<Self, Vec<Fault>> {
        let found = match Manifest::parse(text) {
            Ok(manifest) => serde_json::to_value(&manifest).ok(),
            Err(faults) => match serde_json::from_slice(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)) {
                Ok(value @ Value::Object(_)) => Some(value),
                _ => return Err(faults),
            },
        };
        match found {
            Some(Value::Object(map)) => Ok(Self(map)),
            _ => Ok(Self::default()),
        }
    }

    pub(super) fn compact(&self) -> String {
        // PostgreSQL takes no NUL in a text; in JSON it is written as an escape, which is text.
        Value::Object(self.0.clone()).to_string()
    }

    /// The manifest, if nothing is wrong with it.
    pub fn manifest(&self) -> Option<Manifest> {
        Manifest::parse(self.compact().as_bytes()).ok()
    }

    /// As it is written into a package.
    pub fn to_json(&self) -> String {
        match serde_json::from_value::<Manifest>(Value::Object(self.0.clone())) {
            Ok(manifest) => manifest.to_json(),
            Err(_) => serde_json::to_string_pretty(&self.0).unwrap_or_default(),
        }
    }

    /// What is wrong with it, each at its place.
    pub fn faults(&self) -> Vec<Fault> {
        Manifest::parse(self.compact().as_bytes()).err().unwrap_or_default()
    }

    /// Files that it names and that are not there.
    pub(super) fn missing(&self, contains: impl Fn(&str) -> bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (index, model) in self.models().iter().enumerate() {
            let output = &model["Output"];
            for (key, path) in [
                ("File", model["File"].as_str()),
                ("Labels", model["Labels"].as_str()),
                ("Output.Gallery", output["Gallery"].as_str()),
            ] {
                if let Some(path) = path.filter(|path| !path.is_empty() && !contains(path)) {
                    let place = format!("app.json: Models[{index}].{key}");
                    faults.push(Fault::new(place, format!("names “{path}”, which is not among the files: upload it")));
                }
            }
        }
        faults
    }

    /// A text at the top; empty if it is not there.
    pub fn text(&self, key: &str) -> String {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Sets a text at the top; an empty one goes.
    pub fn set_text(&mut self, key: &str, text: &str) {
        match text.trim().is_empty() {
            true => self.0.remove(key),
            false => self.0.insert(key.to_owned(), Value::String(text.trim().replace("\r\n", "\n"))),
        };
    }

    /// Whether a switch at the top is on.
    pub fn flag(&self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Sets a switch at the top; one that is off goes.
    pub fn set_flag(&mut self, key: &str, on: bool) {
        match on {
            true => self.0.insert(key.to_owned(), Value::Bool(true)),
            false => self.0.remove(key),
        };
    }

    /// Anything at the top.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Sets anything at the top; what is null or empty goes.
    pub fn set_value(&mut self, key: &str, value: Value) {
        let is_empty = match &value {
            Value::Null => true,
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        match is_empty {
            true => self.0.remove(key),
            false => self.0.insert(key.to_owned(), value),
        };
    }

    fn list(&self, key: &str) -> &[Value] {
        self.0.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// `AppParameters`, each as it stands.
    pub fn parameters(&self) -> &[Value] {
        self.list("AppParameters")
    }

    /// The parameters that can be shown; with a task and none given, those of the task.
    pub fn good_parameters(&self) -> Vec<Parameter> {
        let written: Vec<Parameter> =
            self.parameters().iter().filter_map(|value| serde_json::from_value(value.clone()).ok()).collect();
        match (written.is_empty(), self.task()) {
            (true, Some(task)) => task.parameters(),
            _ => written,
        }
    }

    /// `AppParameters` as JSON, keys in the order that the documentation has.
    pub fn parameters_json(&self) -> String {
        let list = self.parameters();
        let typed: std::result::Result<Vec<Parameter>, _> =
            list.iter().map(|value| serde_json::from_value(value.clone())).collect();
        match typed {
            Ok(parameters) => serde_json::to_string_pretty(&parameters),
            Err(_) => serde_json::to_string_pretty(list),
        }
        .unwrap_or_default()
    }

    /// Takes `AppParameters` written as JSON.
    ///
    /// # Errors
    /// One fault with line and column, if it is no list of objects.
    pub fn set_parameters_json(&mut self, text: &str) -> std::result::Result<(), Fault> {
        let place = "app.json: AppParameters";
        let text = if text.trim().is_empty() { "[]" } else { text };
        let value: Value =
            serde_json::from_str(text).map_err(|error| Fault::new(place, format!("is not valid JSON: {error}")))?;
        let Value::Array(list) = value else {
            return Err(Fault::new(place, "must be a list: [ {…}, {…} ]"));
        };
        if let Some(index) = list.iter().position(|item| !item.is_object()) {
            return Err(Fault::new(format!("{place}[{index}]"), "must be an object: { … }"));
        }
        self.set_value("AppParameters", Value::Array(list));
        Ok(())
    }

    /// `ResultVariables`, each as it stands.
    pub fn results(&self) -> &[Value] {
        self.list("ResultVariables")
    }

    /// The result variables that can be shown; with a task and none given, those of the task.
    pub fn good_results(&self) -> Vec<ResultVariable> {
        let written: Vec<ResultVariable> =
            self.results().iter().filter_map(|value| serde_json::from_value(value.clone()).ok()).collect();
        match (written.is_empty(), self.task()) {
            (true, Some(task)) => {
                let model = self.models().first().and_then(|value| serde_json::from_value(value.clone()).ok());
                task.results(model.as_ref())
            }
            _ => written,
        }
    }

    /// `Models`, each as it stands.
    pub fn models(&self) -> &[Value] {
        self.list("Models")
    }

    /// Makes a model known, unless one has that file.
    pub(super) fn add_model(&mut self, file: &str) {
        if self.models().iter().any(|model| model["File"] == file) {
            return;
        }
        let mut models = self.models().to_vec();
        let stem = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".onnx");
        let mut name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(40).collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert_str(0, "model_");
        }
        while models.iter().any(|model| model["Name"] == name.as_str()) {
            name.push('2');
        }
        // An entry without a file waits for one.
        match models.iter_mut().find(|model| model["File"].as_str().unwrap_or_default().is_empty()) {
            Some(waiting) => waiting["File"] = Value::from(file),
            None => models.push(json!({ "Name": name, "File": file })),
        }
        self.set_value("Models", Value::Array(models));
    }

    /// The task, if it is one.
    pub fn task(&self) -> Option<Task> {
        let name = self.text("Task");
        Task::ALL.into_iter().find(|task| task.name() == name)
    }

    /// The layout that results are shown by: the one that is named, or the one that fits.
    pub fn layout(&self) -> StandardLayout {
        let named = StandardLayout::by_name(&self.text("ResultLayout"));
        let of_task = || self.task().and_then(Task::layout);
        named.or_else(of_task).unwrap_or_else(|| StandardLayout::for_results(&self.good_results()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_stands_at_the_step_that_mends_it() {
        let mut document = Document::blank();
        document.set_parameters_json(r#"[{"ParameterType": "Select", "Name": "2bad"}]"#).unwrap();
        document.set_value("Models", json!([{ "Name": "m", "File": "elsewhere.onnx" }]));
        document.set_text("Version", "one");
        document.set_text("ResultLayout", "nothing");
        let steps: Vec<Step> = document.faults().iter().map(|fault| Step::of_place(&fault.place)).collect();
        for step in Step::ALL {
            assert!(steps.contains(&step), "{step:?} in {:?}", document.faults());
        }
    }

    #[test]
    fn json_and_form_are_views_of_one_thing() {
        let mut document = Document::blank();
        let text = r#"[{"ParameterType": "Number", "Name": "Age", "Min": 0, "Required": false}]"#;
        document.set_parameters_json(text).unwrap();
        let shown: Value = serde_json::from_str(&document.parameters_json()).unwrap();
        assert_eq!(shown, serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(document.set_parameters_json("{}").unwrap_err().place, "app.json: AppParameters");
        assert!(document.set_parameters_json("[1,]").unwrap_err().message.contains("line 1"));
        assert_eq!(document.set_parameters_json("[1]").unwrap_err().place, "app.json: AppParameters[0]");
        assert_eq!(document.good_parameters().len(), 1, "what was wrong was not taken");
    }

    #[test]
    fn a_model_that_was_uploaded_is_named_once() {
        let mut document = Document::blank();
        document.add_model("models/7 cats.onnx");
        document.add_model("models/7 cats.onnx");
        assert_eq!(document.models(), [json!({ "Name": "model_7_cats", "File": "models/7 cats.onnx" })]);
    }
}
