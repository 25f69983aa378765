//! The engine on the CPU, held against what the models are known to answer. Needs ONNX Runtime's library
//! (`ORT_DYLIB_PATH`) and real models (`VISION_TEST_DATA`); says 'skipped' without them.

use std::path::PathBuf;

use runner_gpu::{Device, OnnxRuntime};
use vision_runner::engine::{Element, Engine, Tensor};

fn models() -> Option<(OnnxRuntime, PathBuf)> {
    let missing = ["ORT_DYLIB_PATH", "VISION_TEST_DATA"].into_iter().find(|name| std::env::var_os(name).is_none());
    if let Some(missing) = missing {
        assert!(std::env::var_os("CI").is_none(), "{missing} is not set");
        eprintln!("skipped: {missing} is not set");
        return None;
    }
    let models = PathBuf::from(std::env::var_os("VISION_TEST_DATA")?).join("models");
    Some((OnnxRuntime::start(Device::Cpu).expect("ONNX Runtime starts"), models))
}

/// One test for all models: the library takes one environment per process.
#[test]
fn models_load_and_compute_int8_among_them() {
    let Some((engine, models)) = models() else { return };
    for (file, outputs) in [
        ("classification/squeezenet_fp32_from_fp16.onnx", 1000),
        ("classification/shufflenet-v2-12-int8.onnx", 1000),
        ("detection/yolox_nano_416.onnx", 3549 * 85),
    ] {
        let model = engine.load(&models.join(file)).expect(file);
        let port = &model.inputs()[0];
        let shape: Vec<usize> = port.shape.iter().map(|&n| n.max(1)).collect();
        let zeros = Tensor::zeros(shape, Element::Float32).expect("a tensor");
        let answer = model.infer(vec![(port.name.clone(), zeros)]).expect(file);
        assert_eq!(answer[0].1.floats().expect("float32").len(), outputs, "{file}");
    }
    let broken = engine.load(&models.join("classification/synset.txt")).err().expect("no model");
    assert!(!broken.message.is_empty());
}

#[test]
fn a_device_is_read_from_the_front_of_the_arguments() {
    let split = |list: &[&str]| Device::from_arguments(list.iter().map(Into::into).collect());
    let (device, rest) = split(&["runner-gpu", "--device", "cuda:1", "serve"]).expect("a device");
    assert_eq!((device, rest.len()), (Device::Cuda(1), 2));
    assert_eq!(split(&["runner-gpu", "--device=cpu"]).expect("a device").0, Device::Cpu);
    assert_eq!(split(&["runner-gpu"]).expect("a device").0, Device::Cuda(0));
    assert!(split(&["runner-gpu", "--device", "gpu"]).is_err());
    assert!(split(&["runner-gpu", "--device"]).is_err());
}
