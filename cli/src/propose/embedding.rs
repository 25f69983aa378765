//! Embedding: a row of numbers that stand for the photo, to be compared with others.

use vision_protocol::manifest::{ModelOutput, Task};

use super::{Facts, Form, Known, Likely, scales::customs};

/// Where a gallery's vectors lie in an app, and the names of its pictures.
pub(crate) const GALLERY: &str = "assets/gallery.f32";
pub(crate) const NAMES: &str = "assets/names.txt";

/// Words that names of such outputs hold.
const CALLED: [&str; 4] = ["embed", "feature", "descriptor", "fc1"];
/// Fewer numbers are classes.
const FEWEST: u64 = 32;

pub(super) const TASK: Known = Known {
    task: Task::Embedding,
    category: "Embeddings",
    description: "Finds what a photo is most like.",
    // Points around one.
    sign: r#"<circle cx="32" cy="32" r="5"/><path d="M36 28l9-9M36 36l8 8M28 36l-9 10M28 29l-8-7"/>"#,
    propose,
};

/// Whether embeddings have so many numbers as a rule.
pub(super) fn is_usual(numbers: u64) -> bool {
    (64..=4096).contains(&numbers) && numbers.is_power_of_two()
}

/// How a model may be used for it.
fn propose(facts: &Facts) -> Vec<Form> {
    let Some((output, name)) = facts.only() else { return Vec::new() };
    let Some(numbers) = output.row().filter(|numbers| *numbers >= FEWEST) else { return Vec::new() };
    let is_of_classes = matches!(output.from.as_str(), "Softmax" | "Sigmoid") || facts.labelled() == Some(numbers);
    if facts.frame.is_none() || !output.is_float || is_of_classes {
        return Vec::new();
    }
    let gallery = facts.asked.gallery.is_some();
    let likely = if gallery || output.is_called(&CALLED) || output.from == "LpNormalization" {
        Likely::Sure
    } else if is_usual(numbers) && facts.labels.is_none() {
        Likely::Usual
    } else {
        Likely::Possible
    };
    let why = format!("its output {} is a row of {numbers} numbers that name no classes", output.name);
    let output = ModelOutput { name, gallery: gallery.then(|| GALLERY.to_owned()), ..ModelOutput::default() };
    vec![Form { likely, output, scales: customs(facts).to_vec(), why, ..Form::default() }]
}

#[cfg(test)]
mod tests {
    use super::super::facts::test_support::*;
    use super::*;

    #[test]
    fn rows_without_names_of_classes_are_embeddings() {
        let of = |name: &str, numbers: u64, from: &str, labels: Option<usize>| {
            let facts = Facts { labels: labels.map(names), ..facts((112, 112), &[(name, &[1, numbers], from)]) };
            propose(&facts).first().map(|form| form.likely)
        };
        assert_eq!(of("out", 512, "Gemm", None), Some(Likely::Usual));
        assert_eq!(of("embedding", 100, "Gemm", None), Some(Likely::Sure));
        assert_eq!(of("out", 1000, "Gemm", None), Some(Likely::Possible));
        assert_eq!(of("out", 512, "Softmax", None), None);
        assert_eq!(of("out", 512, "Gemm", Some(512)), None);
        assert_eq!(of("out", 10, "Gemm", None), None);
    }
}
