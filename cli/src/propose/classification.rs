//! Classification: one row of numbers, and many customs of how pixels become numbers.

use vision_protocol::manifest::{Channels, Head, ModelOutput, Task};

use super::{
    Facts, Form, Known, Likely, embedding,
    scales::{BGR_255, GRAY_1, GRAY_255, IMAGENET, RGB_1, RGB_255, RGB_SIGNED, Scale},
};

const CAFFE: Scale =
    Scale::new("BGR, 0 to 255 around ImageNet's mean", Channels::Bgr, 1.0).with(&[103.939, 116.779, 123.68], &[]);
const COLOURS: [Scale; 6] = [IMAGENET, BGR_255, RGB_255, CAFFE, RGB_SIGNED, RGB_1];
const GRAYS: [Scale; 5] = [
    GRAY_1,
    GRAY_255,
    Scale::new("grey, MNIST's mean and deviation", Channels::Gray, 255.0).with(&[0.1307], &[0.3081]),
    // Light on dark, of a photo that is dark on light.
    Scale::new("grey turned round, 0 to 255", Channels::Gray, -1.0).with(&[-255.0], &[]),
    Scale::new("grey turned round, 0 to 1", Channels::Gray, -255.0).with(&[-1.0], &[]),
];

pub(super) const TASK: Known = Known {
    task: Task::Classification,
    category: "Classification",
    description: "Says what is on a photo.",
    // Bars, the best first.
    sign: r#"<path d="M16 20h32M16 32h20M16 44h10"/>"#,
    propose,
};

/// What the numbers of classes are, by the operator that they come from.
pub(super) fn head_of(from: &str) -> Head {
    match from {
        "Softmax" => Head::Softmax,
        "Sigmoid" | "HardSigmoid" => Head::Sigmoid,
        _ => Head::Logits,
    }
}

/// How a model may be used for classification.
fn propose(facts: &Facts) -> Vec<Form> {
    let (Some(frame), Some((output, name))) = (facts.frame, facts.only()) else { return Vec::new() };
    let Some(classes) = output.row().filter(|classes| *classes > 1) else { return Vec::new() };
    let head = facts.asked.head.filter(|head| Task::Classification.heads().contains(head));
    let head = head.unwrap_or_else(|| head_of(&output.from));
    let mut why = format!("its output {} is a row of {classes} numbers", output.name);
    match head {
        Head::Softmax => why += ", probabilities by a Softmax in the graph",
        Head::Sigmoid => why += ", each a probability for itself by a Sigmoid in the graph",
        _ => {}
    }
    let likely = match facts.labelled() {
        Some(labels) if labels == classes => Likely::Sure,
        Some(labels) => {
            why += &format!("; the {labels} labels are not as many");
            Likely::Possible
        }
        None if head == Head::Softmax => Likely::Sure,
        None if embedding::is_usual(classes) => Likely::Possible,
        None => Likely::Usual,
    };
    let is_ultralytics = facts.ultralytics.as_ref().is_some_and(|said| said.task == "classify");
    let scales: &[Scale] = match (frame.gray, is_ultralytics) {
        (true, _) => &GRAYS,
        (false, true) => &[RGB_1],
        (false, false) => &COLOURS,
    };
    let output = ModelOutput { head: Some(head), name, ..ModelOutput::default() };
    vec![Form { likely, output, scales: scales.to_vec(), why, ..Form::default() }]
}

#[cfg(test)]
mod tests {
    use super::super::facts::test_support::*;
    use super::*;

    #[test]
    fn the_last_operator_tells_what_the_numbers_are() {
        for (from, head) in [("Softmax", Head::Softmax), ("Sigmoid", Head::Sigmoid), ("Gemm", Head::Logits)] {
            let forms = propose(&facts((224, 224), &[("out", &[1, 1000], from)]));
            assert_eq!(forms.iter().map(|form| form.output.head).collect::<Vec<_>>(), [Some(head)]);
        }
        assert!(propose(&facts((224, 224), &[("out", &[1, 1000, 7], "Gemm")])).is_empty());
    }

    #[test]
    fn labels_that_are_as_many_make_it_sure() {
        let likely = |labels: Option<usize>| {
            let mut facts = facts((112, 112), &[("out", &[1, 512], "Gemm")]);
            facts.labels = labels.map(names);
            propose(&facts).first().map(|form| form.likely)
        };
        assert_eq!(likely(Some(512)), Some(Likely::Sure));
        assert_eq!(likely(Some(10)), Some(Likely::Possible));
        // As many numbers as an embedding.
        assert_eq!(likely(None), Some(Likely::Possible));
    }
}
