//! `vision convert`. What comes out is held against ONNX Runtime in `tests/convert.rs`.

use std::{fs, path::Path};

use prost::Message as _;
use serde_json::{Value, json};
use tract_onnx::{
    pb::{
        AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
        TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
        attribute_proto::AttributeType,
        tensor_proto::{DataLocation, DataType},
        tensor_shape_proto::{Dimension, dimension},
        type_proto,
    },
    prelude::{Framework as _, InferenceModelExt},
};

use crate::support::{Room, data, labels, vision};

/// Converts, which must go well; what was said.
#[track_caller]
fn converted(model: &str, output: &str) -> Value {
    let said = vision(&["convert", model, output, "--json"]).ends(0).json();
    assert_eq!(said["tract"]["outcome"], "computes", "{said}");
    vision(&["inspect", output]).ends(0);
    said
}

#[test]
fn a_quantised_classifier_becomes_an_app() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let (model, output) = (data.model("classification/shufflenet-v2-12-int8.onnx"), room.path("net.onnx"));
    let said = converted(&model, &output);
    let change = &said["changes"][0];
    assert_eq!((&change["kind"], &change["operators"]["QLinearConv"]), (&json!("quantised"), &json!(56)), "{said}");
    assert_eq!(change["operators"]["com.microsoft.QLinearAdd"], 1, "{said}");
    assert!(said["bytes"]["after"].as_u64() > said["bytes"]["before"].as_u64().map(|bytes| 3 * bytes), "{said}");
    // It holds nothing of what it was.
    let now = vision(&["inspect", &output, "--json"]).ends(0).json();
    assert_eq!(now["model"]["weights"].as_object().map(serde_json::Map::len), Some(2), "{now}");
    assert_eq!(now["model"]["opset"], json!({ "ai.onnx": 12 }), "{now}");

    let (app, photo) = (room.path("made"), data.image("winml_dog.jpg"));
    let names = data.model("classification/synset.txt");
    let said =
        vision(&["new", &app, "--model", &output, "--labels", &names, "--photo", &photo, "--json"]).ends(0).json();
    assert!(labels(&said["result"]["labels"])[0].contains("retriever"), "{said}");
    vision(&["check", &app]).ends(0);
    vision(&["test", &app]).ends(0);
}

#[test]
fn an_old_upsample_is_taken_afterwards() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let model = data.model("segmentation/selfie_segmentation_landscape.onnx");
    let refused = vision(&["inspect", &model]).ends(1);
    assert!(refused.out.contains("Upsample") && refused.out.contains("vision convert"), "{}", refused.out);
    let said = converted(&model, &room.path("net.onnx"));
    assert_eq!(said["opset"], json!({ "before": 9, "after": 11 }), "{said}");
    let kinds: Vec<_> = said["changes"].as_array().expect("changes").iter().map(|change| &change["kind"]).collect();
    assert_eq!(kinds, ["opset", "upsample"], "{said}");
}

#[test]
fn shapes_that_clash_are_dropped() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let strict = |path: &str| {
        let onnx = tract_onnx::onnx();
        onnx.model_for_path(path).and_then(InferenceModelExt::into_optimized).is_ok()
    };
    let (model, output) = (data.model("face_detection/yunet_120x160.onnx"), room.path("net.onnx"));
    let said = converted(&model, &output);
    assert_eq!(said["changes"][0]["kind"], "shapes", "{said}");
    assert_eq!((strict(&model), strict(&output)), (false, true));
}

#[test]
fn what_is_done_is_told_and_listed() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let model = data.model("segmentation/selfie_segmentation_landscape.onnx");
    let said = vision(&["convert", &model, "--list"]).ends(0);
    for words in ["446.3 kB", "the operator set is 11 instead of 9", "Upsample 3", "Clip 11", "tract computes it"] {
        assert!(said.out.contains(words), "{words:?} is not in\n{}", said.out);
    }
    let output = room.path("net.onnx");
    let said = vision(&["convert", &model, &output, "--only", "fp16,shapes"]).ends(1);
    assert!(said.out.contains("Upsample") && !Path::new(&output).exists(), "{}", said.out);
    vision(&["convert", &model, &output]).ends(0);
    let said = vision(&["convert", &model, &output]).ends(2);
    assert!(said.errors.contains("is there already") && said.errors.contains("--force"), "{}", said.errors);
    vision(&["convert", &model, &output, "--force"]).ends(0);
    // Nothing lies beside it.
    assert_eq!(fs::read_dir(room.path(".")).expect("the folder").count(), 1);
    let said = vision(&["convert", &output, &room.path("again.onnx")]).ends(1);
    assert!(said.out.contains("nothing in it needs to be converted"), "{}", said.out);
}

#[test]
fn an_open_input_is_fixed() {
    let room = Room::new();
    let mut open = small();
    sides(&mut open.input[0])[0].value = Some(dimension::Value::DimParam("batch".to_owned()));
    let model = room.write("open.onnx", file(open));
    let (output, json) = (room.path("fixed.onnx"), "--json");
    for (size, words) in
        [("y=1,2", "there is none of that name, but x"), ("x=1", "has 2 sides, not 1"), ("x=1,3", "is 2")]
    {
        let said = vision(&["convert", &model, &output, "--fix-size", size]).ends(1);
        assert!(said.out.contains(words), "{words:?} is not in\n{}", said.out);
    }
    let said = vision(&["convert", &model, &output, "--fix-size", "x=1,0"]).ends(2);
    assert!(said.errors.contains("whole number above 0"), "{}", said.errors);
    vision(&["convert", &model, &output, "--fix-size", "x=3,2", json]).ends(0);
    let said = vision(&["inspect", &output, json]).ends(0).json();
    assert_eq!(said["model"]["inputs"][0]["shape"], json!([3, 2]), "{said}");
}

#[test]
fn sixteen_bits_become_thirty_two_and_nodes_find_their_order() {
    let room = Room::new();
    let mut graph = small();
    graph.initializer[0].data_type = DataType::Float16 as i32;
    graph.initializer[0].float_data.clear();
    graph.initializer[0].int32_data = vec![0x3800, 0xC000];
    graph.node.push(node("Identity", &["x"], "before"));
    graph.node[0].input[0] = "before".to_owned();
    for port in [&mut graph.input[0], &mut graph.output[0]] {
        tensor_type(port).elem_type = DataType::Float16 as i32;
    }
    let model = room.write("half.onnx", file(graph));
    let said = converted(&model, &room.path("net.onnx"));
    let kinds: Vec<_> = said["changes"].as_array().expect("changes").iter().map(|change| &change["kind"]).collect();
    assert_eq!(kinds, ["order", "fp16"], "{said}");
    let now = ModelProto::decode(room.read("net.onnx").as_slice()).expect("a model").graph.expect("a graph");
    let written: Vec<f32> =
        now.initializer[0].raw_data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    assert_eq!(written, [0.5, -2.0]);
}

#[test]
fn what_cannot_be_converted_is_named() {
    let room = Room::new();
    let scaled = |nodes: Vec<NodeProto>, weights: Vec<TensorProto>| {
        let mut graph = small();
        graph.node = nodes;
        graph.initializer.extend(weights);
        graph
    };
    let broken = |change: &dyn Fn(&mut TensorProto)| {
        let mut tensor = half();
        change(&mut tensor);
        scaled(vec![node("Add", &["x", "half"], "y")], vec![tensor])
    };
    let mut upsample = node("Upsample", &["x"], "y");
    upsample.attribute = vec![text("mode", "cubic"), floats("scales", &[1.0, 2.0])];
    let mut blocks = node("DequantizeLinear", &["half", "w"], "y");
    blocks.attribute = vec![AttributeProto { i: 32, r#type: AttributeType::Int as i32, ..named("block_size") }];
    for (name, graph, words) in [
        ("circle", scaled(vec![node("Add", &["x", "y"], "y")], vec![]), "leads in a circle"),
        (
            "missing",
            scaled(vec![node("Add", &["x", "nowhere"], "y")], vec![]),
            "takes “nowhere”, which nothing computes",
        ),
        ("twice", scaled(vec![node("Relu", &["x"], "y"), node("Relu", &["x"], "y")], vec![]), "as another node does"),
        ("no output", scaled(vec![node("Relu", &["x"], "z")], vec![]), "output “y”: no node computes it"),
        ("mode", scaled(vec![upsample], vec![]), "operator Upsample (node “Upsample of y”): its mode, \"cubic\""),
        ("blocks", scaled(vec![blocks], vec![half()]), "it has a scale for each 32 numbers"),
        ("short", broken(&|tensor| tensor.int32_data = vec![1]), "its sides are [2], but it holds 1 numbers"),
        ("odd", broken(&|tensor| tensor.raw_data = vec![1, 2, 3]), "its sides are [2]"),
        ("huge", broken(&|tensor| tensor.dims = vec![1 << 40, 1 << 40]), "but it holds 2 numbers"),
        ("negative", broken(&|tensor| tensor.dims = vec![-2]), "but it holds 2 numbers"),
        ("elsewhere", broken(&away), "external data, in another file"),
        (
            "scale that is computed",
            scaled(vec![node("Relu", &["w"], "s"), node("QuantizeLinear", &["x", "s"], "y")], vec![]),
            "operator QuantizeLinear (node “QuantizeLinear of y”): its scale, “s”, is computed as it runs",
        ),
        (
            "no such operator",
            scaled(vec![node("Frobnicate", &["x"], "z"), node("Add", &["z", "half"], "y")], vec![half()]),
            "tract still does not take it: operator Frobnicate (node “Frobnicate of z”)",
        ),
    ] {
        let model = room.write("net.onnx", file(graph));
        let said = vision(&["convert", &model, &room.path("new.onnx")]).ends(1);
        assert!(said.out.contains(words), "{name}: {words:?} is not in\n{}", said.out);
        assert!(!Path::new(&room.path("new.onnx")).exists(), "{name}");
    }
}

#[test]
fn what_is_no_model_is_told() {
    let room = Room::new();
    let whole = file(small());
    let output = room.path("new.onnx");
    let said = vision(&["convert", "/nowhere/net.onnx", &output]).ends(2);
    assert!(said.errors.contains("cannot read /nowhere/net.onnx"), "{}", said.errors);
    for bytes in [&b""[..], b"\x89PNG\r\n\x1a\n", &whole[..whole.len() - 9]] {
        let said = vision(&["convert", &room.write("net.onnx", bytes), &output]).ends(2);
        assert!(said.errors.contains("is not an ONNX model"), "{}", said.errors);
    }
    let mut model = model(small());
    model.functions = vec![FunctionProto { name: Some("Own".to_owned()), ..FunctionProto::default() }];
    let said = vision(&["convert", &room.write("net.onnx", model.encode_to_vec()), &output]).ends(1);
    assert!(said.out.contains("function “Own”"), "{}", said.out);
    model.functions.clear();
    model.opset_import[0].version = 6;
    model.graph.as_mut().expect("a graph").node = vec![node("Affine", &["x"], "y")];
    let said = vision(&["convert", &room.write("net.onnx", model.encode_to_vec()), &output]).ends(1);
    assert!(
        said.out.contains("operator Affine (node “Affine of y”)") && said.out.contains("from 7 on"),
        "{}",
        said.out
    );
}

/// `y = x + w`.
fn small() -> GraphProto {
    let weights = TensorProto {
        name: "w".to_owned(),
        dims: vec![2],
        data_type: DataType::Float as i32,
        float_data: vec![0.5, -2.0],
        ..TensorProto::default()
    };
    GraphProto {
        name: "small".to_owned(),
        node: vec![node("Add", &["x", "w"], "y")],
        initializer: vec![weights],
        input: vec![port("x")],
        output: vec![port("y")],
        ..GraphProto::default()
    }
}

/// Two numbers of 16 bits.
fn half() -> TensorProto {
    TensorProto {
        name: "half".to_owned(),
        dims: vec![2],
        data_type: DataType::Float16 as i32,
        int32_data: vec![0x3800, 0x3C00],
        ..TensorProto::default()
    }
}

/// Keeps the numbers in another file.
fn away(tensor: &mut TensorProto) {
    tensor.data_location = Some(DataLocation::External as i32);
    tensor.external_data = vec![StringStringEntryProto { key: "location".to_owned(), value: "/etc/passwd".to_owned() }];
}

fn model(graph: GraphProto) -> ModelProto {
    ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 8 }],
        graph: Some(graph),
        ..ModelProto::default()
    }
}

fn file(graph: GraphProto) -> Vec<u8> {
    model(graph).encode_to_vec()
}

fn node(operator: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: operator.to_owned(),
        name: format!("{operator} of {output}"),
        input: inputs.iter().map(ToString::to_string).collect(),
        output: vec![output.to_owned()],
        ..NodeProto::default()
    }
}

fn named(name: &str) -> AttributeProto {
    AttributeProto { name: name.to_owned(), ..AttributeProto::default() }
}

fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { s: value.as_bytes().to_vec(), r#type: AttributeType::String as i32, ..named(name) }
}

fn floats(name: &str, values: &[f32]) -> AttributeProto {
    AttributeProto { floats: values.to_vec(), r#type: AttributeType::Floats as i32, ..named(name) }
}

/// One or more rows of two numbers.
fn port(name: &str) -> ValueInfoProto {
    let dim = [1, 2].map(|side| Dimension { value: Some(dimension::Value::DimValue(side)), ..Dimension::default() });
    let shape = TensorShapeProto { dim: dim.to_vec() };
    let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, shape: Some(shape) };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: name.to_owned(), r#type: Some(kind), ..ValueInfoProto::default() }
}

fn tensor_type(port: &mut ValueInfoProto) -> &mut type_proto::Tensor {
    let kind = port.r#type.as_mut().and_then(|kind| kind.value.as_mut()).expect("a type");
    let type_proto::Value::TensorType(tensor) = kind;
    tensor
}

fn sides(port: &mut ValueInfoProto) -> &mut Vec<Dimension> {
    &mut tensor_type(port).shape.as_mut().expect("a shape").dim
}
