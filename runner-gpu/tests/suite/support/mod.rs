//! What the tests of the engine share.

pub(crate) mod rewrite;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use runner_gpu::{Device, OnnxRuntime};
use vision_runner::engine::{Data, Tensor};

/// Says why a test does nothing here; with CI=true that is a failure.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{why}");
    eprintln!("skipped: {why}");
}

/// What the suite computes on: the processor unless VISION_TEST_DEVICE says otherwise.
pub(crate) fn device() -> Device {
    let named = std::env::var("VISION_TEST_DEVICE").unwrap_or_else(|_| "cpu".to_owned());
    named.parse().expect("VISION_TEST_DEVICE names a device")
}

/// The engine, where its library is at hand.
pub(crate) fn engine() -> Option<&'static OnnxRuntime> {
    static ENGINE: OnceLock<Option<OnnxRuntime>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| {
        std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty())?;
        Some(OnnxRuntime::start(device()).expect("ONNX Runtime is loaded"))
    });
    if engine.is_none() {
        skip("ORT_DYLIB_PATH does not name ONNX Runtime's library");
    }
    engine.as_ref()
}

/// The folder of real models.
pub(crate) fn models() -> Option<PathBuf> {
    let folder = std::env::var_os("VISION_TEST_DATA").map(|folder| PathBuf::from(folder).join("models"));
    if folder.is_none() {
        skip("VISION_TEST_DATA does not name a folder of models and images");
    }
    folder
}

/// Numbers between 0 and `most` that look like noise, the same at each call.
pub(crate) fn noise(shape: &[usize], most: f32) -> Tensor {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let count = shape.iter().product::<usize>();
    let numbers = (0..count).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 * most
    });
    Tensor::new(shape, Data::Float32(numbers.collect())).expect("a shape that fits")
}

/// The largest difference, as a share of the largest number that was expected; of 0.01 where all are small.
pub(crate) fn difference(found: &Tensor, expected: &Tensor) -> f32 {
    assert_eq!(found.shape(), expected.shape());
    let (found, expected) = (found.floats().expect("float32"), expected.floats().expect("float32"));
    let largest = |numbers: &mut dyn Iterator<Item = f32>| numbers.fold(0.0, f32::max);
    let apart = largest(&mut found.iter().zip(expected).map(|(a, b)| (a - b).abs()));
    apart / largest(&mut expected.iter().map(|n| n.abs())).max(1e-2)
}

/// The program, without what the machine's environment says to it.
pub(crate) fn command() -> Command {
    // Another machine than the one that built it has it elsewhere.
    let program = std::env::var_os("VISION_TEST_RUNNER_GPU").unwrap_or_else(|| env!("CARGO_BIN_EXE_runner-gpu").into());
    let mut command = Command::new(program);
    for name in [
        "ORT_DISABLE_TELEMETRY",
        "ORT_DYLIB_PATH",
        "VIRTUAL_ENV",
        "VISION_RUNNER_DEVICE",
        "VISION_RUNNER_PYTHON",
        "VISION_RUNNER_TOKEN",
    ] {
        command.env_remove(name);
    }
    command
}

pub(crate) fn output(arguments: &[&str], folder: &Path) -> (Output, String) {
    let output = command().args(arguments).current_dir(folder).output().expect("the program starts");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, words)
}
