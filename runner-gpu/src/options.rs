//! What is on the command line beside that of every runner.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};

use crate::{
    device::Device,
    engine::{GPU_MEMORY_BYTES, Settings},
    library::{self, LibraryError, Places},
    setup::SetupOptions,
};

/// Options of the engine.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// What models are computed on: cuda, cuda:1, tensorrt, tensorrt:1 or cpu.
    #[arg(long, env = "VISION_RUNNER_DEVICE", default_value = "cuda:0")]
    pub(crate) device: Device,
    /// ONNX Runtime's libonnxruntime.so. Without it and --python the environments ./runner-gpu-python and
    /// $VIRTUAL_ENV are looked into, then the system's loader is asked.
    #[arg(long, env = "ORT_DYLIB_PATH", value_name = "FILE")]
    library: Option<PathBuf>,
    /// A Python environment with ONNX Runtime, as `setup --into` makes it.
    #[arg(long, env = "VISION_RUNNER_PYTHON", value_name = "FOLDER")]
    python: Option<PathBuf>,
    /// MiB of GPU memory that the models of one worker may take.
    #[arg(long, env = "VISION_RUNNER_GPU_MEMORY_MIB", default_value_t = GPU_MEMORY_BYTES >> 20)]
    gpu_memory_mib: u64,
}

/// Commands that other runners have not.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Install ONNX Runtime into a Python environment, from PyPI.
    Setup(SetupOptions),
    /// Compute the smallest of models on the device. Started by `serve`.
    #[command(hide = true)]
    Probe(Options),
}

impl Options {
    /// The settings that these options come to.
    pub(crate) fn settings(&self) -> Result<Settings, LibraryError> {
        let (library, python) = (self.library.clone(), self.python.clone());
        let library = library::find(&Places { library, python, ..Places::of_environment() })?;
        Ok(Settings { device: self.device, library, gpu_memory_bytes: self.gpu_memory_mib.saturating_mul(1 << 20) })
    }

    /// The same on another command line, with the library as it was found.
    pub(crate) fn arguments(&self, library: &Path) -> Vec<OsString> {
        vec![
            "--device".into(),
            self.device.to_string().into(),
            "--library".into(),
            library.into(),
            "--gpu-memory-mib".into(),
            self.gpu_memory_mib.to_string().into(),
        ]
    }
}
