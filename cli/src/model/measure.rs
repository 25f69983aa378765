//! How an engine takes a model: tried in a process of its own, which may die of it, and whose memory is the model's.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::ValueEnum;
use runner_gpu::{Device, OnnxRuntime};
use serde::{Deserialize, Serialize};
use vision_runner::{
    engine::{self, Engine, Tensor},
    supervisor::WORKER_ENVIRONMENT,
};

/// What stands for a side that the model leaves open, as when a runner proves a package.
const OPEN_SIDE: usize = 224;
/// How long is measured, and how often at most.
const WINDOW: Duration = Duration::from_secs(2);
const MOST_TIMES: usize = 50;

/// The engines of our runners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    Tract,
    Onnxruntime,
}

/// How an engine took a model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub(crate) enum Measurement {
    /// It computes.
    Computes(Measured),
    /// It does not.
    Refuses {
        /// Why, with operator and node where they are known.
        why: String,
    },
    /// The engine is not on this machine.
    Missing {
        /// What to install.
        why: String,
    },
}

/// What an engine says of a model that it computes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Seconds until it could compute.
    pub(crate) load_seconds: f64,
    /// Milliseconds of one inference on zeros, the median of several.
    pub(crate) inference_ms: f64,
    /// How many that were.
    pub(crate) inferences: usize,
    /// Highest memory of the process, without what it took before.
    pub(crate) memory_bytes: u64,
    /// What came out of zeros.
    pub(crate) outputs: Vec<(String, Vec<u64>)>,
    /// Remarks of the engine.
    pub(crate) remarks: Vec<String>,
}

/// Tries a model out in a process of its own, with a worker's environment. `frame` is what stands for an open height and width.
///
/// # Errors
/// When that process cannot be started.
pub(crate) fn measure(which: Which, model: &Path, frame: Option<(u32, u32)>) -> anyhow::Result<Measurement> {
    let mut command = Command::new(std::env::current_exe().context("this program cannot be found again")?);
    command.arg("measure-model").arg(which.argument()).arg(model).envs(WORKER_ENVIRONMENT);
    if let Some((width, height)) = frame {
        command.args(["--width", &width.to_string(), "--height", &height.to_string()]);
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::piped()).output().context("the engine cannot be tried")?;
    if output.status.success() {
        return serde_json::from_slice(&output.stdout).context("the engine cannot be tried");
    }
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let why = format!("the process that tried it ended with {}: {words}", output.status);
    Ok(Measurement::Refuses { why: why.trim_end_matches([':', ' ']).to_owned() })
}

/// The other end of [`measure`].
pub(crate) fn compute(which: Which, path: &Path, frame: Option<(u32, u32)>) -> Measurement {
    let engine: Arc<dyn Engine> = match which {
        Which::Tract => Arc::new(runner_tract::TractEngine),
        Which::Onnxruntime => match OnnxRuntime::start(Device::Cpu) {
            Ok(engine) => Arc::new(engine),
            Err(error) => return Measurement::Missing { why: error.to_string() },
        },
    };
    match computed(&*engine, path, frame) {
        Ok(measured) => Measurement::Computes(measured),
        Err(error) => Measurement::Refuses { why: format!("{error:#}") },
    }
}

fn computed(engine: &dyn Engine, path: &Path, frame: Option<(u32, u32)>) -> anyhow::Result<Measured> {
    let before = memory("VmRSS:");
    let begun = Instant::now();
    let model = engine.load(path)?;
    let zeros = model
        .inputs()
        .iter()
        .map(|port| Ok((port.name.clone(), Tensor::zeros(closed(port, frame), port.element)?)))
        .collect::<Result<Vec<_>, String>>()
        .map_err(anyhow::Error::msg)?;
    let answers = model.infer(zeros.clone())?;
    let load_seconds = begun.elapsed().as_secs_f64();
    let outputs = answers
        .iter()
        .map(|(name, tensor)| (name.clone(), tensor.shape().iter().map(|&side| side as u64).collect()))
        .collect();
    let mut times = Vec::new();
    let begun = Instant::now();
    while times.is_empty() || times.len() < MOST_TIMES && begun.elapsed() < WINDOW {
        let (input, began) = (zeros.clone(), Instant::now());
        model.infer(input)?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    if times.is_empty() {
        bail!("nothing was measured");
    }
    Ok(Measured {
        load_seconds,
        inference_ms: times[times.len() / 2].as_secs_f64() * 1e3,
        inferences: times.len(),
        memory_bytes: memory("VmHWM:").saturating_sub(before),
        outputs,
        remarks: model.remarks().to_vec(),
    })
}

/// The shape with something for each side that is open.
pub(super) fn closed(port: &engine::Port, frame: Option<(u32, u32)>) -> Vec<usize> {
    let (width, height) = frame.map_or((OPEN_SIDE, OPEN_SIDE), |(width, height)| (width as usize, height as usize));
    let guesses = match port.shape.len() {
        4 if matches!(port.shape.last(), Some(1 | 3)) => vec![1, height, width, 3],
        4 => vec![1, 3, height, width],
        sides => vec![1; sides],
    };
    port.shape.iter().zip(guesses).map(|(&side, guess)| if side == 0 { guess } else { side }).collect()
}

/// Bytes of this process; Linux tells them in kibibytes.
fn memory(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kibibytes| kibibytes.parse::<u64>().ok()).unwrap_or(0) << 10
}

impl Which {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::Tract, Self::Onnxruntime];

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tract => "tract",
            Self::Onnxruntime => "ONNX Runtime",
        }
    }

    fn argument(self) -> &'static str {
        match self {
            Self::Tract => "tract",
            Self::Onnxruntime => "onnxruntime",
        }
    }
}
