//! What nothing around a model can be faster than: the engine's call, and the decoding of the photo.

use std::{hint::black_box, path::Path, time::Instant};

use anyhow::{Result, anyhow};
use runner_gpu::{Device, OnnxRuntime};
use vision_runner::engine::{Engine, Tensor};

use crate::common::figures::Figures;

const TIMES: usize = 60;

/// ONNX Runtime on the processor.
pub(crate) fn onnx_runtime() -> Result<OnnxRuntime> {
    Ok(OnnxRuntime::start(Device::Cpu)?)
}

/// Times of one inference on one thread.
pub(crate) fn infer(engine: &impl Engine, file: &Path) -> Result<Figures> {
    let model = engine.load(file)?;
    let zeros = model.inputs().iter().map(|port| {
        let shape: Vec<usize> = port.shape.iter().map(|&side| side.max(1)).collect();
        Ok((port.name.clone(), Tensor::zeros(shape, port.element)?))
    });
    let zeros = zeros.collect::<Result<Vec<_>, String>>().map_err(|message| anyhow!(message))?;
    for _ in 0..10 {
        model.infer(zeros.clone())?;
    }
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let input = zeros.clone();
        let begun = Instant::now();
        black_box(model.infer(input)?);
        times.push(begun.elapsed());
    }
    Ok(Figures::new(times))
}

/// Times of decoding the photo in full.
pub(crate) fn decode(photo: &[u8]) -> Result<Figures> {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        black_box(image::load_from_memory(photo)?.into_rgb8());
        times.push(begun.elapsed());
    }
    Ok(Figures::new(times))
}
