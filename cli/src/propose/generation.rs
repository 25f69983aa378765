//! Generation: a picture out of noise, and perhaps of a class.

use vision_protocol::{
    manifest::{Head, ModelOutput, Task},
    parameters::{Parameter, ParameterType},
};

use super::{
    Facts, Form, Known, Likely,
    facts::{Input, Output},
};

/// Words that the name of a class's input holds.
const CLASS_NAMES: [&str; 5] = ["class", "label", "cond", "onehot", "one_hot"];
/// Fewer pixels on a side are no picture.
const SMALLEST: u64 = 8;

pub(super) const TASK: Known = Known {
    task: Task::Generation,
    category: "Pictures",
    description: "Makes pictures that nobody took.",
    // A spark.
    sign: r#"<path d="M32 12v14M32 38v14M12 32h14M38 32h14M20 20l6 6M38 38l6 6M44 20l-6 6M26 38l-6 6"/>"#,
    propose,
};

/// How a model may be used for it.
fn propose(facts: &Facts) -> Vec<Form> {
    if facts.frame.is_some() {
        return Vec::new();
    }
    let class = match &facts.inputs[..] {
        [noise] if noise.is_float => None,
        [first, second] => match (is_class(first, second), first.is_float, second.is_float) {
            (true, _, true) => Some(first),
            (false, true, _) => Some(second),
            _ => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let Some((output, name)) = facts.only().filter(|(output, _)| is_picture(output)) else { return Vec::new() };
    let mut described = ModelOutput { head: Some(Head::Picture), name, ..ModelOutput::default() };
    match (facts.asked.is_scale(), output.from.as_str()) {
        (true, _) => {
            (described.divisor, described.mean, described.std) =
                (facts.asked.divisor, facts.asked.mean.clone(), facts.asked.std.clone());
        }
        (false, "Sigmoid") => described.divisor = Some(255.0),
        (false, _) => (described.divisor, described.mean) = (Some(127.5), vec![1.0]),
    }
    described.channels = facts.asked.channels;
    let why = format!(
        "it looks at no photo, and its output {} is a picture made of {}",
        output.shown(),
        if class.is_some() { "noise and a class" } else { "noise" }
    );
    let likely = if class.is_some() || output.from == "Tanh" { Likely::Sure } else { Likely::Usual };
    vec![Form { likely, output: described, parameters: parameters(facts, class), why, ..Form::default() }]
}

/// Whether the first of two inputs is the class, as the glue tells them apart.
fn is_class(first: &Input, second: &Input) -> bool {
    let is_called = |input: &Input| CLASS_NAMES.iter().any(|name| input.name.to_lowercase().contains(name));
    match (first.is_float, second.is_float) {
        (false, true) => true,
        (true, false) => false,
        _ if is_called(first) != is_called(second) => is_called(first),
        _ => count(first) < count(second),
    }
}

/// How many numbers an input takes; open sides are 1.
fn count(input: &Input) -> u64 {
    input.shape.iter().map(|&side| side.max(1)).product()
}

fn is_picture(output: &Output) -> bool {
    let colourful = |side: u64| side == 1 || side == 3;
    let are_sides = |rows: u64, columns: u64| rows >= SMALLEST && columns >= SMALLEST;
    match output.shape[..] {
        [0 | 1, channels, rows, columns] if colourful(channels) => are_sides(rows, columns),
        [0 | 1, rows, columns, channels] => colourful(channels) && are_sides(rows, columns),
        _ => false,
    }
}

/// What people choose: a class by its name, if there are names, and a seed.
fn parameters(facts: &Facts, class: Option<&Input>) -> Vec<Parameter> {
    Task::Generation.parameters().into_iter().filter_map(|parameter| of_person(facts, class, parameter)).collect()
}

fn of_person(facts: &Facts, class: Option<&Input>, mut parameter: Parameter) -> Option<Parameter> {
    if parameter.name == Task::SEED {
        parameter.default = Some(1.into());
        return Some(parameter);
    }
    let classes = count(class?);
    match &facts.labels {
        Some(labels) => {
            parameter.parameter_type = ParameterType::Select;
            (parameter.min, parameter.step) = (None, None);
            parameter.description = "Of which class".to_owned();
            parameter.options.clone_from(labels);
            parameter.default = labels.first().map(|label| label.as_str().into());
        }
        None => {
            parameter.default = Some(0.into());
            parameter.max = (classes > 1).then(|| (classes - 1).into());
        }
    }
    Some(parameter)
}

#[cfg(test)]
mod tests {
    use super::super::facts::test_support::*;
    use super::*;

    fn generator(inputs: &[(&str, &[u64], bool)], shape: &[u64]) -> Facts {
        let inputs = inputs.iter().map(|(name, shape, is_float)| Input {
            name: (*name).to_owned(),
            shape: shape.to_vec(),
            is_float: *is_float,
        });
        Facts { frame: None, inputs: inputs.collect(), ..facts((8, 8), &[("picture", shape, "Tanh")]) }
    }

    #[test]
    fn noise_and_class_become_what_people_choose() {
        let of = |facts: &Facts| {
            let names = |form: &Form| form.parameters.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
            propose(facts).first().map(names)
        };
        let noise: (&str, &[u64], bool) = ("z", &[1, 64], true);
        assert_eq!(of(&generator(&[noise], &[1, 3, 64, 64])), Some(vec!["Seed".to_owned()]));
        let both = generator(&[noise, ("class", &[1], false)], &[1, 64, 64, 3]);
        assert_eq!(of(&both), Some(vec!["Class".to_owned(), "Seed".to_owned()]));
        let named = Facts { labels: Some(names(3)), ..both };
        let parameters = propose(&named).remove(0).parameters;
        assert_eq!((parameters[0].parameter_type, parameters[0].options.len()), (ParameterType::Select, 3));
        assert_eq!(of(&generator(&[noise], &[1, 1000])), None);
    }
}
