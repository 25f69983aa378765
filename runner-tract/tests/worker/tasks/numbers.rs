//! Tasks that read numbers off a photo: attributes, embeddings, keypoints.

use std::fs;

use image::{Rgb, RgbImage};
use serde_json::{Value, json};
use vision_protocol::manifest::Task;

use super::lab::{Lab, assert_labels, look, number};
use crate::support::package::Package;

/// The face on the photo of the astronaut.
const FACE: [u32; 4] = [160, 60, 130, 130];

#[test]
fn age_and_gender_are_read_from_an_output_each() {
    let Some(lab) = Lab::find() else { return };
    let attributes = json!([
        {"Name": "gender", "Output": "gender", "Head": "Softmax", "Classes": ["male", "female"]},
        {"Name": "age"},
    ]);
    let said = json!({"Output": {"Attributes": attributes}});
    let app = lab.app(Task::Attributes, "faceapi/age_gender.onnx", "", &said);
    let [found, expected] = lab.both(&app, &lab.part("skimage_astronaut.png", FACE));
    let (found, expected) = (&found.values["attributes"], &expected.values["attributes"]);
    eprintln!("{found}, expected {expected}");
    assert_eq!((&found[0]["value"], &expected[0]["value"]), (&json!("female"), &json!("female")));
    assert!((number(&found[0]["score"]) - number(&expected[0]["score"])).abs() < 0.01, "{found}");
    assert!((number(&found[1]["value"]) - number(&expected[1]["value"])).abs() < 0.5, "{found}, not {expected}");
    assert_eq!(found[1].get("score"), None);
}

#[test]
fn an_expression_is_one_of_seven() {
    let Some(lab) = Lab::find() else { return };
    let classes = json!(["neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised"]);
    let said = json!({"Output": {"Attributes": [{"Name": "expression", "Head": "Softmax", "Classes": classes}]}});
    let app = lab.app(Task::Attributes, "faceapi/face_expression.onnx", "", &said);
    let [found, expected] = lab.both(&app, &lab.part("skimage_astronaut.png", FACE));
    let (found, expected) = (&found.values["attributes"][0], &expected.values["attributes"][0]);
    assert_eq!((&found["value"], &found["value"]), (&expected["value"], &json!("happy")));
    assert!((number(&found["score"]) - number(&expected["score"])).abs() < 0.01, "{found}, not {expected}");
}

#[test]
fn landmarks_lie_on_the_face() {
    let Some(lab) = Lab::find() else { return };
    let photo = lab.part("skimage_astronaut.png", FACE);
    for model in ["face_landmark_68", "face_landmark_68_tiny"] {
        let app = lab.app(Task::Keypoints, &format!("faceapi/{model}.onnx"), "", &json!({}));
        let [found, expected] = lab.both(&app, &photo);
        let worst = farthest(&found.values["points"], &expected.values["points"]);
        eprintln!("{model}: {worst} pixels");
        assert_eq!(found.values["points"]["points"].as_array().unwrap().len(), 68);
        assert!(worst <= 2.0, "{model}: {worst}");
    }
}

/// How far the points of two answers lie apart at most.
fn farthest(found: &Value, expected: &Value) -> f64 {
    let points = |of: &Value| of["points"].as_array().expect("points").clone();
    assert_eq!(points(found).len(), points(expected).len(), "{found}, not {expected}");
    let apart = points(found).into_iter().zip(points(expected)).map(|(one, other)| {
        assert_eq!(one["label"], other["label"]);
        let off = |key: &str| number(&one[key]) - number(&other[key]);
        off("x").hypot(off("y"))
    });
    apart.fold(0.0, f64::max)
}

#[test]
fn heatmaps_are_highest_where_the_point_lies() {
    let Some(lab) = Lab::find() else { return };
    let said = json!({"Input": {"Divisor": 255}, "Output": {"Head": "Heatmaps", "ScoreThreshold": 0.5}});
    let app = lab.made_app(Task::Keypoints, "heatmaps", None, "red\ngreen\nblue\n", &said);
    // A spot of red, one of green, and of blue too little. A cell has 8 pixels of the photo: each spot fills one and a
    // half, so that it has one highest cell and leans to one side.
    let photo = RgbImage::from_fn(192, 128, |x, y| {
        let spot = |left: u32, top: u32, strength| {
            if (left..left + 12).contains(&x) && (top..top + 12).contains(&y) { strength } else { 0 }
        };
        Rgb([spot(24, 40, 250), spot(128, 80, 240), spot(64, 64, 90)])
    });
    let path = lab.file("spots.png");
    photo.save(&path).unwrap();
    let [found, expected] = lab.both(&app, &path);
    let points = &found.values["points"];
    eprintln!("{points}");
    assert!(farthest(points, &expected.values["points"]) <= 2.0, "{points}");
    assert_eq!(points["points"].as_array().unwrap().len(), 2);
    for (point, [x, y]) in points["points"].as_array().unwrap().iter().zip([[30.0, 46.0], [134.0, 86.0]]) {
        assert!((number(&point["x"]) - x).abs() < 1.0 && (number(&point["y"]) - y).abs() < 1.0, "{point}");
    }
}

fn person(lab: &Lab, labels: &str, output: &Value) -> Package {
    let said = json!({"Input": {"Channels": "BGR"}, "Output": output});
    lab.app(Task::Embedding, "reid/person-reidentification-retail-0248.onnx", labels, &said)
}

fn vector(answer: &Value) -> Vec<f64> {
    answer.as_array().expect("a vector").iter().map(number).collect()
}

fn cosine(one: &[f64], other: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
}

#[test]
fn a_photo_becomes_a_vector_and_is_found_in_a_gallery() {
    let Some(lab) = Lab::find() else { return };
    let photos = ["darknet_person.jpg", "skimage_astronaut.png", "darknet_horses.jpg"].map(|name| lab.image(name));
    let app = person(&lab, "", &json!({}));
    let [found, expected] = lab.both(&app, &photos[0]);
    let (found, expected) = (vector(&found.values["embedding"]), vector(&expected.values["embedding"]));
    assert_eq!(found.len(), 256);
    assert!(cosine(&found, &expected) > 0.999, "{}", cosine(&found, &expected));

    // Two of the vectors go by the same name.
    let app = person(&lab, "walker\npilot\nwalker\n", &json!({"Gallery": "assets/gallery.f32"}));
    let others =
        photos[1..].iter().map(|photo| vector(&look(&person(&lab, "", &json!({})), photo).values["embedding"]));
    let gallery = std::iter::once(found).chain(others).flatten();
    let bytes: Vec<u8> = gallery.flat_map(|number| (number as f32).to_le_bytes()).collect();
    fs::write(app.folder.path().join("assets/gallery.f32"), bytes).unwrap();
    for (photo, name) in photos.iter().zip(["walker", "pilot", "walker"]) {
        let [found, expected] = lab.both(&app, photo);
        let (found, expected) = (&found.values["labels"], &expected.values["labels"]);
        assert_labels(found, expected, 0.005);
        assert_eq!(found[0]["label"], name);
        assert!(number(&found[0]["score"]) > 0.999 && found.as_array().unwrap().len() <= 2, "{found}");
    }
}
