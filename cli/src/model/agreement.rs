//! Whether a converted model answers as its original does: tried in a process of its own, which may die of it.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, bail};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use runner_gpu::{Device, OnnxRuntime};
use runner_tract::TractEngine;
use serde::{Deserialize, Serialize};
use vision_runner::{
    engine::{Data, Element, Engine, Model, Port, Tensor},
    supervisor::WORKER_ENVIRONMENT,
};

use super::measure::closed;

/// Where the numbers of a made-up photo end: the customs of pixels.
const ENDS: [f32; 2] = [1.0, 255.0];
/// Numbers smaller than this, in the mean, are as good as nothing: engines compute a sigmoid no closer to 0.
const NOTHING: f64 = 1e-4;
/// What a difference is said to be that is beyond all numbers, which JSON has no word for.
const BEYOND: f64 = 1e9;

/// How alike they answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub(crate) enum Agreement {
    /// Both computed.
    Compared {
        /// The engine that computed the original.
        with: String,
        /// The output that differs most.
        output: String,
        /// How far it differs: the root of the sum of squares of the differences, as part of that of the numbers.
        difference: f64,
    },
    /// The original could not be computed here.
    NotCompared {
        /// Why.
        why: String,
    },
}

/// Compares two models in a process of its own, with a worker's environment. `frame` is what stands for an open height and
/// width.
///
/// # Errors
/// When that process cannot be started.
pub(crate) fn agreement(original: &Path, converted: &Path, frame: Option<(u32, u32)>) -> anyhow::Result<Agreement> {
    let mut command = Command::new(std::env::current_exe().context("this program cannot be found again")?);
    command.arg("compare-models").arg(original).arg(converted).envs(WORKER_ENVIRONMENT);
    if let Some((width, height)) = frame {
        command.args(["--width", &width.to_string(), "--height", &height.to_string()]);
    }
    let output =
        command.stdin(Stdio::null()).stderr(Stdio::piped()).output().context("the models cannot be compared")?;
    if output.status.success() {
        return serde_json::from_slice(&output.stdout).context("the models cannot be compared");
    }
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Ok(Agreement::NotCompared { why: format!("the process that compared them ended with {}: {words}", output.status) })
}

/// The other end of [`agreement`].
pub(crate) fn compare(original: &Path, converted: &Path, frame: Option<(u32, u32)>) -> Agreement {
    let (with, original) = match load_original(original) {
        Ok(loaded) => loaded,
        Err(why) => return Agreement::NotCompared { why },
    };
    match difference(&*original, converted, frame) {
        Ok((output, difference)) => Agreement::Compared { with: with.to_owned(), output, difference },
        Err(error) => Agreement::NotCompared { why: format!("{error:#}") },
    }
}

/// With an engine that has nothing to do with ours, if it is here.
fn load_original(path: &Path) -> Result<(&'static str, Box<dyn Model>), String> {
    let other = match OnnxRuntime::start(Device::Cpu) {
        Ok(engine) => engine.load(path).map_err(|error| format!("ONNX Runtime does not take the original: {error}")),
        Err(_) => Err("there is no ONNX Runtime here to compute the original".to_owned()),
    };
    match (other, TractEngine.load(path)) {
        (Ok(model), _) => Ok(("ONNX Runtime", model)),
        (Err(_), Ok(model)) => Ok(("tract", model)),
        (Err(why), Err(error)) => Err(format!("{why}, and tract does not take it: {error}")),
    }
}

/// The output that differs most, and how far.
fn difference(original: &dyn Model, converted: &Path, frame: Option<(u32, u32)>) -> anyhow::Result<(String, f64)> {
    let converted = TractEngine.load(converted)?;
    let mut random = StdRng::seed_from_u64(1);
    let mut furthest = (String::new(), 0.0);
    for end in ENDS {
        let mut inputs = Vec::new();
        for port in converted.inputs() {
            inputs.push((port.name.clone(), made_up(port, closed(port, frame), end, &mut random)?));
        }
        let (expected, answers) = (original.infer(inputs.clone())?, converted.infer(inputs)?);
        for (name, expected) in &expected {
            let answer = answers.iter().find(|(other, _)| other == name);
            let (_, answer) = answer.with_context(|| format!("the output “{name}” is lost"))?;
            let apart = apart(&numbers(expected), &numbers(answer));
            if furthest.0.is_empty() || apart > furthest.1 {
                furthest = (name.clone(), apart);
            }
        }
    }
    if furthest.0.is_empty() {
        bail!("the original answers nothing");
    }
    Ok(furthest)
}

/// Noise for pictures; what is counted or chosen by number stays 0, which every model has.
fn made_up(port: &Port, shape: Vec<usize>, end: f32, random: &mut StdRng) -> anyhow::Result<Tensor> {
    let zeros = Tensor::zeros(shape.clone(), port.element).map_err(anyhow::Error::msg)?;
    let count: usize = shape.iter().product();
    let data = match port.element {
        Element::Float32 => Data::Float32((0..count).map(|_| random.random_range(0.0..end)).collect()),
        Element::Uint8 => Data::Uint8((0..count).map(|_| random.random()).collect()),
        Element::Int32 | Element::Int64 => return Ok(zeros),
    };
    Tensor::new(shape, data).map_err(anyhow::Error::msg)
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    match tensor.data() {
        Data::Float32(data) => data.iter().copied().map(f64::from).collect(),
        Data::Uint8(data) => data.iter().copied().map(f64::from).collect(),
        Data::Int32(data) => data.iter().copied().map(f64::from).collect(),
        Data::Int64(data) => data.iter().map(|&number| number as f64).collect(),
    }
}

fn apart(expected: &[f64], answer: &[f64]) -> f64 {
    if expected.len() != answer.len() {
        return BEYOND;
    }
    let squares = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|number| number * number).sum::<f64>().sqrt();
    let differences = squares(&mut expected.iter().zip(answer).map(|(expected, answer)| {
        // Where both are no number, or the same infinity, they agree.
        if expected == answer || expected.is_nan() && answer.is_nan() { 0.0 } else { expected - answer }
    }));
    let size = squares(&mut expected.iter().copied().filter(|number| number.is_finite()));
    let apart = if differences == 0.0 { 0.0 } else { differences / size.max(NOTHING * (expected.len() as f64).sqrt()) };
    if apart.is_finite() { apart.min(BEYOND) } else { BEYOND }
}
