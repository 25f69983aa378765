//! Detection: every head, each on a photo of what its model knows.

use std::path::Path;

use serde_json::{Value, json};
use vision_protocol::manifest::Task;

use super::lab::{Lab, number};
use crate::support::package::Package;

const COCO: &str = "detection/coco.names";

/// Pixels of the photo that an edge, and hundredths that a score may be off.
const PIXELS: f64 = 2.0;
const SCORE: f64 = 0.01;

fn boxes(answer: &Value) -> &Vec<Value> {
    answer["boxes"].as_array().expect("boxes")
}

/// Whether two boxes are the same thing at the same place.
fn agree(one: &Value, other: &Value) -> bool {
    let off = |key: &str| (number(&one[key]) - number(&other[key])).abs();
    let points = |of: &Value| -> Vec<f64> {
        of["points"].as_array().into_iter().flatten().filter_map(Value::as_array).flatten().map(number).collect()
    };
    let points = points(one).into_iter().zip(points(other)).all(|(one, other)| (one - other).abs() <= PIXELS);
    let edges = off("x").max(off("y")).max(off("width")).max(off("height")) <= PIXELS;
    one["label"] == other["label"] && off("score") <= SCORE && edges && points
}

/// Runs both, holds the boxes of one against those of the other, and looks for what must be there.
fn check(lab: &Lab, package: &Package, photo: &Path, expected: &[&str]) -> Value {
    let [found, reference] = lab.both(package, photo);
    let (found, reference) = (&found.values["boxes"], &reference.values["boxes"]);
    eprintln!("{found}");
    for side in ["width", "height"] {
        assert!((number(&found[side]) - number(&reference[side])).abs() < 0.5, "{found}, not {reference}");
    }
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(package.folder.path().join("app.json")).expect("a manifest"))
            .expect("JSON");
    let threshold = manifest["Models"][0]["Output"]["ScoreThreshold"].as_f64().unwrap_or(0.3);
    for (here, there) in [(found, reference), (reference, found)] {
        for one in boxes(here).iter().filter(|one| number(&one["score"]) > threshold + SCORE) {
            assert!(boxes(there).iter().any(|other| agree(one, other)), "{one} is not in {there}");
        }
    }
    for label in expected {
        assert!(boxes(found).iter().any(|one| one["label"] == *label), "no {label} in {found}");
    }
    found.clone()
}

#[test]
fn yolox_at_the_size_of_its_model() {
    let Some(lab) = Lab::find() else { return };
    let said = json!({"Input": {"Channels": "BGR"}});
    let app = lab.app(Task::Detection, "detection/light_person_detector.onnx", "person", &said);
    check(&lab, &app, &lab.image("darknet_person.jpg"), &["person"]);
}

#[test]
fn every_form_of_yolo_finds_the_same() {
    let Some(lab) = Lab::find() else { return };
    let photo = lab.image("darknet_dog.jpg");
    let said = |head: &str| json!({"Input": {"Channels": "BGR"}, "Output": {"Head": head, "ScoreThreshold": 0.4}});
    let source = "detection/yolox_nano_416.onnx";
    let labels = lab.labels(COCO);
    let first =
        check(&lab, &lab.app(Task::Detection, source, &labels, &said("YOLOX")), &photo, &["dog", "car", "bicycle"]);
    for (kind, head) in [("yolov5", "YOLOv5"), ("yolov8", "YOLOv8"), ("yolov8", "YOLO11")] {
        let app = lab.made_app(Task::Detection, kind, Some(source), &labels, &said(head));
        let found = check(&lab, &app, &photo, &["dog", "car", "bicycle"]);
        for one in boxes(&first) {
            assert!(boxes(&found).iter().any(|other| agree(one, other)), "{head}: {one} is not in {found}");
        }
        assert_eq!(boxes(&found).len(), boxes(&first).len(), "{head}: {found}");
    }
}

#[test]
fn nanodet_by_its_distributions() {
    let Some(lab) = Lab::find() else { return };
    let input = json!({"Channels": "BGR", "Mean": [103.53, 116.28, 123.675], "Std": [57.375, 57.12, 58.395]});
    let said = json!({"Input": input, "Output": {"Head": "NanoDet"}});
    let app = lab.app(Task::Detection, "detection/nanodet_m_416.onnx", &lab.labels(COCO), &said);
    check(&lab, &app, &lab.image("darknet_dog.jpg"), &["dog", "car", "bicycle"]);
}

#[test]
fn fastestdet_by_its_planes() {
    let Some(lab) = Lab::find() else { return };
    let said = json!({
        "Input": {"Channels": "BGR", "Divisor": 255, "Fit": "Stretch"},
        "Output": {"Head": "FastestDet", "ScoreThreshold": 0.5},
    });
    let app = lab.app(Task::Detection, "detection/FastestDet.onnx", &lab.labels(COCO), &said);
    check(&lab, &app, &lab.image("darknet_dog.jpg"), &["dog", "car", "bicycle"]);
}

#[test]
fn ultraface_and_ssd_are_one_form() {
    let Some(lab) = Lab::find() else { return };
    let photo = lab.image("skimage_astronaut.png");
    for (model, head) in [("RFB-320", "UltraFace"), ("RFB-640", "UltraFace"), ("RFB-320", "SSD")] {
        let said = json!({
            "Input": {"Mean": [127], "Std": [128], "Fit": "Stretch"},
            "Output": {"Head": head, "ScoreThreshold": 0.7},
        });
        let labels = if head == "SSD" { "face" } else { "" };
        let app = lab.app(Task::Detection, &format!("face_detection/ultraface_{model}.onnx"), labels, &said);
        check(&lab, &app, &photo, &["face"]);
    }
}

#[test]
fn yunet_finds_eyes_nose_and_mouth() {
    let Some(lab) = Lab::find() else { return };
    let said = json!({"Output": {"Head": "YuNet", "ScoreThreshold": 0.7}});
    let app = lab.app(Task::Detection, "face_detection/yunet_120x160.onnx", "", &said);
    let found = check(&lab, &app, &lab.image("skimage_astronaut.png"), &["face"]);
    let face = &boxes(&found)[0];
    let points: Vec<[f64; 2]> = serde_json::from_value(face["points"].clone()).unwrap();
    let [right_eye, left_eye, nose, right_mouth, left_mouth] = points[..] else { panic!("{face}") };
    assert!(right_eye[0] < left_eye[0] && right_mouth[0] < left_mouth[0], "{face}");
    assert!(right_eye[1] < nose[1] && nose[1] < left_mouth[1], "{face}");
    let within = |[x, y]: [f64; 2]| {
        let inside = |place: f64, start: &str, length: &str| {
            (number(&face[start])..number(&face[start]) + number(&face[length])).contains(&place)
        };
        inside(x, "x", "width") && inside(y, "y", "height")
    };
    assert!(points.into_iter().all(within), "{face}");
}

#[test]
fn yolov2_by_its_anchors() {
    let Some(lab) = Lab::find() else { return };
    let anchors = json!([
        [1.603231, 2.094468],
        [6.041143, 7.080126],
        [2.882459, 3.518061],
        [4.266906, 5.178857],
        [9.041765, 10.66308]
    ]);
    let said = json!({
        "Input": {"Pad": 0},
        "Output": {"Head": "YOLOv2", "Anchors": anchors, "ScoreThreshold": 0.5},
    });
    let app = lab.app(Task::Detection, "faceapi/tiny_face_detector_416.onnx", "face", &said);
    check(&lab, &app, &lab.image("skimage_astronaut.png"), &["face"]);
}

#[test]
fn outputs_that_do_not_fit_the_head_are_named() {
    let Some(lab) = Lab::find() else { return };
    let photo = std::fs::read(lab.image("darknet_dog.jpg")).unwrap();
    for (head, part) in [
        ("YOLOv5", "expects [1, boxes, 5 + classes], but the model's output is 758 [1, 85, 22, 22]"),
        ("NanoDet", "expects class scores [1, 1936, classes]"),
        ("YuNet", "expects boxes and points ["),
        ("YOLOv10", "expects [1, objects, 6]"),
    ] {
        let said = json!({"Output": {"Head": head}});
        let app = lab.app(Task::Detection, "detection/FastestDet.onnx", "", &said);
        let inputs = vec![("Image".to_owned(), vision_runner::ipc::WireValue::Picture(0))];
        let failed = super::lab::run(&app, inputs, std::slice::from_ref(&photo)).unwrap_err();
        assert!(failed.message.contains(part), "{}", failed.message);
    }
}
