#![doc = include_str!("../README.md")]

mod device;
mod engine;
mod facts;
mod library;
mod options;
mod setup;

use std::{
    ffi::OsString,
    process::{self, ExitCode, Stdio},
    sync::Arc,
};

use anyhow::{Context, bail};
use vision_runner::{
    engine::Engine,
    program::{self, Role, Variant},
};

pub use device::{Device, ParseDeviceError};
pub use engine::{OnnxRuntime, Settings, StartError};
pub use library::{LibraryError, Places, find};

use options::{Command, Options};

/// Runs the program. `arguments` begins with its name; `prefix` is what leads to it on the command line of a larger
/// program that it is a part of.
pub fn main(arguments: Vec<OsString>, prefix: Vec<OsString>) -> ExitCode {
    program::run_variant(arguments, prefix.clone(), &RunnerGpu { prefix })
}

struct RunnerGpu {
    prefix: Vec<OsString>,
}

impl Variant for RunnerGpu {
    type Options = Options;
    type Command = Command;

    fn engine(&self, options: &Options, role: Role) -> anyhow::Result<Arc<dyn Engine>> {
        let settings = options.settings()?;
        if role == Role::Supervisor {
            probe(&self.prefix, &options.arguments(&settings.library))?;
        }
        Ok(Arc::new(OnnxRuntime::new(settings)))
    }

    fn worker_args(&self, options: &Options) -> Vec<OsString> {
        // It was found a moment ago, when the engine was made.
        options.settings().map(|settings| options.arguments(&settings.library)).unwrap_or_default()
    }

    fn command(&self, command: Command) -> anyhow::Result<()> {
        match command {
            Command::Setup(options) => setup::setup(&options, &self.prefix),
            Command::Probe(options) => Ok(OnnxRuntime::new(options.settings()?).probe()?),
        }
    }
}

/// Tries the device out in a process of its own: the supervisor stays without ONNX Runtime, its threads and what a GPU
/// sets aside for each process.
pub(crate) fn probe(prefix: &[OsString], arguments: &[OsString]) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("this program cannot be found again")?;
    let mut probe = process::Command::new(program);
    probe.args(prefix).arg("probe").args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    probe.env(library::SILENCE.0, library::SILENCE.1);
    let output = probe.output().context("the device cannot be tried out")?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    match words.trim().strip_prefix("error: ") {
        Some(words) => bail!("{words}"),
        None => bail!("trying the device out ended with {}: {}", output.status, words.trim()),
    }
}
