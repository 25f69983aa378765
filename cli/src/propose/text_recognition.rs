//! Text recognition: steps along a line, each with a number for every character and one for none.

use vision_protocol::manifest::{Blank, Channels, Fit, Head, ModelOutput, Task};

use super::{
    Facts, Form, Known, Likely,
    scales::{GRAY_1, IMAGENET, RGB_1, Scale},
};

/// Lines are at least so many times as long as high, and no higher than this.
const LONGEST: u32 = 2;
const HIGHEST: u32 = 64;
/// Fewer classes are no alphabet, unless there are labels for them.
const FEWEST: u64 = 11;

/// PP-OCR's, and that of CRNN as OpenCV feeds it.
const BGR_SIGNED: Scale = Scale::new("BGR, -1 to 1", Channels::Bgr, 127.5).with(&[1.0], &[]);
const RGB_SIGNED: Scale = Scale::new("RGB, -1 to 1", Channels::Rgb, 127.5).with(&[1.0], &[]);
const GRAY_SIGNED: Scale = Scale::new("grey, -1 to 1", Channels::Gray, 1.0).with(&[127.5], &[127.5]);
const PAD: u8 = 127;

pub(super) const TASK: Known = Known {
    task: Task::TextRecognition,
    category: "Text",
    description: "Reads the line of text on a photo.",
    // Lines of writing.
    sign: r#"<path d="M14 46l8-28 8 28M17 37h10M38 28v18M38 34c2-4 10-5 10 2v10"/>"#,
    propose,
};

/// How a model may be used for it.
fn propose(facts: &Facts) -> Vec<Form> {
    let (Some(frame), Some((output, _))) = (facts.frame, facts.only()) else { return Vec::new() };
    let (steps, classes) = match output.shape[..] {
        [1, steps, classes] | [steps, 1, classes] if steps > 1 => (steps, classes),
        _ => return Vec::new(),
    };
    let labelled = facts.labelled();
    let has_alphabet = labelled.is_some_and(|labels| classes == labels + 1 || classes == labels + 2);
    let is_line = frame.height <= HIGHEST && frame.width >= LONGEST * frame.height;
    let has_letters = if labelled.is_some() { has_alphabet } else { classes >= FEWEST };
    if !is_line || !has_letters || steps > u64::from(frame.width) {
        return Vec::new();
    }
    let head = facts.asked.head.filter(|head| Task::TextRecognition.heads().contains(head));
    let head = head.unwrap_or(if output.from == "Softmax" { Head::Softmax } else { Head::Logits });
    // TensorFlow counts “no character” as the last class, others as the first.
    let blank = facts.asked.blank.unwrap_or(if facts.is_tensorflow { Blank::Last } else { Blank::First });
    let described = ModelOutput {
        head: Some(head),
        blank: (blank != Blank::First).then_some(blank),
        name: facts.only().and_then(|(_, name)| name),
        ..ModelOutput::default()
    };
    let missing = labelled.is_none().then(|| {
        format!(
            "the characters that it knows, one per line in the model's order, {} of them: --labels FILE",
            classes - 1
        )
    });
    let why = format!("its output {} is {steps} steps along a line, each with {classes} characters", output.shown());
    let (scales, fit, pad) = match frame.gray {
        true => (vec![GRAY_SIGNED, GRAY_1], Some(Fit::Stretch), None),
        false => (vec![BGR_SIGNED, RGB_SIGNED, RGB_1, IMAGENET], None, Some(PAD)),
    };
    let likely = if has_alphabet { Likely::Sure } else { Likely::Usual };
    vec![Form { likely, output: described, scales, fit, pad, why, missing, ..Form::default() }]
}

#[cfg(test)]
mod tests {
    use super::super::facts::test_support::*;
    use super::*;

    #[test]
    fn steps_along_a_line_are_text() {
        let of = |size, shape: &[u64], labels: Option<usize>| {
            let facts = Facts { labels: labels.map(names), ..facts(size, &[("out", shape, "Softmax")]) };
            propose(&facts).first().map(|form| (form.output.head, form.missing.is_some()))
        };
        let read = |missing| Some((Some(Head::Softmax), missing));
        assert_eq!(of((320, 48), &[1, 40, 6625], Some(6623)), read(false));
        assert_eq!(of((320, 48), &[1, 40, 6625], None), read(true));
        assert_eq!(of((100, 32), &[26, 1, 37], Some(36)), read(false));
        assert_eq!(of((320, 48), &[1, 40, 6625], Some(80)), None);
        assert_eq!(of((320, 320), &[1, 100, 85], None), None);
    }
}
