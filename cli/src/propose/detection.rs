//! Detection: heads are told by how many rows and columns an output has.

mod faces;
mod mobile;
mod ssd;
mod yolo;

use vision_protocol::manifest::Task;

use super::{Facts, Form, Frame, Known, Likely};

/// Pixels per cell of each level, in the forms that are seen.
const STRIDES: [&[u32]; 3] = [&[8, 16, 32], &[8, 16, 32, 64], &[16, 32]];
/// Fewer rows than this are no boxes.
const FEWEST: u64 = 50;

pub(super) const TASK: Known = Known {
    task: Task::Detection,
    category: "Object detection",
    description: "Finds things on a photo and puts a box around each.",
    // Corners of a frame around something.
    sign: r#"<path d="M14 24v-6a4 4 0 0 1 4-4h6M40 14h6a4 4 0 0 1 4 4v6M50 40v6a4 4 0 0 1-4 4h-6M24 50h-6a4 4 0 0 1-4-4v-6"/><circle cx="32" cy="32" r="8"/>"#,
    propose,
};

/// A reader of one form of output.
type Reader = fn(&Facts, Frame) -> Option<Form>;

/// The forms, the most particular first.
const READERS: [Reader; 10] = [
    faces::ultraface,
    faces::yunet,
    mobile::nanodet,
    mobile::fastestdet,
    yolo::yolox,
    yolo::yolov5,
    yolo::yolov8,
    yolo::yolov10,
    yolo::yolov2,
    ssd::ssd,
];

/// How a model may be used for detection.
fn propose(facts: &Facts) -> Vec<Form> {
    let Some(frame) = facts.frame.filter(|frame| !frame.gray) else { return Vec::new() };
    // Boxes with masks, points or angles have columns that no head here reads.
    if facts.ultralytics.as_ref().is_some_and(|said| !matches!(said.task.as_str(), "detect" | "")) {
        return Vec::new();
    }
    READERS.iter().filter_map(|read| read(facts, frame)).collect()
}

/// Likely, or sure if the labels say so too.
fn likely(facts: &Facts) -> Likely {
    if facts.labels.is_some() { Likely::Sure } else { Likely::Usual }
}

#[cfg(test)]
mod tests {
    use vision_protocol::manifest::Head;

    use super::super::facts::{Ultralytics, test_support::*};
    use super::*;

    fn heads(size: (u32, u32), outputs: &[(&str, &[u64])], labels: Option<usize>) -> Vec<Head> {
        let outputs: Vec<_> = outputs.iter().map(|(name, shape)| (*name, *shape, "Concat")).collect();
        let facts = Facts { labels: labels.map(names), ..facts(size, &outputs) };
        propose(&facts).into_iter().filter_map(|form| form.output.head).collect()
    }

    #[test]
    fn heads_of_one_output_are_told_by_its_shape() {
        let of = |shape: &[u64], labels| heads((416, 416), &[("output", shape)], labels);
        assert_eq!(of(&[1, 3549, 85], Some(80)), [Head::Yolox]);
        assert_eq!(of(&[1, 10647, 85], Some(80)), [Head::Yolov5]);
        assert_eq!(of(&[1, 10647, 85], None), [Head::Yolov5]);
        assert_eq!(of(&[1, 84, 3549], None), [Head::Yolov8]);
        assert_eq!(of(&[1, 300, 6], Some(80)), [Head::Yolov10]);
        assert_eq!(of(&[1, 85, 26, 26], Some(80)), [Head::FastestDet]);
        assert_eq!(of(&[1, 425, 13, 13], Some(80)), [Head::Yolov2]);
        assert_eq!(of(&[1, 13, 13, 125], None), [Head::Yolov2]);
    }

    #[test]
    fn exports_of_usual_sizes_are_known() {
        // YOLOv5, YOLOv8 and YOLOv10 at 640 x 640, and at 640 x 480.
        assert_eq!(heads((640, 640), &[("output0", &[1, 25200, 85])], None), [Head::Yolov5]);
        assert_eq!(heads((640, 640), &[("output0", &[1, 84, 8400])], None), [Head::Yolov8]);
        assert_eq!(heads((640, 480), &[("output0", &[1, 84, 6300])], None), [Head::Yolov8]);
        assert_eq!(heads((640, 640), &[("output0", &[1, 300, 6])], None), [Head::Yolov10]);
        // One class: five and six columns.
        assert_eq!(heads((640, 640), &[("output0", &[1, 5, 8400])], Some(1)), [Head::Yolov8]);
        assert_eq!(heads((640, 640), &[("output0", &[1, 25200, 6])], Some(1)), [Head::Yolov5]);
    }

    #[test]
    fn heads_of_several_outputs_are_told_by_how_they_belong_together() {
        let of = |size, outputs: &[(&str, &[u64])], labels| heads(size, outputs, labels);
        assert_eq!(of((320, 240), &[("scores", &[1, 4420, 2]), ("boxes", &[1, 4420, 4])], None)[0], Head::UltraFace);
        assert_eq!(of((300, 300), &[("scores", &[1, 1917, 91]), ("boxes", &[1, 1917, 4])], Some(90)), [Head::Ssd]);
        assert_eq!(of((300, 300), &[("scores", &[1, 1917, 4]), ("boxes", &[1, 1917, 4])], Some(3)), [Head::Ssd]);
        let levels: [(&str, &[u64]); 6] = [
            ("a", &[1, 1600, 80]),
            ("b", &[1, 400, 80]),
            ("c", &[1, 100, 80]),
            ("d", &[1, 1600, 32]),
            ("e", &[1, 400, 32]),
            ("f", &[1, 100, 32]),
        ];
        assert_eq!(of((320, 320), &levels, Some(80)), [Head::NanoDet]);
        let cells: Vec<(String, [u64; 3])> = [("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)]
            .iter()
            .flat_map(|(name, numbers)| {
                [(8, 6400), (16, 1600), (32, 400)]
                    .map(|(stride, cells)| (format!("{name}_{stride}"), [1, cells, *numbers]))
            })
            .collect();
        let cells: Vec<(&str, &[u64])> = cells.iter().map(|(name, shape)| (name.as_str(), &shape[..])).collect();
        assert_eq!(of((640, 640), &cells, None), [Head::YuNet]);
    }

    #[test]
    fn other_shapes_are_none() {
        let of = |shape: &[u64], labels| heads((416, 416), &[("output", shape)], labels);
        assert_eq!(of(&[1, 1000], None), []);
        assert_eq!(of(&[1, 3549, 85], Some(20)), []);
        assert_eq!(of(&[1, 10647, 85], Some(20)), []);
        assert_eq!(of(&[1, 5000, 85], None), []);
    }

    #[test]
    fn an_exporter_says_what_columns_mean() {
        let of = |task: &str, description: &str| {
            let said = Ultralytics { task: task.to_owned(), description: description.to_owned() };
            let facts =
                Facts { ultralytics: Some(said), ..facts((640, 640), &[("output0", &[1, 56, 8400], "Concat")]) };
            propose(&facts).into_iter().filter_map(|form| form.output.head).collect::<Vec<_>>()
        };
        assert_eq!(of("detect", "Ultralytics YOLOv8n model"), [Head::Yolov8]);
        assert_eq!(of("detect", "Ultralytics YOLO11n model trained on coco.yaml"), [Head::Yolo11]);
        assert_eq!(of("pose", "Ultralytics YOLO11n-pose model"), []);
    }
}
