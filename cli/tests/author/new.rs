//! `vision new`.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use prost::Message as _;
use serde_json::{Value, json};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
    attribute_proto::AttributeType,
    tensor_proto::DataType,
    tensor_shape_proto::{Dimension, dimension},
    type_proto,
};

use crate::support::{Data, Room, data, labels, skipped, vision};

/// Makes an app, which must be good in every respect; its manifest, and what was printed.
fn made(room: &Room, arguments: &[&str]) -> (Value, Value) {
    let app = room.path("made");
    let said = vision(&[&["new", &app, "--json"], arguments].concat()).ends(0).json();
    vision(&["check", &app]).ends(0);
    vision(&["test", &app]).ends(0);
    for file in ["icon.svg", "README.md"] {
        assert!(!room.read(&format!("made/{file}")).is_empty(), "{file}");
    }
    (serde_json::from_slice(&room.read("made/app.json")).expect("a manifest"), said)
}

fn classifier(room: &Room, data: &Data, model: &str, photo: &str) -> (Value, Value) {
    let (model, names) = (data.model(model), data.model("classification/synset.txt"));
    made(room, &["--model", &model, "--labels", &names, "--photo", &data.image(photo)])
}

#[test]
fn a_detector_becomes_an_app_in_one_step() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let (model, names) = (data.model("detection/yolox_nano_416.onnx"), data.model("detection/coco.names"));
    let photo = data.image("darknet_dog.jpg");
    let arguments = ["--model", &model, "--labels", &names, "--photo", &photo];
    let (manifest, said) = made(&room, &arguments);
    assert_eq!((&manifest["Name"], &manifest["Task"]), (&json!("Made"), &json!("detection")));
    assert_eq!(manifest["Models"][0]["Output"]["Head"], "YOLOX");
    assert_eq!(manifest["Models"][0]["Input"]["Channels"], "BGR", "{said}");
    assert_eq!(labels(&said["result"]["boxes"]["boxes"])[0], "dog");
    let expected: Value = serde_json::from_slice(&room.read("made/examples/darknet_dog/expected.json")).expect("JSON");
    assert!(labels(&expected["Result"]["boxes"]["boxes"]).contains(&"bicycle"), "{expected}");

    let again = vision(&[&["new", &*room.path("made")], &arguments[..]].concat()).ends(2);
    assert!(again.errors.contains("is there already"), "{}", again.errors);
}

#[test]
fn of_several_ways_to_prepare_a_photo_the_right_one_is_found() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let (manifest, said) = classifier(&room, &data, "classification/squeezenet_fp32_from_fp16.onnx", "winml_cat.jpg");
    assert_eq!(manifest["Models"][0]["Output"]["Head"], "Softmax");
    assert_eq!(manifest["Models"][0]["Input"]["Channels"], "BGR", "{said}");
    assert!(labels(&said["result"]["labels"])[0].contains("cat"), "{said}");

    let room = Room::new();
    let (manifest, said) =
        classifier(&room, &data, "classification/shufflenet-v2-12_fp32_from_int8.onnx", "winml_dog.jpg");
    assert_eq!(manifest["Models"][0]["Output"]["Head"], "Logits");
    assert_eq!(manifest["Models"][0]["Input"]["Mean"], json!([0.485, 0.456, 0.406]), "{said}");
    assert_eq!(said["tried"].as_array().map(|tried| tried.iter().filter(|one| one["chosen"] == true).count()), Some(1));
}

#[test]
fn faces_are_found_by_a_head_of_two_outputs() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let names = room.write("faces.txt", "background\nface\n");
    let (model, photo) = (data.model("face_detection/ultraface_RFB-320.onnx"), data.image("skimage_astronaut.png"));
    let (manifest, said) = made(&room, &["--model", &model, "--labels", &names, "--photo", &photo]);
    assert_eq!(manifest["Models"][0]["Output"]["Head"], "UltraFace");
    assert_eq!(labels(&said["result"]["boxes"]["boxes"]), ["face"], "{said}");
}

#[test]
fn an_export_that_names_its_classes_needs_no_labels() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let model = room.write("export.onnx", yolov8_form());
    let (manifest, said) = made(&room, &["--model", &model, "--photo", &data.image("darknet_dog.jpg")]);
    assert_eq!(manifest["Models"][0]["Output"]["Head"], "YOLOv8");
    assert_eq!(manifest["Models"][0]["Input"]["Anchor"], "Center");
    assert_eq!(labels(&said["result"]["boxes"]["boxes"]), ["traffic light"], "{said}");
    assert_eq!(fs::read_to_string(room.path("made/assets/labels.txt")).expect("labels"), "cat\ntraffic light\n");
}

#[test]
fn what_is_missing_or_unfit_is_told() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let app = room.path("made");
    let said = vision(&["new"]).ends(2);
    assert!(said.errors.contains("NAME") && said.errors.contains("--model"), "{}", said.errors);
    let said = vision(&["new", &app]).ends(2);
    assert!(!said.errors.contains("NAME") && said.errors.contains("--model"), "{}", said.errors);
    let model = data.model("classification/shufflenet-v2-12-int8.onnx");
    let said = vision(&["new", &app, "--model", &model]).ends(1);
    assert!(said.out.contains("QLinearAdd") && said.out.contains("--engine onnxruntime"), "{}", said.out);
    // Two outputs of one number and of two.
    let said = vision(&["new", &app, "--model", &data.model("faceapi/age_gender.onnx"), "--task", "detection"]).ends(1);
    assert!(said.out.contains("no form that is known here of detection"), "{}", said.out);
    let said = vision(&["new", &app, "--model", &model, "--task", "magic"]).ends(2);
    assert!(said.errors.contains("must be one of: classification, detection"), "{}", said.errors);
    let said = vision(&["new", &app, "--model", &model, "--task", "detection", "--class", "1"]).ends(2);
    assert!(said.errors.contains("--class belongs to the task segmentation"), "{}", said.errors);
    let said = vision(&["new", &app, "--model", &model, "--model", &model]).ends(2);
    assert!(said.errors.contains("--language"), "{}", said.errors);
    // Nothing is left of what did not become an app.
    assert!(fs::read_dir(room.path(".")).expect("the folder").next().is_none());
}

#[test]
fn on_a_terminal_it_asks_for_what_is_missing() {
    let Some(data) = data() else { return };
    let room = Room::new();
    // `script` gives a program a terminal.
    let mut script = Command::new("script");
    let command = format!("{} new", env!("CARGO_BIN_EXE_vision"));
    script.args(["-qec", &command, "/dev/null"]).current_dir(room.path(".")).env("TERM", "xterm");
    let Ok(mut script) = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        return skipped("there is no program `script` (Debian's bsdutils)").unwrap_or_default();
    };
    let answers = format!("{}\n\n\nasked\n", data.model("classification/mnist-8.onnx"));
    script.stdin.take().expect("a pipe").write_all(answers.as_bytes()).expect("it listens");
    let output = script.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("The model, an ONNX file"), "{text}");
    vision(&["check", &room.path("asked")]).ends(0);
}

#[test]
fn what_was_not_taken_is_told_with_the_options_that_choose_it() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let (app, model) = (room.path("made"), data.model("segmentation/deeplab_v3_1_default_1_op13.onnx"));
    let photo = data.image("darknet_dog.jpg");
    let said = vision(&["new", &app, "--model", &model, "--photo", &photo]).ends(0);
    for words in ["an app for segmentation, head Logits", "--channels RGB --divisor 255: RGB, 0 to 1", "no labels"] {
        assert!(said.out.contains(words), "{words:?} is not in\n{}", said.out);
    }
    let other = room.path("other");
    let chosen = ["--channels", "RGB", "--divisor", "255", "--class", "12", "--fit", "crop"];
    vision(&[&["new", &other, "--model", &model, "--photo", &photo], &chosen[..]].concat()).ends(0);
    let manifest: Value = serde_json::from_slice(&room.read("other/app.json")).expect("a manifest");
    let described = &manifest["Models"][0];
    assert_eq!(described["Input"], json!({ "Channels": "RGB", "Divisor": 255.0, "Fit": "Crop" }));
    assert_eq!(described["Output"]["Class"], 12);
    vision(&["test", &other]).ends(0);
}

/// The smallest model whose output has the form of YOLOv8's: whatever it sees, a traffic light stands in the middle.
fn yolov8_form() -> Vec<u8> {
    let boxes = 8 * 8 + 4 * 4 + 2 * 2;
    let mut answer = vec![0.0_f32; 6 * boxes];
    for (row, number) in [32.0, 32.0, 20.0, 40.0, 0.1, 0.9].into_iter().enumerate() {
        answer[row * boxes] = number;
    }
    let node = |operator: &str, inputs: &[&str], output: &str| NodeProto {
        op_type: operator.to_owned(),
        name: format!("{operator} of {output}"),
        input: inputs.iter().map(ToString::to_string).collect(),
        output: vec![output.to_owned()],
        ..NodeProto::default()
    };
    let mut mean = node("ReduceMean", &["images"], "mean");
    mean.attribute = vec![AttributeProto {
        name: "keepdims".to_owned(),
        r#type: AttributeType::Int as i32,
        i: 0,
        ..AttributeProto::default()
    }];
    let graph = GraphProto {
        name: "form".to_owned(),
        node: vec![mean, node("Mul", &["mean", "zero"], "nothing"), node("Add", &["nothing", "answer"], "output0")],
        initializer: vec![tensor("zero", &[], &[0.0]), tensor("answer", &[1, 6, boxes as i64], &answer)],
        input: vec![port("images", &[1, 3, 64, 64])],
        output: vec![port("output0", &[1, 6, boxes as i64])],
        ..GraphProto::default()
    };
    let entry = |key: &str, value: &str| StringStringEntryProto { key: key.to_owned(), value: value.to_owned() };
    let model = ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 13 }],
        graph: Some(graph),
        metadata_props: vec![entry("names", "{0: 'cat', 1: 'traffic light'}"), entry("imgsz", "[64, 64]")],
        ..ModelProto::default()
    };
    model.encode_to_vec()
}

fn tensor(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims.to_vec(),
        data_type: DataType::Float as i32,
        float_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn port(name: &str, sides: &[i64]) -> ValueInfoProto {
    let dim = sides
        .iter()
        .map(|side| Dimension { value: Some(dimension::Value::DimValue(*side)), ..Dimension::default() })
        .collect();
    let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, shape: Some(TensorShapeProto { dim }) };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: name.to_owned(), r#type: Some(kind), ..ValueInfoProto::default() }
}
