//! Attributes: several outputs of a number or a few, or one number.

use vision_protocol::manifest::{Attribute, Head, ModelOutput, Task};

use super::{
    Facts, Form, Known, Likely, asked::AskedAttribute, classification::head_of, facts::Output, scales::customs,
};
use crate::scaffold;

/// More numbers of one output are no attribute.
const MOST: u64 = 200;

pub(super) const TASK: Known = Known {
    task: Task::Attributes,
    category: "Attributes",
    description: "Describes a photo in numbers and words.",
    // A list with marks.
    sign: r#"<path d="M16 20l4 4 6-8M16 40l4 4 6-8M34 20h16M34 40h16"/>"#,
    propose,
};

/// How a model may be used for it.
fn propose(facts: &Facts) -> Vec<Form> {
    let outputs: Vec<(&Output, u64)> = facts
        .outputs
        .iter()
        .filter_map(|output| Some((output, output.row().filter(|numbers| *numbers <= MOST)?)))
        .collect();
    if facts.frame.is_none() || outputs.is_empty() || outputs.len() < facts.outputs.len() {
        return Vec::new();
    }
    let asked = &facts.asked.attributes;
    let unknown = asked.iter().find(|asked| outputs.iter().all(|(output, _)| output.name != asked.output));
    if let Some(AskedAttribute { output, .. }) = unknown {
        let known: Vec<_> = outputs.iter().map(|(output, _)| output.name.as_str()).collect();
        let missing = format!("an output of that name: --attribute {output} names none of {}", known.join(", "));
        return vec![Form { missing: Some(missing), ..form(facts, Vec::new(), String::new()) }];
    }
    let attributes: Vec<Attribute> =
        outputs.iter().map(|(output, numbers)| attribute(facts, &outputs, output, *numbers)).collect();
    let all: Vec<_> = outputs.iter().map(|(output, numbers)| format!("{} of {numbers}", output.name)).collect();
    let why = match &all[..] {
        [one] => format!("its output is a row of numbers: {one}"),
        _ => format!("its outputs are rows of numbers: {}", all.join(", ")),
    };
    vec![form(facts, attributes, why)]
}

fn form(facts: &Facts, attributes: Vec<Attribute>, why: String) -> Form {
    let is_number = facts.outputs.len() == 1 && attributes.iter().all(|attribute| attribute.head == Some(Head::Value));
    let are_many = facts.outputs.len() > 1;
    let likely = match facts.asked.attributes.is_empty() {
        false => Likely::Sure,
        true if is_number || are_many => Likely::Usual,
        true => Likely::Possible,
    };
    let output = ModelOutput { attributes, ..ModelOutput::default() };
    Form { likely, output, scales: customs(facts).to_vec(), why, ..Form::default() }
}

/// What an output tells: as it was said, or as its numbers look.
fn attribute(facts: &Facts, outputs: &[(&Output, u64)], output: &Output, numbers: u64) -> Attribute {
    let asked = facts.asked.attributes.iter().find(|asked| asked.output == output.name);
    let is_binary = numbers == 1 && asked.is_some_and(|asked| asked.classes.len() == 2);
    let head = match (numbers, head_of(&output.from)) {
        (1, _) if !is_binary => Head::Value,
        // Two classes share one number.
        (1, Head::Sigmoid) => Head::Sigmoid,
        (1, _) => Head::SigmoidLogits,
        (_, head) => head,
    };
    let named = asked.map(|asked| asked.classes.clone()).filter(|classes| !classes.is_empty());
    // Labels serve the one output that has as many classes.
    let of_labels = || {
        let labels = facts.labels.clone().filter(|labels| labels.len() as u64 == numbers)?;
        (outputs.iter().filter(|(_, other)| *other == numbers).count() == 1).then_some(labels)
    };
    let counted = || (0..numbers).map(|number| format!("class {number}")).collect();
    let classes = match head {
        Head::Value => Vec::new(),
        _ => named.or_else(of_labels).unwrap_or_else(counted),
    };
    Attribute {
        name: scaffold::title(&output.name),
        output: Some(output.name.clone()),
        head: Some(head),
        classes,
        scale: asked.and_then(|asked| asked.scale),
        offset: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::test_support::*;
    use super::*;

    #[test]
    fn numbers_and_classes_are_told_by_their_outputs() {
        let outputs: [(&str, &[u64], &str); 2] = [("age", &[1, 1], "Gemm"), ("gender", &[1, 2], "Softmax")];
        let mut facts = facts((112, 112), &outputs);
        let of = |facts: &Facts| {
            let form = propose(facts).remove(0);
            let one = |a: Attribute| (a.name, a.head, a.classes.join(" "), a.scale);
            (form.likely, form.output.attributes.into_iter().map(one).collect::<Vec<_>>())
        };
        let row = |name: &str, head, classes: &str, scale| (name.to_owned(), Some(head), classes.to_owned(), scale);
        let plain = vec![row("Age", Head::Value, "", None), row("Gender", Head::Softmax, "class 0 class 1", None)];
        assert_eq!(of(&facts), (Likely::Usual, plain));
        let said = |output: &str, classes: &[&str], scale| AskedAttribute {
            output: output.to_owned(),
            classes: classes.iter().map(ToString::to_string).collect(),
            scale,
        };
        facts.asked.attributes = vec![said("gender", &["male", "female"], None), said("age", &[], Some(100.0))];
        let told = vec![row("Age", Head::Value, "", Some(100.0)), row("Gender", Head::Softmax, "male female", None)];
        assert_eq!(of(&facts), (Likely::Sure, told));
        facts.asked.attributes = vec![said("height", &[], None)];
        assert!(propose(&facts)[0].missing.as_ref().is_some_and(|missing| missing.contains("age, gender")));
    }

    #[test]
    fn boxes_and_tables_are_none() {
        assert!(propose(&facts((112, 112), &[("boxes", &[1, 100, 4], "Concat")])).is_empty());
        assert!(propose(&facts((112, 112), &[("classes", &[1, 1000], "Gemm")])).is_empty());
    }
}
