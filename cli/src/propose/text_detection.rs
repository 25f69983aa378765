//! Text detection: of each pixel how likely it is text. Nothing but its open size tells that from another mask.

use vision_protocol::manifest::{ModelOutput, Task};

use super::{Facts, Form, Known, Likely, scales::IMAGENET};

/// What PP-OCR's detectors are evaluated on.
const SIZE: (u32, u32) = (736, 736);

pub(super) const TASK: Known = Known {
    task: Task::TextDetection,
    category: "Text",
    description: "Finds where text stands on a photo.",
    // A framed letter.
    sign: r#"<path d="M14 22v-8h8M42 14h8v8M50 42v8h-8M22 50h-8v-8M24 24h16M32 24v18"/>"#,
    propose,
};

/// How a model may be used for it.
fn propose(facts: &Facts) -> Vec<Form> {
    let (Some(frame), Some((output, name, planes))) = (facts.frame, facts.planes()) else { return Vec::new() };
    if planes.count != 1 || frame.gray || !output.is_float || output.from != "Sigmoid" {
        return Vec::new();
    }
    let likely = if frame.open { Likely::Usual } else { Likely::Possible };
    let why = format!(
        "its output {} says of each pixel how likely it is, and {}",
        output.shown(),
        if frame.open { "photos may have any size, as with PP-OCR" } else { "that may be text" }
    );
    let output = ModelOutput { name, ..ModelOutput::default() };
    vec![Form { likely, output, scales: vec![IMAGENET], size: Some(SIZE), why, ..Form::default() }]
}

#[cfg(test)]
mod tests {
    use super::super::facts::test_support::*;
    use super::*;

    #[test]
    fn an_open_mask_is_text_rather_than_anything_else() {
        let of = |open| {
            let mut facts = facts((640, 640), &[("out", &[640, 640], "Sigmoid")]);
            facts.frame = facts.frame.map(|frame| super::super::Frame { open, ..frame });
            let proposals = super::super::proposals(&facts);
            proposals.iter().map(|proposal| proposal.task).next()
        };
        assert_eq!((of(true), of(false)), (Some(Task::TextDetection), Some(Task::Segmentation)));
    }
}
