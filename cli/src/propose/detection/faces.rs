//! Detectors of faces that everybody uses: UltraFace and YuNet.

use vision_protocol::manifest::{Channels, Fit, Head, ModelOutput};

use super::{Facts, Form, Frame, ssd::boxes_and_scores};
use crate::propose::{
    Likely,
    scales::{BGR_255, RGB_255, Scale},
};

pub(super) const CENTRED: Scale = Scale::new("RGB, around 127 by 128", Channels::Rgb, 1.0).with(&[127.0], &[128.0]);
/// What their makers call a face at least.
const THRESHOLD: f32 = 0.7;
/// UltraFace: pixels per cell of each level, and boxes per cell.
const LEVELS: [(u64, u64); 4] = [(8, 3), (16, 2), (32, 2), (64, 3)];
/// YuNet: pixels per cell of each level of 2023, and the numbers of each cell by the output's name.
const STRIDES: [u64; 3] = [8, 16, 32];
const NUMBERS: [(&str, u64); 4] = [("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)];

/// Boxes and scores of two classes, as many as UltraFace has.
pub(super) fn ultraface(facts: &Facts, frame: Frame) -> Option<Form> {
    let (boxes, scores) = boxes_and_scores(facts)?;
    let (&[.., rows, 4], &[.., scored, 2]) = (&boxes.shape[..], &scores.shape[..]) else { return None };
    let cells = |stride: u64| u64::from(frame.width).div_ceil(stride) * u64::from(frame.height).div_ceil(stride);
    let expected: u64 = LEVELS.iter().map(|(stride, boxes)| boxes * cells(*stride)).sum();
    if rows != scored || rows != expected || facts.labelled().is_some_and(|labels| labels > 2) {
        return None;
    }
    let why = format!(
        "its {rows} boxes with scores of two classes are those of UltraFace for {} x {}",
        frame.width, frame.height
    );
    Some(Form { fit: Some(Fit::Stretch), ..face(Head::UltraFace, vec![CENTRED], why) })
}

/// Boxes and points over priors (2021), or an output for each kind of number and level (2023).
pub(super) fn yunet(facts: &Facts, frame: Frame) -> Option<Form> {
    if facts.labelled().is_some_and(|labels| labels > 2) {
        return None;
    }
    let rows = |columns: u64| {
        facts.outputs.iter().find_map(|output| match output.shape[..] {
            [.., rows, last] if last == columns && output.shape.len() <= 3 => Some(rows),
            _ => None,
        })
    };
    if let (3, Some(rows), true) = (facts.outputs.len(), rows(14), rows(14) == rows(2) && rows(2) == rows(1)) {
        let why = format!("it has {rows} boxes with points, scores and overlaps, as YuNet of 2021");
        return Some(face(Head::YuNet, vec![RGB_255, BGR_255], why));
    }
    let is_there = |name: &str, stride: u64, numbers: u64| {
        let cells = u64::from(frame.width) / stride * (u64::from(frame.height) / stride);
        let name = format!("{name}_{stride}");
        facts.outputs.iter().any(|output| output.name == name && output.shape.ends_with(&[cells, numbers]))
    };
    let all = NUMBERS.iter().all(|(name, numbers)| STRIDES.iter().all(|stride| is_there(name, *stride, *numbers)));
    all.then(|| {
        let why = "its outputs cls, obj, bbox and kps of three levels are those of YuNet of 2023".to_owned();
        face(Head::YuNet, vec![BGR_255, RGB_255], why)
    })
}

fn face(head: Head, scales: Vec<Scale>, why: String) -> Form {
    let output = ModelOutput { head: Some(head), score_threshold: Some(THRESHOLD), ..ModelOutput::default() };
    Form { likely: Likely::Sure, output, scales, why, ..Form::default() }
}
