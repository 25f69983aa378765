//! Segmentation: planes of the frame's proportions, one per class, or one mask.

use vision_protocol::manifest::{Fit, Head, ModelOutput, Task};

use super::{
    Facts, Form, Frame, Known, Likely,
    facts::Planes,
    keypoints,
    scales::{RGB_1, Scale, customs},
};

/// Frames that are longer than this would pull an upright photo out of shape.
const LONGEST: f64 = 1.5;
/// Pixels of the frame per cell: of maps of classes, and of other things.
const COARSEST: u64 = 8;

pub(super) const TASK: Known = Known {
    task: Task::Segmentation,
    category: "Segmentation",
    description: "Says which part of a photo shows what.",
    // A silhouette on its ground.
    sign: r#"<path d="M14 50c0-10 8-16 18-16s18 6 18 16z"/><circle cx="32" cy="22" r="9"/>"#,
    propose,
};

/// How a model may be used for segmentation.
fn propose(facts: &Facts) -> Vec<Form> {
    let (Some(frame), Some((output, name, planes))) = (facts.frame, facts.planes()) else { return Vec::new() };
    let why =
        format!("its output {} has the proportions of its {} x {} pixels", output.shown(), frame.width, frame.height);
    let described = ModelOutput { name, ..ModelOutput::default() };
    let form = |likely, described, scales: Vec<Scale>, why| Form {
        likely,
        output: described,
        scales,
        fit: (frame.elongation() > LONGEST).then_some(Fit::Letterbox),
        why,
        ..Form::default()
    };
    if !output.is_float {
        let why = why + ", in whole numbers: a map of classes";
        return vec![form(Likely::Sure, described, customs(facts).to_vec(), why)];
    }
    if planes.count == 1 {
        let (head, likely) = mask(facts, frame, planes, &output.from);
        let described = ModelOutput { head: Some(head), ..described };
        return vec![form(likely, described, mask_customs(facts), why + ", a mask of one channel")];
    }
    let head = match (facts.asked.head.filter(|head| Task::Segmentation.heads().contains(head)), &*output.from) {
        (Some(asked), _) => asked,
        (None, "Softmax") => Head::Softmax,
        (None, _) => Head::Logits,
    };
    let class = facts.asked.class.filter(|class| u64::from(*class) < planes.count);
    let described = ModelOutput { head: Some(head), class, ..described };
    let why = why + &format!(", a plane for each of {} classes", planes.count);
    vec![form(map_likely(facts, frame, planes), described, customs(facts).to_vec(), why)]
}

/// What the numbers of a mask are, and how likely it is one.
fn mask(facts: &Facts, frame: Frame, planes: Planes, from: &str) -> (Head, Likely) {
    let is_probability = matches!(from, "Sigmoid" | "HardSigmoid" | "Clip" | "Softmax");
    let guess = if is_probability { Head::Sigmoid } else { Head::SigmoidLogits };
    let asked = facts.asked.head.filter(|head| matches!(head, Head::Sigmoid | Head::SigmoidLogits));
    // Where the size is open it is more often text; a grey picture that stays as large is more often a picture.
    let likely = match (is_probability, frame.open, frame.gray && planes.is_full(frame)) {
        (true, false, _) => Likely::Sure,
        (true, true, _) | (false, _, true) => Likely::Possible,
        (false, _, false) => Likely::Usual,
    };
    (asked.unwrap_or(guess), likely)
}

fn map_likely(facts: &Facts, frame: Frame, planes: Planes) -> Likely {
    let is_fine = planes.stride(frame).is_some_and(|stride| stride <= COARSEST) || planes.is_full(frame);
    match facts.labelled() {
        Some(labels) if labels == planes.count && is_fine => Likely::Sure,
        Some(labels) if labels != planes.count => Likely::Possible,
        // Three planes are a picture, unless there are labels for them.
        None if planes.count == 3 || keypoints::are_usual(planes, frame) => Likely::Possible,
        _ if is_fine => Likely::Usual,
        _ => Likely::Possible,
    }
}

/// MediaPipe's masks want 0 to 1, where other models of TensorFlow want -1 to 1.
fn mask_customs(facts: &Facts) -> Vec<Scale> {
    let mut scales = customs(facts).to_vec();
    if facts.is_tensorflow {
        scales.sort_by_key(|scale| scale.words != RGB_1.words);
    }
    scales
}

#[cfg(test)]
mod tests {
    use super::super::facts::test_support::*;
    use super::*;

    fn of(size: (u32, u32), shape: &[u64], from: &str, labels: Option<usize>) -> Option<(Option<Head>, Likely)> {
        let facts = Facts { labels: labels.map(names), ..facts(size, &[("out", shape, from)]) };
        propose(&facts).first().map(|form| (form.output.head, form.likely))
    }

    #[test]
    fn classes_and_masks_are_told_by_planes() {
        let square = (320, 320);
        assert_eq!(of(square, &[1, 21, 320, 320], "Conv", None), Some((Some(Head::Logits), Likely::Usual)));
        assert_eq!(of(square, &[1, 21, 40, 40], "Conv", Some(21)), Some((Some(Head::Logits), Likely::Sure)));
        assert_eq!(of(square, &[1, 1, 320, 320], "Sigmoid", None), Some((Some(Head::Sigmoid), Likely::Sure)));
        assert_eq!(of(square, &[1, 320, 320], "Conv", None), Some((Some(Head::SigmoidLogits), Likely::Usual)));
        // A picture, and heat of points.
        assert_eq!(of(square, &[1, 3, 320, 320], "Conv", None).map(|found| found.1), Some(Likely::Possible));
        assert_eq!(of((192, 256), &[1, 17, 64, 48], "Conv", None).map(|found| found.1), Some(Likely::Possible));
        assert_eq!(of(square, &[1, 21, 40, 20], "Conv", None), None);
    }
}
