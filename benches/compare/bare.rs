//! What nothing around a model can be faster than: the engine's call, and the decoding of the photo.

use std::{
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use runner_gpu::{Device, OnnxRuntime};
use vision_runner::engine::{Engine, Tensor};

const TIMES: usize = 60;

/// ONNX Runtime on the processor.
pub(crate) fn onnx_runtime() -> Result<OnnxRuntime> {
    Ok(OnnxRuntime::start(Device::Cpu)?)
}

/// Times of one inference on one thread.
pub(crate) fn infer(engine: &(impl Engine + ?Sized), file: &Path, input: &Tensor) -> Result<Vec<Duration>> {
    let model = engine.load(file)?;
    let port = model.inputs().first().context("a model without an input")?;
    let named = || vec![(port.name.clone(), input.clone())];
    for _ in 0..10 {
        model.infer(named())?;
    }
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let input = named();
        let begun = Instant::now();
        black_box(model.infer(input)?);
        times.push(begun.elapsed());
    }
    Ok(times)
}

/// Times of decoding the photo in full.
pub(crate) fn decode(photo: &[u8]) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        black_box(image::load_from_memory(photo)?.into_rgb8());
        times.push(begun.elapsed());
    }
    Ok(times)
}
