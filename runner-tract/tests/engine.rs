//! The tract engine on real models.

#[path = "support/models.rs"]
mod models;

use models::real_models;
use runner_tract::TractEngine;
use vision_runner::engine::{Data, Element, Engine, Tensor};

fn zeros(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape, Element::Float32).expect("a small shape")
}

#[test]
fn an_operator_that_is_missing_is_named_with_its_node() {
    let Some(models) = real_models() else { return };
    let error = TractEngine.load(&models.join("classification/shufflenet-v2-12-int8.onnx")).err().unwrap();
    assert_eq!(error.operator.as_deref(), Some("com.microsoft.QLinearAdd"));
    assert!(error.node.as_ref().is_some_and(|node| !node.is_empty()), "{error:?}");
    let error = TractEngine.load(&models.join("segmentation/selfie_segmentation_landscape.onnx")).err().unwrap();
    assert_eq!(error.operator.as_deref(), Some("Upsample"), "{error}");
}

#[test]
fn files_that_are_no_models_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.onnx");
    for content in [&b"\x89PNG\r\n\x1a\n"[..], b"", b"\x08\x07"] {
        std::fs::write(&file, content).unwrap();
        let error = TractEngine.load(&file).err().unwrap();
        assert!(error.message.contains("not an ONNX model"), "{error}");
    }
    assert!(TractEngine.load(&folder.path().join("none")).err().unwrap().message.contains("cannot be read"));
}

#[test]
fn models_with_fixed_shapes_tell_them_and_compute() {
    let Some(models) = real_models() else { return };
    for (file, input, outputs) in [
        ("classification/squeezenet_fp32_from_fp16.onnx", vec![1, 3, 224, 224], vec![vec![1, 1000, 1, 1]]),
        ("detection/yolox_nano_416.onnx", vec![1, 3, 416, 416], vec![vec![1, 3549, 85]]),
        // This one's own output shapes clash with its input.
        ("face_detection/yunet_120x160.onnx", vec![1, 3, 120, 160], vec![vec![1076, 14], vec![1076, 2], vec![1076, 1]]),
    ] {
        let model = TractEngine.load(&models.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(model.inputs()[0].shape, input, "{file}");
        let name = model.inputs()[0].name.clone();
        let answers = model.infer(vec![(name, zeros(&input))]).unwrap();
        let shapes: Vec<_> = answers.iter().map(|(_, tensor)| tensor.shape().to_vec()).collect();
        let stated: Vec<_> = model.outputs().iter().map(|port| port.shape.clone()).collect();
        assert_eq!((&shapes, &stated), (&outputs, &outputs), "{file}");
    }
}

#[test]
fn open_dimensions_are_told_as_zero_and_computed_at_any_size() {
    let Some(models) = real_models() else { return };
    let model = TractEngine.load(&models.join("ocr/text_detection_ch_ppocrv3_2023may.onnx")).unwrap();
    let port = &model.inputs()[0];
    assert!(port.shape.len() == 4 && port.shape.contains(&0), "{port:?}");
    for side in [64, 96, 64] {
        let answers = model.infer(vec![(port.name.clone(), zeros(&[1, 3, side, side]))]).unwrap();
        assert_eq!(answers[0].1.shape(), [side, side]);
    }
}

#[test]
fn weights_of_16_bits_are_computed_in_32_with_a_remark() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("half.onnx");
    std::fs::write(&file, half_model()).unwrap();
    let model = TractEngine.load(&file).unwrap();
    assert_eq!(model.inputs()[0].element, Element::Float32);
    assert!(model.remarks()[0].contains("16-bit"), "{:?}", model.remarks());
    let input = Tensor::new([2], Data::Float32(vec![1.0, 2.0])).unwrap();
    let answers = model.infer(vec![("x".to_owned(), input)]).unwrap();
    assert_eq!(answers[0].1.data(), &Data::Float32(vec![1.5, 2.5]));
}

/// `y = x + [0.5, 0.5]` in 16-bit floating point.
fn half_model() -> Vec<u8> {
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2, u8::try_from(content.len()).expect("a short field")];
        bytes.extend_from_slice(content);
        bytes
    }
    fn value(name: &str) -> Vec<u8> {
        // A tensor of FLOAT16 (10) with one dimension of 2.
        let shape = field(1, &[1 << 3, 2]);
        let kind = field(1, &[vec![1 << 3, 10], field(2, &shape)].concat());
        [field(1, name.as_bytes()), field(2, &kind)].concat()
    }
    let node = [field(1, b"x"), field(1, b"w"), field(2, b"y"), field(3, b"sum"), field(4, b"Add")].concat();
    let weights = [vec![1 << 3, 2, 2 << 3, 10], field(8, b"w"), field(9, &[0x00, 0x38, 0x00, 0x38])].concat();
    let graph =
        [field(1, &node), field(2, b"g"), field(5, &weights), field(11, &value("x")), field(12, &value("y"))].concat();
    [vec![1 << 3, 8], field(7, &graph), field(8, &[2 << 3, 13])].concat()
}
