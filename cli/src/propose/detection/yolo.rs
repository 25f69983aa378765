//! The forms of YOLO: rows per cell, rows or columns per box, rows per object, and grids of anchors.

use vision_protocol::manifest::{Anchor, Fit, Head, ModelOutput};

use super::{FEWEST, Facts, Form, Frame, STRIDES, likely};
use crate::propose::{
    Likely,
    facts::Output,
    scales::{BGR_1, BGR_255, IMAGENET, RGB_1, RGB_255},
};

/// Numbers before the class scores: centre, size, objectness.
const GEOMETRY: u64 = 5;
/// Boxes per cell of YOLOv5.
const ANCHORS: u64 = 3;
/// Objects that a model without doubles tells of at most.
const MOST_OBJECTS: u64 = 1000;

/// Grids of YOLOv2 whose anchors are known.
struct Family {
    words: &'static str,
    channels: u64,
    anchors: &'static [[f32; 2]],
    is_face: bool,
}

const FAMILIES: [Family; 3] = [
    Family {
        words: "the Tiny Face Detector of face-api.js",
        channels: 25,
        anchors: &[
            [1.603231, 2.094468],
            [6.041143, 7.080126],
            [2.882459, 3.518061],
            [4.266906, 5.178857],
            [9.041765, 10.66308],
        ],
        is_face: true,
    },
    Family {
        words: "Tiny YOLOv2 of PASCAL VOC's 20 classes",
        channels: 125,
        anchors: &[[1.08, 1.19], [3.42, 4.41], [6.63, 11.38], [9.42, 5.11], [16.62, 10.52]],
        is_face: false,
    },
    Family {
        words: "YOLOv2 of COCO's 80 classes",
        channels: 425,
        anchors: &[[0.57273, 0.677385], [1.87446, 2.06253], [3.33843, 5.47434], [7.88282, 3.52778], [9.77052, 9.16828]],
        is_face: false,
    },
];

/// The one output, and its shape if it is a table.
fn table(facts: &Facts) -> Option<(&Output, u64, u64)> {
    let [output] = &facts.outputs[..] else { return None };
    let &[0 | 1, rows, columns] = &output.shape[..] else { return None };
    Some((output, rows, columns))
}

fn head(head: Head) -> ModelOutput {
    ModelOutput { head: Some(head), ..ModelOutput::default() }
}

/// `[1, cells, 5 + classes]`, a row for each cell of each level.
pub(super) fn yolox(facts: &Facts, frame: Frame) -> Option<Form> {
    let (output, rows, columns) = table(facts)?;
    let strides = STRIDES.iter().find(|strides| frame.cells(strides) == rows)?;
    let classes = columns.checked_sub(GEOMETRY).filter(|classes| *classes > 0 && facts.suits(*classes))?;
    let mut described = head(Head::Yolox);
    if *strides != STRIDES[0] {
        described.strides = strides.to_vec();
    }
    let why = format!(
        "its output {} is a row of 5 + {classes} numbers for each of the {rows} cells that {strides:?} pixels make of {} x {}",
        output.shown(),
        frame.width,
        frame.height
    );
    Some(Form {
        likely: Likely::Sure,
        output: described,
        // Older ones, and those that were trained with other programs, want ImageNet's numbers.
        scales: vec![BGR_255, RGB_255, IMAGENET],
        fit: Some(Fit::Letterbox),
        why,
        ..Form::default()
    })
}

/// A form of Ultralytics and its kin, whose photos lie in the middle.
fn centred(output: ModelOutput, likely: Likely, why: String) -> Form {
    Form {
        likely,
        output,
        scales: vec![RGB_1, BGR_1, RGB_255],
        fit: Some(Fit::Letterbox),
        anchor: Some(Anchor::Center),
        why,
        ..Form::default()
    }
}

/// `[1, 3 * cells, 5 + classes]`.
pub(super) fn yolov5(facts: &Facts, frame: Frame) -> Option<Form> {
    let (output, rows, columns) = table(facts)?;
    let classes = columns.checked_sub(GEOMETRY).filter(|classes| *classes > 0 && facts.suits(*classes))?;
    let is_count = STRIDES.iter().any(|strides| ANCHORS * frame.cells(strides) == rows);
    let is_asked = facts.asked.head == Some(Head::Yolov5);
    if !(is_count || (facts.labels.is_some() || is_asked) && rows > columns && rows >= MOST_OBJECTS) {
        return None;
    }
    // A row per cell is a YOLOX's, unless one knows better.
    let is_cells = STRIDES.iter().any(|strides| frame.cells(strides) == rows);
    if is_cells && !is_asked {
        return None;
    }
    let why = format!("its output {} is a row of 5 + {classes} numbers for each box", output.shown());
    Some(centred(head(Head::Yolov5), if is_count { Likely::Sure } else { Likely::Usual }, why))
}

/// `[1, 4 + classes, boxes]`.
pub(super) fn yolov8(facts: &Facts, frame: Frame) -> Option<Form> {
    let (output, rows, boxes) = table(facts)?;
    let classes = rows.checked_sub(GEOMETRY - 1).filter(|classes| *classes > 0 && facts.suits(*classes))?;
    let is_box_count = boxes == 0 || STRIDES.iter().any(|strides| frame.cells(strides) == boxes);
    if !(is_box_count || facts.labels.is_some() && boxes > rows && boxes >= FEWEST) {
        return None;
    }
    let is_11 = facts.ultralytics.as_ref().is_some_and(|said| said.description.contains("YOLO11"));
    let asked = facts.asked.head.filter(|head| matches!(head, Head::Yolov8 | Head::Yolo11));
    let which = asked.unwrap_or(if is_11 { Head::Yolo11 } else { Head::Yolov8 });
    let why = format!("its output {} is a column of 4 + {classes} numbers for each box", output.shown());
    Some(centred(head(which), if is_box_count { Likely::Sure } else { Likely::Usual }, why))
}

/// `[1, objects, 6]`.
pub(super) fn yolov10(facts: &Facts, frame: Frame) -> Option<Form> {
    let (output, rows, columns) = table(facts)?;
    let is_cells = |times: u64| STRIDES.iter().any(|strides| times * frame.cells(strides) == rows);
    if columns != GEOMETRY + 1 || rows > MOST_OBJECTS || is_cells(1) || is_cells(ANCHORS) {
        return None;
    }
    let why = format!("its output {} is a row for each object: corners, score and class", output.shown());
    Some(centred(head(Head::Yolov10), likely(facts), why))
}

/// `[1, anchors * (5 + classes), rows, columns]`, or with the numbers last, at 32 pixels per cell.
pub(super) fn yolov2(facts: &Facts, frame: Frame) -> Option<Form> {
    let (output, _, planes) = facts.planes().filter(|_| facts.outputs.len() == 1)?;
    let asked: Vec<[f32; 2]> = facts.asked.anchors.as_chunks().0.to_vec();
    if planes.stride(frame) != Some(32) {
        return None;
    }
    let family = FAMILIES.iter().find(|family| family.channels == planes.count);
    let anchors = match (family, asked.is_empty()) {
        (_, false) => asked,
        (Some(family), true) => family.anchors.to_vec(),
        (None, true) => Vec::new(),
    };
    let classes = facts.labelled().unwrap_or(0);
    let per_anchor = planes.count.checked_div(anchors.len() as u64).filter(|depth| *depth >= GEOMETRY);
    let fits = |depth: u64| depth == GEOMETRY + classes || depth == GEOMETRY && classes == 1 || classes == 0;
    let missing = match per_anchor {
        Some(depth) if depth * anchors.len() as u64 == planes.count && fits(depth) => None,
        Some(_) => return None,
        // Any grid of so few cells with a number of planes that anchors could share.
        None if planes.count.is_multiple_of(GEOMETRY)
            || classes > 0 && planes.count.is_multiple_of(GEOMETRY + classes) =>
        {
            Some(
                "the width and height of each anchor, in cells, as its training used them: --anchors W,H,W,H,…"
                    .to_owned(),
            )
        }
        None => return None,
    };
    let is_face = family.is_some_and(|family| family.is_face && facts.asked.anchors.is_empty());
    let described = ModelOutput {
        anchors,
        score_threshold: is_face.then_some(0.5),
        iou_threshold: is_face.then_some(0.4),
        ..head(Head::Yolov2)
    };
    let mut why = format!("its output {} is a grid of {} x {} cells", output.shown(), planes.columns, planes.rows);
    if let Some(family) = family.filter(|_| facts.asked.anchors.is_empty()) {
        why += &format!(", as {} has", family.words);
    }
    let (fit, pad) = if is_face { (Fit::Letterbox, Some(0)) } else { (Fit::Stretch, None) };
    Some(Form {
        likely: if missing.is_some() { Likely::Possible } else { Likely::Sure },
        output: described,
        scales: vec![RGB_1, RGB_255, BGR_255],
        fit: Some(fit),
        pad,
        why,
        missing,
        ..Form::default()
    })
}
