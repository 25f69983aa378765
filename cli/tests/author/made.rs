//! `vision new` on forms that no real model at hand has, and with a gallery: the app is made, checked, tested and run.

use image::{Rgb, RgbImage};
use serde_json::{Value, json};

use crate::support::{Room, data, labels, made_model, vision};

/// Makes an app, which must be good in every respect; its manifest, and what was printed.
fn made(room: &Room, arguments: &[&str]) -> (Value, Value) {
    let app = room.path("made");
    let said = vision(&[&["new", &app, "--json"], arguments].concat()).ends(0).json();
    vision(&["check", &app]).ends(0);
    vision(&["test", &app]).ends(0);
    (serde_json::from_slice(&room.read("made/app.json")).expect("a manifest"), said)
}

#[test]
fn other_forms_of_yolo_find_the_dog() {
    let Some(data) = data() else { return };
    let (names, photo) = (data.model("detection/coco.names"), data.image("darknet_dog.jpg"));
    // The first has a row per cell rather than three, so that only somebody who knows can tell it from a YOLOX.
    for (kind, head, flags) in [("yolov5", "YOLOv5", &["--head", "YOLOv5"][..]), ("yolov8", "YOLOv8", &[])] {
        let room = Room::new();
        let source = data.model("detection/yolox_nano_416.onnx");
        let Some(model) = made_model(&room, kind, Some(&source)) else { return };
        let arguments = ["--model", &model, "--labels", &names, "--photo", &photo];
        let (manifest, said) = made(&room, &[&arguments[..], flags].concat());
        assert_eq!((&manifest["Task"], &manifest["Models"][0]["Output"]["Head"]), (&json!("detection"), &json!(head)));
        assert_eq!(labels(&said["result"]["boxes"]["boxes"])[0], "dog", "{kind}: {said}");
    }
}

#[test]
fn a_line_of_characters_is_read_and_needs_their_names() {
    let room = Room::new();
    let Some(model) = made_model(&room, "characters", None) else { return };
    let said = vision(&["new", &room.path("made"), "--model", &model, "--task", "text-recognition"]).ends(1);
    assert!(said.out.contains("no form"), "four classes are no alphabet: {}", said.out);

    // Stripes of nothing, the first character twice, and the third.
    let photo = RgbImage::from_fn(96, 8, |x, _| match x / 8 {
        2 | 5 => Rgb([255, 0, 0]),
        8 => Rgb([0, 0, 255]),
        _ => Rgb([0; 3]),
    });
    let file = room.path("stripes.png");
    photo.save(&file).expect("written");
    let names = room.write("characters.txt", "a\nb\nc\n");
    let (manifest, said) = made(&room, &["--model", &model, "--labels", &names, "--photo", &file]);
    assert_eq!(manifest["Task"], "text-recognition");
    assert_eq!(manifest["Models"][0]["Output"]["Head"], "Logits");
    assert_eq!(said["tried"].as_array().map(Vec::is_empty), Some(false), "{said}");
    let chosen = ["--channels", "RGB", "--divisor", "255"];
    let other = room.path("other");
    let arguments = ["new", &other, "--model", &model, "--labels", &names, "--photo", &file, "--json"];
    let said = vision(&[&arguments[..], &chosen].concat()).ends(0).json();
    assert_eq!(said["result"]["text"], "aac", "{said}");
}

#[test]
fn maps_of_heat_are_points_if_one_says_so() {
    let room = Room::new();
    let Some(model) = made_model(&room, "heatmaps", None) else { return };
    let photo = RgbImage::from_fn(192, 128, |x, y| {
        let spot = |left: u32, top: u32| {
            if (left..left + 12).contains(&x) && (top..top + 12).contains(&y) { 250 } else { 0 }
        };
        Rgb([spot(24, 40), spot(128, 80), spot(64, 64)])
    });
    let file = room.path("spots.png");
    photo.save(&file).expect("written");
    let names = room.write("points.txt", "red\ngreen\nblue\n");
    let arguments = ["--model", &model, "--labels", &names, "--photo", &file, "--divisor", "255"];
    let (manifest, said) = made(&room, &[&arguments[..], &["--head", "Heatmaps"]].concat());
    assert_eq!(manifest["Task"], "keypoints");
    assert_eq!(labels(&said["result"]["points"]["points"]), ["red", "green", "blue"]);
    // Three planes with three labels are classes otherwise, and that is told.
    let other = room.path("other");
    let said = vision(&[&["new", &other], &arguments[..]].concat()).ends(0);
    assert!(said.out.contains("an app for segmentation") && said.out.contains("--task keypoints"), "{}", said.out);
}

#[test]
fn a_generator_becomes_an_app_of_class_and_seed() {
    for kind in ["generator", "generator_one_hot"] {
        let room = Room::new();
        let Some(model) = made_model(&room, kind, None) else { return };
        let names = room.write("names.txt", "cat\ndog\nbird\n");
        let (manifest, said) = made(&room, &["--model", &model, "--labels", &names]);
        assert_eq!(manifest["Task"], "generation", "{said}");
        assert_eq!(manifest["AppParameters"][0]["Options"], json!(["cat", "dog", "bird"]));
        let run = |class: &str, out: &str| {
            let (class, out) = (format!("Class={class}"), room.path(out));
            let app = room.path("made");
            vision(&["run", &app, "--input", &class, "--input", "Seed=3", "--out", &out]).ends(0);
            let files = std::fs::read_dir(&out).expect("pictures").flatten().map(|file| file.path());
            std::fs::read(files.into_iter().next().expect("a picture")).expect("its bytes")
        };
        let (cat, again, dog) = (run("cat", "one"), run("cat", "two"), run("dog", "three"));
        assert!(cat == again && cat != dog, "{kind}");
    }
}

#[test]
fn a_folder_of_named_pictures_becomes_a_gallery() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let model = data.model("reid/person-reidentification-retail-0248.onnx");
    for (file, photo) in [
        ("people/cat.jpg", "winml_cat.jpg"),
        ("people/dogs/one.jpg", "winml_dog.jpg"),
        ("people/dogs/two.jpg", "darknet_dog.jpg"),
        ("people/.hidden", "winml_dog.jpg"),
    ] {
        room.write(file, std::fs::read(data.image(photo)).expect("a photo"));
    }
    let (people, photo) = (room.path("people"), data.image("winml_dog.jpg"));
    let (manifest, said) = made(&room, &["--model", &model, "--gallery", &people, "--photo", &photo]);
    assert_eq!(manifest["Task"], "embedding");
    assert_eq!(room.read("made/assets/names.txt"), b"cat\ndogs\ndogs\n");
    assert_eq!(room.read("made/assets/gallery.f32").len(), 3 * 256 * 4);
    let best = &said["result"]["labels"][0];
    assert_eq!(best["label"], "dogs");
    assert!(best["score"].as_f64() > Some(0.999), "the very same photo is there: {said}");

    room.write("people/notes.txt", "not a picture");
    let other = room.path("other");
    let said = vision(&["new", &other, "--model", &model, "--gallery", &people]).ends(2);
    assert!(said.errors.contains("notes.txt is no picture"), "{}", said.errors);
}
