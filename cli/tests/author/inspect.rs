//! `vision inspect`.

use serde_json::json;

use crate::support::{Room, data, onnx_runtime, vision, vision_with};

#[test]
fn a_detector_is_described_and_its_use_proposed() {
    let Some(data) = data() else { return };
    let said = vision(&["inspect", &data.model("detection/yolox_nano_416.onnx"), "--json"]).ends(0).json();
    let model = &said["model"];
    assert_eq!(model["inputs"][0]["shape"], json!([1, 3, 416, 416]));
    assert_eq!(model["outputs"][0]["shape"], json!([1, 3549, 85]));
    assert!(model["operators"]["Conv"].as_u64() > Some(50), "{model}");
    assert!(model["opset"]["ai.onnx"].is_number() && model["parameters"].as_u64() > Some(800_000), "{model}");
    let tract = &said["engines"][0];
    assert_eq!((&tract["engine"], &tract["outcome"]), (&json!("tract"), &json!("computes")), "{tract}");
    assert!(tract["inference_ms"].as_f64() > Some(1.0) && tract["memory_bytes"].as_u64() > Some(3 << 20), "{tract}");
    let proposal = &said["proposals"][0];
    assert_eq!((&proposal["task"], &proposal["output"]["Head"]), (&json!("detection"), &json!("YOLOX")));
    assert_eq!(proposal["input"]["Channels"], "BGR");

    let said = vision(&["inspect", &data.model("detection/yolox_nano_416.onnx")]).ends(0);
    for words in ["3.66 MB", "images: float32 [1, 3, 416, 416]", "Use: detection, head YOLOX", "ms per inference"] {
        assert!(said.out.contains(words), "{words:?} is not in\n{}", said.out);
    }
}

#[test]
fn an_engine_that_lacks_an_operator_says_which() {
    let Some(data) = data() else { return };
    let said = vision(&["inspect", &data.model("classification/shufflenet-v2-12-int8.onnx"), "--json"]).ends(1).json();
    let [tract, onnx] = said["engines"].as_array().expect("a list").as_slice() else { panic!("two engines: {said}") };
    assert_eq!(tract["outcome"], "refuses");
    assert!(tract["why"].as_str().is_some_and(|words| words.contains("QLinearAdd")), "{tract}");
    if onnx_runtime().is_some() {
        assert_eq!(onnx["outcome"], "computes", "{onnx}");
    }
}

#[test]
fn an_engine_that_is_not_there_is_no_fault_of_the_model() {
    let Some(data) = data() else { return };
    let model = data.model("classification/mnist-8.onnx");
    let nowhere = [("ORT_DYLIB_PATH", "/nowhere/libonnxruntime.so")];
    let said = vision_with(&["inspect", &model], &nowhere).ends(0);
    assert!(said.out.contains("ONNX Runtime: is not here. "), "{}", said.out);
    assert!(said.out.contains("Use: classification, head Logits"), "{}", said.out);
}

#[test]
fn what_is_no_model_is_told() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let said = vision(&["inspect", "/nowhere/net.onnx"]).ends(2);
    assert!(said.errors.contains("cannot read /nowhere/net.onnx"), "{}", said.errors);
    for no_model in [data.image("darknet_dog.jpg"), room.write("empty.onnx", "")] {
        let said = vision(&["inspect", &no_model]).ends(2);
        assert!(said.errors.contains("is not an ONNX model"), "{}", said.errors);
    }
}
