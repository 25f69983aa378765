//! Small detectors for telephones: NanoDet and FastestDet.

use vision_protocol::manifest::{Channels, Fit, Head, ModelOutput};

use super::{Facts, Form, Frame, STRIDES};
use crate::propose::{
    Likely,
    facts::Output,
    scales::{BGR_1, Scale},
};

/// NanoDet's own.
const NANODET: Scale = Scale::new("BGR, ImageNet's mean and deviation of 0 to 255", Channels::Bgr, 1.0)
    .with(&[103.53, 116.28, 123.675], &[57.375, 57.12, 58.395]);
/// Each edge of a box has a probability for at least so many distances.
const FEWEST_BINS: u64 = 2;
/// FastestDet: numbers before the class scores, and pixels per cell.
const GEOMETRY: u64 = 5;
const STRIDE: u64 = 16;
const THRESHOLD: f32 = 0.5;

/// For each level class scores `[1, n, classes]` and distances `[1, n, 4 * bins]`.
pub(super) fn nanodet(facts: &Facts, frame: Frame) -> Option<Form> {
    let strides = STRIDES.iter().find(|strides| strides.len() * 2 == facts.outputs.len())?;
    let mut classes = None;
    for stride in *strides {
        let cells = u64::from(frame.width.div_ceil(*stride)) * u64::from(frame.height.div_ceil(*stride));
        let of_level: Vec<&Output> =
            facts.outputs.iter().filter(|output| matches!(output.shape[..], [1, rows, _] if rows == cells)).collect();
        let [first, second] = of_level[..] else { return None };
        let is_scores = |output: &Output| output.is_called(&["cls", "score"]);
        let (scores, distances) =
            if is_scores(second) && !is_scores(first) { (second, first) } else { (first, second) };
        let (scores, distances) = (scores.shape.last().copied()?, distances.shape.last().copied()?);
        if !distances.is_multiple_of(4) || distances / 4 < FEWEST_BINS || classes.is_some_and(|known| known != scores) {
            return None;
        }
        classes = Some(scores);
    }
    let classes = classes.filter(|classes| facts.suits(*classes))?;
    let mut output = ModelOutput { head: Some(Head::NanoDet), ..ModelOutput::default() };
    if *strides != STRIDES[0] {
        output.strides = strides.to_vec();
    }
    let why = format!(
        "each of its {} levels has scores of {classes} classes and distributions over the distance of each edge, as NanoDet's",
        strides.len()
    );
    Some(Form {
        likely: Likely::Sure,
        output,
        scales: vec![NANODET],
        fit: Some(Fit::Letterbox),
        why,
        ..Form::default()
    })
}

/// `[1, 5 + classes, rows, columns]`, 16 pixels per cell.
pub(super) fn fastestdet(facts: &Facts, frame: Frame) -> Option<Form> {
    let (output, _, planes) = facts.planes().filter(|_| facts.outputs.len() == 1)?;
    let classes = planes.count.checked_sub(GEOMETRY).filter(|classes| *classes > 0 && facts.suits(*classes))?;
    let is_first = output.shape.get(1) == Some(&planes.count);
    // Its planes come from three places: without labels, that tells it from a map of classes.
    if planes.stride(frame) != Some(STRIDE) || !is_first || facts.labels.is_none() && output.from != "Concat" {
        return None;
    }
    let why = format!(
        "its output {} is 5 + {classes} planes of a cell per {STRIDE} x {STRIDE} pixels, as FastestDet's",
        output.shown()
    );
    Some(Form {
        likely: Likely::Sure,
        output: ModelOutput {
            head: Some(Head::FastestDet),
            score_threshold: Some(THRESHOLD),
            ..ModelOutput::default()
        },
        scales: vec![BGR_1],
        fit: Some(Fit::Stretch),
        why,
        ..Form::default()
    })
}
