//! Classification: one row of numbers, and many customs of how pixels become numbers.

use vision_protocol::manifest::{Channels, Head, ModelOutput, Task};

use super::{BGR_255, Facts, IMAGENET, Known, Proposal, RGB_1, RGB_255, RGB_SIGNED, Scale, suited};

const CAFFE: Scale =
    Scale::new("BGR, 0 to 255 around ImageNet's mean", Channels::Bgr, 1.0).with(&[103.939, 116.779, 123.68], &[]);
const COLOURS: [Scale; 6] = [IMAGENET, BGR_255, RGB_255, CAFFE, RGB_SIGNED, RGB_1];
const GRAYS: [Scale; 5] = [
    Scale::new("grey, 0 to 1", Channels::Gray, 255.0),
    Scale::new("grey, 0 to 255", Channels::Gray, 1.0),
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

/// How a model may be used for classification.
fn propose(facts: &Facts) -> Vec<Proposal> {
    let (Some(frame), [output]) = (facts.frame, &facts.outputs[..]) else { return Vec::new() };
    let mut sides = output.shape.iter().skip(1).copied().filter(|&side| side != 1);
    let (Some(classes), None) = (sides.next(), sides.next()) else { return Vec::new() };
    if classes < 2 || output.shape.len() < 2 {
        return Vec::new();
    }
    let head = if output.from == "Softmax" { Head::Softmax } else { Head::Logits };
    let mut why = format!("its one output is a row of {classes} numbers");
    if head == Head::Softmax {
        why += ", probabilities by a Softmax in the graph";
    }
    if let Some(labels) = facts.labels.filter(|labels| *labels as u64 != classes) {
        why += &format!("; the {labels} labels are not as many");
    }
    let scales: &[Scale] = if frame.gray { &GRAYS } else { &COLOURS };
    let scales = suited(scales, facts);
    let one = |scale: &Scale| Proposal {
        task: Task::Classification,
        input: scale.input(frame),
        output: ModelOutput { head: Some(head), ..ModelOutput::default() },
        preprocessing: scale.words.to_owned(),
        why: why.clone(),
    };
    scales.iter().map(one).collect()
}
