//! SSD: boxes, and beside them scores of classes.

use vision_protocol::manifest::{Fit, Head, ModelOutput};

use super::{FEWEST, Facts, Form, Frame, likely};
use crate::propose::{
    facts::Output,
    scales::{IMAGENET, RGB_1, RGB_255, RGB_SIGNED},
};

/// The output of boxes, and that of scores.
pub(super) fn boxes_and_scores(facts: &Facts) -> Option<(&Output, &Output)> {
    let [first, second] = &facts.outputs[..] else { return None };
    let is_boxes = |output: &Output, other: &Output| {
        output.shape.last() == Some(&4) && (other.shape.last() != Some(&4) || output.is_called(&["box"]))
    };
    Some(if is_boxes(first, second) { (first, second) } else { (second, first) })
}

/// Boxes `[1, n, 4]` and scores `[1, n, 1 + classes]`.
pub(super) fn ssd(facts: &Facts, frame: Frame) -> Option<Form> {
    // Its own name says more.
    if facts.asked.head != Some(Head::Ssd) && super::faces::ultraface(facts, frame).is_some() {
        return None;
    }
    let (boxes, scores) = boxes_and_scores(facts)?;
    let (&[.., rows, 4], &[.., scored, classes]) = (&boxes.shape[..], &scores.shape[..]) else { return None };
    let labelled = |labels| labels == classes || labels + 1 == classes;
    if rows != scored || classes < 2 || rows > 0 && rows < FEWEST || !facts.labelled().is_none_or(labelled) {
        return None;
    }
    let why = format!(
        "it has boxes {} and beside them scores {} of {classes} classes, the background first",
        boxes.shown(),
        scores.shown(),
    );
    Some(Form {
        likely: likely(facts),
        output: ModelOutput { head: Some(Head::Ssd), ..ModelOutput::default() },
        scales: vec![super::faces::CENTRED, RGB_SIGNED, RGB_255, RGB_1, IMAGENET],
        fit: Some(Fit::Stretch),
        why,
        ..Form::default()
    })
}
