//! `vision run`.

use std::fs;

use serde_json::json;

use crate::support::{Room, data, labels, onnx_runtime, vision};

#[test]
fn a_detector_finds_the_dog_and_draws_it() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let (app, out) = (room.yolox(&data), room.path("out"));
    let photo = data.image("darknet_dog.jpg");
    let said = vision(&["run", &app, "--image", &photo, "--out", &out, "--json"]).ends(0);
    let answer = said.json();
    let boxes = &answer["result"]["boxes"]["boxes"];
    assert_eq!(labels(boxes)[..3], ["dog", "car", "bicycle"], "{boxes}");
    assert!((boxes[0]["score"].as_f64().expect("a score") - 0.83).abs() < 0.02, "{boxes}");
    let picture = answer["pictures"][0]["file"].as_str().expect("a picture");
    assert!(picture.starts_with(&out), "{picture}");
    let (drawn, plain) = (fs::read(picture).expect("the picture"), fs::read(&photo).expect("the photo"));
    assert!(drawn.starts_with(b"\xff\xd8") && drawn != plain);
    for run in ["first", "warm"] {
        let timings = &answer["timings"][run];
        for stage in
            ["appLoadingMs", "preProcessingMs", "loadingModelMs", "runningModelMs", "generatingResultMs", "miscMs"]
        {
            assert!(timings[stage].is_number(), "{stage}: {timings}");
        }
        assert!(timings["runningModelMs"].as_f64() > Some(1.0), "{timings}");
    }

    let said = vision(&["run", &app, "--input", &format!("Image={photo}"), "--out", &out]).ends(0);
    for words in ["An App 1.0.0, computed with tract", "dog      0.83 █", "on 768 x 576 pixels", "running the model"]
    {
        assert!(said.out.contains(words), "{words:?} is not in\n{}", said.out);
    }
    assert!(said.out.contains(&format!("boxes as a picture: {out}/boxes.jpg")), "{}", said.out);
    assert!(!said.out.contains('\u{1b}') && said.errors.is_empty(), "{}{}", said.out, said.errors);
}

#[test]
fn a_classifier_names_the_cat_with_either_engine() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let (model, names) =
        (data.model("classification/squeezenet_fp32_from_fp16.onnx"), data.model("classification/synset.txt"));
    let app =
        room.app("classification", &model, Some(&names), &json!({ "Channels": "BGR" }), &json!({ "Head": "Softmax" }));
    let photo = data.image("winml_cat.jpg");
    let run = |engine: &str| {
        let said = vision(&["run", &app, "--image", &photo, "--engine", engine, "--json"]).ends(0).json();
        assert!(said["pictures"].as_array().is_some_and(Vec::is_empty), "{said}");
        (labels(&said["result"]["labels"])[0].to_owned(), said["engine"].clone())
    };
    let (label, engine) = run("tract");
    assert!(label.contains("cat"), "{label}");
    assert_eq!(engine, "tract");
    if onnx_runtime().is_some() {
        assert_eq!(run("onnxruntime"), (label, json!("ONNX Runtime")));
    }
}

#[test]
fn a_zip_runs_with_any_input_and_gives_its_pictures() {
    let room = Room::new();
    let list = |kind: &str| json!([{ kind: "Image", "Name": "Image" }, { kind: "Text", "Name": "Words" }]);
    let manifest = json!({
        "Name": "Echo", "Version": "1.0.0",
        "AppParameters": list("ParameterType"), "ResultVariables": list("ResultType")
    });
    room.write("app/app.json", manifest.to_string());
    room.write("app/app.wasm", include_bytes!("../../../tests/fixtures/components/echo.wasm"));
    let (zip, out) = (room.path("app.zip"), room.path("out"));
    vision(&["pack", &room.path("app"), "--output", &zip]).ends(0);
    let photo = room.write("photo.png", include_bytes!("../../src/conform/photo.png"));
    let arguments = ["run", &zip, "--image", &photo, "--input", "Words=a=b, “Grüße”", "--out", &out];
    let said = vision(&arguments).ends(0);
    assert!(said.out.contains("Words: a=b, “Grüße”"), "{}", said.out);
    let picture = said.out.split_once("Image as a picture: ").expect("a picture").1.lines().next().expect("a path");
    assert!(fs::metadata(picture).expect("it was written").len() > 100, "{picture}");

    let said = vision(&["run", &zip, "--image", &photo]).ends(2);
    assert!(said.errors.contains("Words: is needed"), "{}", said.errors);
    assert!(said.errors.contains("It takes --input Image=FILE, --input Words=text."), "{}", said.errors);
    let said = vision(&["run", &zip, "--image", &photo, "--input", "Speed=3"]).ends(2);
    assert!(said.errors.contains("the app has no parameter “Speed”"), "{}", said.errors);
    let said = vision(&["run", &zip, "--image", &room.path("none.png"), "--input", "Words=x"]).ends(2);
    assert!(said.errors.contains("none.png cannot be read"), "{}", said.errors);
}

#[test]
fn every_fault_is_told_with_its_place() {
    let room = Room::new();
    let manifest = json!({
        "Name": "", "Version": "1.0.0", "Task": "detection",
        "Models": [{ "Name": "net", "File": "models/none.onnx" }]
    });
    room.write("app/app.json", manifest.to_string());
    let said = vision(&["run", &room.path("app"), "--image", "any.jpg"]).ends(1);
    assert!(said.out.contains("app.json: Name: must not be empty"), "{}", said.out);
    assert!(said.out.contains("models/none.onnx"), "{}", said.out);
    let said = vision(&["run", &room.path("app"), "--image", "any.jpg", "--json"]).ends(1);
    assert_eq!(said.json()["faults"].as_array().map(Vec::len), Some(2), "{}", said.out);
}

#[test]
fn what_is_no_app_is_told() {
    let Some(data) = data() else { return };
    let photo = data.image("darknet_dog.jpg");
    let said = vision(&["run", &photo, "--image", &photo]).ends(1);
    assert!(said.out.contains("JPEG"), "{}", said.out);
    let said = vision(&["run", "/nowhere/app.zip", "--image", &photo]).ends(2);
    assert!(said.errors.contains("/nowhere/app.zip"), "{}", said.errors);
}

#[test]
fn an_operator_that_the_engine_lacks_is_named() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let model = data.model("classification/shufflenet-v2-12-int8.onnx");
    let app = room.app("classification", &model, None, &json!({}), &json!({}));
    let said = vision(&["run", &app, "--image", &data.image("winml_cat.jpg"), "--json"]).ends(1).json();
    let fault = &said["faults"][0];
    assert_eq!(fault["place"], "models/net.onnx", "{said}");
    assert!(fault["message"].as_str().is_some_and(|words| words.contains("QLinearAdd")), "{said}");
}

#[test]
fn a_photo_that_is_none_fails_the_run() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let (app, text) = (room.yolox(&data), room.write("photo.jpg", "no photo"));
    let said = vision(&["run", &app, "--image", &text]).ends(1);
    assert!(said.out.contains("not a picture"), "{}", said.out);
}

#[test]
fn a_runner_that_is_none_is_told() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let photo = data.image("darknet_dog.jpg");
    let app = room.yolox(&data);
    let said = vision(&["run", &app, "--image", &photo, "--runner", "/nowhere/runner"]).ends(2);
    assert!(said.errors.contains("/nowhere/runner cannot be started"), "{}", said.errors);
    let said = vision(&["run", &app, "--image", &photo, "--runner", "false"]).ends(2);
    assert!(said.errors.contains("did not say where it listens"), "{}", said.errors);
}
