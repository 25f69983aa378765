//! Detection: heads are told by the shapes of their outputs, which follow from the frame.

use vision_protocol::manifest::{Anchor, Channels, Fit, Head, ModelInput, ModelOutput, Task};

use super::{
    BGR_1, BGR_255, Facts, Frame, IMAGENET, Known, Output, Proposal, RGB_1, RGB_255, RGB_SIGNED, Scale, suited,
};

/// Pixels per cell of each level, in the forms that are seen.
const STRIDES: [&[u32]; 3] = [&[8, 16, 32], &[8, 16, 32, 64], &[16, 32]];
/// Fewer rows than this are no boxes.
const FEWEST: u64 = 50;
const CENTRED: Scale = Scale::new("RGB, around 127 by 128", Channels::Rgb, 1.0).with(&[127.0], &[128.0]);

pub(super) const TASK: Known = Known {
    task: Task::Detection,
    category: "Object detection",
    description: "Finds things on a photo and puts a box around each.",
    // Corners of a frame around something.
    sign: r#"<path d="M14 24v-6a4 4 0 0 1 4-4h6M40 14h6a4 4 0 0 1 4 4v6M50 40v6a4 4 0 0 1-4 4h-6M24 50h-6a4 4 0 0 1-4-4v-6"/><circle cx="32" cy="32" r="8"/>"#,
    propose,
};

/// How a model may be used for detection.
fn propose(facts: &Facts) -> Vec<Proposal> {
    let Some(frame) = facts.frame.filter(|frame| !frame.gray) else { return Vec::new() };
    [yolox(facts, frame), yolov8(facts, frame), ssd(facts, frame)].into_iter().flatten().flatten().collect()
}

/// `[1, cells, 5 + classes]`, a row for each cell of each level.
fn yolox(facts: &Facts, frame: Frame) -> Option<Vec<Proposal>> {
    let [Output { shape, .. }] = &facts.outputs[..] else { return None };
    let &[1, rows, columns] = &shape[..] else { return None };
    let strides = STRIDES.iter().find(|strides| cells(frame, strides) == rows)?;
    let classes = columns.checked_sub(5).filter(|classes| *classes > 0 && suits(facts, *classes))?;
    let mut output = ModelOutput { head: Some(Head::Yolox), ..ModelOutput::default() };
    if *strides != STRIDES[0] {
        output.strides = strides.to_vec();
    }
    let why = format!(
        "its output {} is a row of 5 + {classes} numbers for each of the {rows} cells that {strides:?} pixels make of {} x {}",
        shown(shape),
        frame.width,
        frame.height
    );
    // Older ones, and those that were trained with other programs, want ImageNet's numbers.
    Some(each((facts, frame), &[BGR_255, RGB_255, IMAGENET], &why, &output, |input| {
        input.fit = Some(Fit::Letterbox);
    }))
}

/// `[1, 4 + classes, boxes]`.
fn yolov8(facts: &Facts, frame: Frame) -> Option<Vec<Proposal>> {
    let [Output { shape, .. }] = &facts.outputs[..] else { return None };
    let &[1 | 0, rows, boxes] = &shape[..] else { return None };
    let classes = rows.checked_sub(4).filter(|classes| *classes > 0 && suits(facts, *classes))?;
    let is_box_count = boxes == 0 || STRIDES.iter().any(|strides| cells(frame, strides) == boxes);
    if !(is_box_count || facts.labels.is_some() && boxes > rows && boxes >= FEWEST) {
        return None;
    }
    let output = ModelOutput { head: Some(Head::Yolov8), ..ModelOutput::default() };
    let why = format!("its output {} is a column of 4 + {classes} numbers for each box", shown(shape));
    Some(each((facts, frame), &[RGB_1, BGR_1, RGB_255], &why, &output, |input| {
        (input.fit, input.anchor) = (Some(Fit::Letterbox), Some(Anchor::Center));
    }))
}

/// Boxes `[1, n, 4]` and scores `[1, n, 1 + classes]`.
fn ssd(facts: &Facts, frame: Frame) -> Option<Vec<Proposal>> {
    let [first, second] = &facts.outputs[..] else { return None };
    let is_boxes = |output: &Output, other: &Output| {
        output.shape.last() == Some(&4) && (other.shape.last() != Some(&4) || output.name.contains("box"))
    };
    let (boxes, scores) = if is_boxes(first, second) { (first, second) } else { (second, first) };
    let (&[.., rows, 4], &[.., scored, classes]) = (&boxes.shape[..], &scores.shape[..]) else { return None };
    let labelled = |labels| labels as u64 == classes || labels as u64 + 1 == classes;
    if rows != scored || classes < 2 || rows > 0 && rows < FEWEST || !facts.labels.is_none_or(labelled) {
        return None;
    }
    let output = ModelOutput { head: Some(Head::Ssd), ..ModelOutput::default() };
    let why = format!(
        "it has boxes {} and beside them scores {} of {classes} classes, the background first",
        shown(&boxes.shape),
        shown(&scores.shape),
    );
    Some(each((facts, frame), &[CENTRED, RGB_SIGNED, RGB_255, RGB_1, IMAGENET], &why, &output, |input| {
        input.fit = Some(Fit::Stretch);
    }))
}

/// A proposal for each scale.
fn each(
    (facts, frame): (&Facts, Frame),
    scales: &[Scale],
    why: &str,
    output: &ModelOutput,
    fit: impl Fn(&mut ModelInput),
) -> Vec<Proposal> {
    let one = |scale: &Scale| {
        let mut input = scale.input(frame);
        fit(&mut input);
        let how = match (input.fit, input.anchor) {
            (Some(Fit::Letterbox), Some(Anchor::Center)) => ", padded around",
            (Some(Fit::Letterbox), _) => ", padded at right and bottom",
            _ => ", stretched",
        };
        Proposal {
            task: Task::Detection,
            input,
            output: output.clone(),
            preprocessing: scale.words.to_owned() + how,
            why: why.to_owned(),
        }
    };
    suited(scales, facts).iter().map(one).collect()
}

/// Whether there are as many labels, if there are any.
fn suits(facts: &Facts, classes: u64) -> bool {
    facts.labels.is_none_or(|labels| labels as u64 == classes)
}

fn cells(frame: Frame, strides: &[u32]) -> u64 {
    strides.iter().map(|stride| u64::from(frame.width / stride) * u64::from(frame.height / stride)).sum()
}

fn shown(shape: &[u64]) -> String {
    let sides: Vec<_> = shape.iter().map(|&n| if n == 0 { "?".to_owned() } else { n.to_string() }).collect();
    format!("[{}]", sides.join(", "))
}

#[cfg(test)]
mod tests {
    use vision_protocol::manifest::Layout;

    use super::*;

    fn heads(outputs: &[(&str, &[u64])], labels: Option<usize>) -> Vec<Head> {
        let frame = Frame { width: 416, height: 416, open: false, layout: Layout::Nchw, gray: false };
        let outputs = outputs.iter().map(|(name, shape)| Output {
            name: (*name).to_owned(),
            shape: shape.to_vec(),
            from: "Concat".to_owned(),
        });
        let facts = Facts { frame: Some(frame), outputs: outputs.collect(), labels, first_layer: None };
        let mut heads: Vec<_> = propose(&facts).into_iter().filter_map(|proposal| proposal.output.head).collect();
        heads.dedup();
        heads
    }

    #[test]
    fn heads_are_told_by_their_shapes() {
        assert_eq!(heads(&[("output", &[1, 3549, 85])], Some(80)), [Head::Yolox]);
        assert_eq!(heads(&[("output0", &[1, 84, 3549])], None), [Head::Yolov8]);
        assert_eq!(heads(&[("scores", &[1, 4420, 2]), ("boxes", &[1, 4420, 4])], None), [Head::Ssd]);
        assert_eq!(heads(&[("scores", &[1, 4420, 4]), ("boxes", &[1, 4420, 4])], Some(3)), [Head::Ssd]);
    }

    #[test]
    fn other_shapes_are_none() {
        // Three anchors per cell, as YOLOv5; a classifier; other labels than classes.
        assert_eq!(heads(&[("output", &[1, 10647, 85])], None), []);
        assert_eq!(heads(&[("output", &[1, 1000])], None), []);
        assert_eq!(heads(&[("output", &[1, 3549, 85])], Some(20)), []);
    }
}
