//! The engine on real models, held against other engines.

use std::{fs, path::Path, process::Command, thread};

use runner_gpu::Device;
use runner_tract::TractEngine;
use vision_runner::engine::{Data, Element, Engine, EngineError, Model, Tensor};

use crate::support::{device, difference, engine, models, noise, rewrite, skip};

/// How far answers may be from those of another engine, as a share of the largest number. A GPU rounds the inputs of
/// convolutions to 10 bits (TF32).
fn tolerance() -> f32 {
    if device() == Device::Cpu { 2e-4 } else { 2e-2 }
}

fn answer(model: &dyn Model, input: Tensor) -> Vec<(String, Tensor)> {
    model.infer(vec![(model.inputs()[0].name.clone(), input)]).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(folder: &Path, file: &[u8]) -> EngineError {
    let path = folder.join("model.onnx");
    fs::write(&path, file).expect("a temporary file");
    engine().expect("an engine").load(&path).err().expect("a refusal")
}

#[test]
fn answers_are_those_of_another_engine() {
    let (Some(engine), Some(models)) = (engine(), models()) else { return };
    for (file, shape, most) in [
        ("classification/squeezenet_fp32_from_fp16.onnx", vec![1, 3, 224, 224], 255.0),
        ("classification/shufflenet-v2-12_fp32_from_int8.onnx", vec![1, 3, 224, 224], 2.0),
        ("detection/yolox_nano_416.onnx", vec![1, 3, 416, 416], 255.0),
        ("face_detection/ultraface_RFB-320.onnx", vec![1, 3, 240, 320], 1.0),
        ("segmentation/deeplab_v3_1_default_1_op13.onnx", vec![1, 257, 257, 3], 1.0),
        ("ocr/text_detection_ch_ppocrv3_2023may.onnx", vec![1, 3, 96, 128], 1.0),
    ] {
        let (ours, theirs) =
            (engine.load(&models.join(file)).expect(file), TractEngine.load(&models.join(file)).expect(file));
        assert_eq!(ours.inputs(), theirs.inputs(), "{file}");
        let input = noise(&shape, most);
        let (ours, theirs) = (answer(&*ours, input.clone()), answer(&*theirs, input));
        let names = |answers: &[(String, Tensor)]| answers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&ours), names(&theirs), "{file}");
        for ((name, ours), (_, theirs)) in ours.iter().zip(&theirs) {
            let apart = difference(ours, theirs);
            eprintln!("{file} {name}: {apart:.1e} of the largest number apart");
            assert!(apart < tolerance(), "{file} {name}: {apart}");
        }
    }
}

#[test]
fn a_model_of_8_bit_integers_answers_as_python_has_it() {
    let (Some(engine), Some(models)) = (engine(), models()) else { return };
    let Some(python) = std::env::var_os("VISION_TEST_PYTHON") else {
        return skip("VISION_TEST_PYTHON names no Python");
    };
    let file = models.join("classification/shufflenet-v2-12-int8.onnx");
    let input = noise(&[1, 3, 224, 224], 2.0);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/reference.py");
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("input"), input.bytes()).expect("a temporary file");
    let output =
        Command::new(python).arg(script).arg(&file).arg(folder.path().join("input")).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let expected = Tensor::from_bytes([1, 1000], Element::Float32, output.stdout).expect("a thousand numbers");
    let found = answer(&*engine.load(&file).expect("int8"), input);
    let apart = difference(&found[0].1, &expected);
    eprintln!("int8: {apart:.1e} of the largest number apart");
    assert!(apart < tolerance(), "{apart}");
}

#[test]
fn a_model_of_16_bit_floats_takes_and_gives_32() {
    let (Some(engine), Some(models)) = (engine(), models()) else { return };
    let file = models.join("classification/squeezenet_fp32_from_fp16.onnx");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let halved = folder.path().join("half.onnx");
    fs::write(&halved, rewrite::halved(&fs::read(&file).expect("a model"))).expect("a temporary file");
    let (whole, half) = (engine.load(&file).expect("32 bits"), engine.load(&halved).expect("16 bits"));
    assert_eq!(half.inputs(), whole.inputs());
    assert_eq!(half.remarks().is_empty(), device() != Device::Cpu, "{:?}", half.remarks());
    let input = noise(&[1, 3, 224, 224], 255.0);
    let apart = difference(&answer(&*half, input.clone())[0].1, &answer(&*whole, input)[0].1);
    eprintln!("fp16: {apart:.1e} of the largest number apart");
    assert!(apart < 5e-2, "{apart}");
}

#[test]
fn a_batch_answers_as_its_items_do() {
    let (Some(engine), Some(models)) = (engine(), models()) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = folder.path().join("open.onnx");
    let file = fs::read(models.join("classification/squeezenet_fp32_from_fp16.onnx")).expect("a model");
    fs::write(&open, rewrite::opened(&file)).expect("a temporary file");
    let model = engine.load(&open).expect("an open batch");
    assert_eq!((model.inputs()[0].shape[0], model.outputs()[0].shape[0]), (0, 0));
    // Twice as large a batch and back again: nothing of an earlier shape stays.
    for items in [3, 5, 1, 3] {
        let batch = noise(&[items, 3, 224, 224], 255.0);
        let together = answer(&*model, batch.clone());
        let (each, sides) = (batch.floats().expect("float32").len() / items, together[0].1.shape()[1..].to_vec());
        for (item, numbers) in together[0].1.floats().expect("float32").chunks(1000).enumerate() {
            let one = batch.floats().expect("float32")[item * each..][..each].to_vec();
            let alone = answer(&*model, Tensor::new([1, 3, 224, 224], Data::Float32(one)).expect("a tensor"));
            let found =
                Tensor::new([&[1], sides.as_slice()].concat(), Data::Float32(numbers.to_vec())).expect("a tensor");
            assert!(difference(&found, &alone[0].1) < tolerance(), "item {item} of {items}");
        }
    }
}

#[test]
fn callers_at_once_get_their_own_answers() {
    let (Some(engine), Some(models)) = (engine(), models()) else { return };
    let model = engine.load(&models.join("classification/mnist-8.onnx")).expect("a model");
    let input = |n: usize| Tensor::new([1, 1, 28, 28], Data::Float32(vec![n as f32; 784])).expect("a tensor");
    let alone: Vec<_> = (0..4).map(|n| answer(&*model, input(n))).collect();
    thread::scope(|scope| {
        for (n, alone) in alone.iter().enumerate() {
            let model = &*model;
            scope.spawn(move || {
                for _ in 0..50 {
                    assert!(difference(&answer(model, input(n))[0].1, &alone[0].1) < tolerance());
                }
            });
        }
    });
    let file = fs::metadata(models.join("classification/mnist-8.onnx")).expect("a file").len();
    let sessions = model.memory_bytes() / file;
    assert!((1..=4).contains(&sessions), "{sessions} sessions");
}

#[test]
fn an_operator_that_is_missing_is_named_with_its_node() {
    let Some(_) = engine() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error = refusal(folder.path(), &one_node("Frobnicate", &[]));
    assert_eq!((error.operator.as_deref(), error.node.as_deref()), (Some("Frobnicate"), Some("the node")), "{error}");
    let error = refusal(folder.path(), &one_node("Relu", &field(7, b"my.domain")));
    assert_eq!(error.operator.as_deref(), Some("my.domain.Relu"), "{error}");
}

#[test]
fn files_that_want_others_and_files_that_are_no_models_are_refused() {
    let Some(engine) = engine() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    for location in ["../../../../etc/passwd", "/etc/passwd", "weights.bin"] {
        let place = [field(1, b"location"), field(2, location.as_bytes())].concat();
        let weights = [vec![1 << 3, 2, 2 << 3, 1], field(8, b"w"), field(13, &place), vec![14 << 3, 1]].concat();
        let error = refusal(
            folder.path(),
            &one_node("Add", &[]).into_iter().chain(field(7, &field(5, &weights))).collect::<Vec<_>>(),
        );
        assert!(error.message.contains("“w” lie in another file"), "{error}");
    }
    for content in [&b"\x89PNG\r\n\x1a\n"[..], b"", b"\x08\x07", b"\x18\0\0\0ORTM"] {
        let error = refusal(folder.path(), content);
        assert!(error.message.contains("not an ONNX model"), "{error}");
    }
    let error = engine.load(&folder.path().join("none")).err().expect("no file");
    assert!(error.message.contains("cannot be read"), "{error}");
}

/// A model of one node, `y = operator(x)` of two numbers.
fn one_node(operator: &str, more: &[u8]) -> Vec<u8> {
    let value = |name: &[u8]| {
        let shape = field(2, &field(1, &[1 << 3, 2]));
        [field(1, name), field(2, &field(1, &[vec![1 << 3, 1], shape].concat()))].concat()
    };
    let node =
        [field(1, b"x"), field(2, b"y"), field(3, b"the node"), field(4, operator.as_bytes()), more.to_vec()].concat();
    let graph = [field(1, &node), field(2, b"g"), field(11, &value(b"x")), field(12, &value(b"y"))].concat();
    [vec![1 << 3, 8], field(7, &graph), field(8, &[2 << 3, 13])].concat()
}

fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, u8::try_from(content.len()).expect("a short field")], content].concat()
}
