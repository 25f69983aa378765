//! The packages that tests upload.

use serde_json::{Value, json};

use super::{
    archives::archive,
    data::{TestData, read},
};

/// YOLOX-nano with the names of its classes, and no code.
pub(crate) fn yolox(data: &TestData) -> Vec<u8> {
    let manifest = json!({
        "Name": "Street watcher",
        "Description": "Finds people, animals, vehicles and 70 other things, and draws a box around each.",
        "Category": "Traffic",
        "Version": "1.0.0",
        "Task": "detection",
        "Models": [{
            "Name": "yolox",
            "File": "models/yolox_nano_416.onnx",
            "Labels": "assets/coco.names",
            "Input": { "Channels": "BGR" }
        }]
    });
    archive(&[
        ("app.json", &bytes(&manifest)),
        ("models/yolox_nano_416.onnx", &read(&data.model("detection/yolox_nano_416.onnx"))),
        ("assets/coco.names", &read(&data.model("detection/coco.names"))),
    ])
}

/// SqueezeNet with the names of its classes, and no code.
pub(crate) fn squeezenet(data: &TestData) -> Vec<u8> {
    let model = read(&data.model("classification/squeezenet_fp32_from_fp16.onnx"));
    classifier("What is it?", "squeezenet.onnx", &model, &imagenet_labels(data))
}

/// The thousand classes of ImageNet, one per line, without the identifiers that stand before them.
pub(crate) fn imagenet_labels(data: &TestData) -> Vec<u8> {
    let synset = String::from_utf8(read(&data.model("classification/synset.txt"))).expect("labels in UTF-8");
    let labels = synset.lines().map(|line| line.split_once(' ').map_or(line, |(_, label)| label));
    labels.collect::<Vec<_>>().join("\n").into_bytes()
}

/// A model with int8 operators of an extension, which not every engine has.
pub(crate) fn shufflenet_int8(data: &TestData) -> Vec<u8> {
    let model = read(&data.model("classification/shufflenet-v2-12-int8.onnx"));
    classifier("Shuffled", "shufflenet.onnx", &model, &imagenet_labels(data))
}

/// A classification app with the standard glue, its model taking BGR and answering with probabilities.
pub(crate) fn classifier(name: &str, file: &str, model: &[u8], labels: &[u8]) -> Vec<u8> {
    archive(&[
        ("app.json", &bytes(&classifier_manifest(name, file))),
        (&format!("models/{file}"), model),
        ("assets/labels.txt", labels),
    ])
}

/// The manifest of [`classifier`].
pub(crate) fn classifier_manifest(name: &str, file: &str) -> Value {
    json!({
        "Name": name,
        "Description": "Names what stands in the middle of a photo.",
        "Category": "Nature",
        "Version": "1.0.0",
        "Task": "classification",
        "Models": [{
            "Name": "net",
            "File": format!("models/{file}"),
            "Labels": "assets/labels.txt",
            "Input": { "Channels": "BGR" },
            "Output": { "Head": "Softmax" }
        }]
    })
}

/// An app of nothing but glue: a photo goes in, a text comes out.
pub(crate) fn glue_only(name: &str, component: &[u8], deadline_ms: u64) -> Vec<u8> {
    let manifest = json!({
        "Name": name,
        "Category": "Tests",
        "Version": "1.0.0",
        "AppParameters": [
            { "ParameterType": "Image", "Name": "Image", "Label": "Photo", "Description": "Any", "Required": true }
        ],
        "ResultVariables": [{ "ResultType": "Text", "Name": "answer", "Label": "Answer" }],
        "Limits": { "DeadlineMs": deadline_ms }
    });
    archive(&[("app.json", &bytes(&manifest)), ("app.wasm", component)])
}

/// JSON as a file holds it.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// A photo of one colour: 32 × 32 pixels as PNG.
pub(crate) fn small_photo() -> Vec<u8> {
    const PNG: &str = concat!(
        "89504e470d0a1a0a0000000d4948445200000020000000200802000000fc18eda30000002a494441",
        "5478da6388ea394153c4306ac1a805a3168c5a306ac1a805a3168c5a306ac1a805a3160c150b0037",
        "24b85bc72a29310000000049454e44ae426082",
    );
    hex::decode(PNG).expect("hexadecimal digits")
}
