//! The engine: ONNX Runtime through the crate `ort`, its library loaded at start.

mod convert;
mod diagnosis;
mod model;
mod onnx;

use std::{
    fs,
    path::{Path, PathBuf},
};

use ort::{
    environment::Environment,
    ep::{ArenaExtendStrategy, CUDA, ExecutionProviderDispatch, TensorRT, cuda::ConvAlgorithmSearch},
    logging::LogLevel,
    session::{
        Session,
        builder::{AutoDevicePolicy, GraphOptimizationLevel, SessionBuilder},
    },
};
use vision_runner::{
    cell::Needs,
    engine::{Data, DeviceFact, Engine, EngineError, Model, Tensor},
};

use crate::{
    device::Device,
    facts,
    library::{self, LibraryError, Places},
};
use model::OrtModel;
use onnx::Content;

/// What one worker's models may take of a GPU's memory unless an operator says otherwise.
pub(crate) const GPU_MEMORY_BYTES: u64 = 2 << 30;

/// ONNX Runtime on one device.
#[derive(Clone, Debug)]
pub struct OnnxRuntime {
    settings: Settings,
}

/// How models are computed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// On what.
    pub device: Device,
    /// ONNX Runtime's library, or its name for the system's loader.
    pub library: PathBuf,
    /// Bytes of GPU memory that the models of one process may take.
    pub gpu_memory_bytes: u64,
}

impl OnnxRuntime {
    /// An engine that has loaded nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// An engine that is ready, its library found where the program would find it without being told.
    ///
    /// # Errors
    /// When there is no library.
    pub fn start(device: Device) -> Result<Self, StartError> {
        let library = library::find(&Places::of_environment())?;
        library::load(&library, device)?;
        Ok(Self::new(Settings { device, library, gpu_memory_bytes: GPU_MEMORY_BYTES }))
    }

    /// Computes the smallest of models on the device, and on nothing else: then workers can compute, too.
    ///
    /// # Errors
    /// What is missing, and what to install.
    pub fn probe(&self) -> Result<(), StartError> {
        let environment = library::load(&self.settings.library, self.settings.device)?;
        let device = self.settings.device;
        let error =
            |error: ort::Error| StartError::Device { device, message: plain(&diagnosis::explain(&error).message) };
        let mut builder = self.builder(&environment, &Content::default()).map_err(error)?;
        if device.gpu().is_some() {
            builder = builder.with_disable_cpu_fallback().map_err(|failure| error(failure.into()))?;
        }
        let session = builder.commit_from_memory(&onnx::smallest()).map_err(error)?;
        let never = Box::new(|| Err(EngineError::new("one session is enough")));
        let computed = OrtModel::new(session, never, device, 0, &Content::default()).and_then(|model| {
            let one = Tensor::new([1], Data::Float32(vec![1.0])).map_err(EngineError::new)?;
            model.infer(vec![("x".to_owned(), one)])
        });
        let message = match computed {
            Ok(answers) if answers[0].1.floats() == Ok(&[2.0]) => return Ok(()),
            Ok(answers) => format!("it computes 1 + 1 = {:?}", answers[0].1.data()),
            Err(failure) => failure.message,
        };
        Err(StartError::Device { device, message })
    }

    /// A session from a file's bytes, not from its name: then there is no folder in which it could ask for others.
    fn session(&self, bytes: &[u8], content: &Content) -> Result<Session, EngineError> {
        let environment = library::load(&self.settings.library, self.settings.device)
            .map_err(|error| EngineError::new(error.to_string()))?;
        let session = self.builder(&environment, content).and_then(|mut builder| builder.commit_from_memory(bytes));
        session.map_err(|error| diagnosis::explain(&error))
    }

    fn builder(&self, environment: &Environment, content: &Content) -> ort::Result<SessionBuilder> {
        // Runs go side by side, one thread each: splitting one over the cores makes all of them slower. With one
        // thread, a session starts none of its own.
        let builder = Session::builder(environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_intra_op_spinning(false)?
            .with_inter_op_spinning(false)?
            // A pattern is kept for each shape that ever came.
            .with_memory_pattern(!content.open_sides)?
            // Sums of 8-bit products saturate on processors without VNNI, and quantised models answer otherwise there.
            .with_config_entry("session.x64quantprecision", "1")?
            .with_log_level(LogLevel::Fatal)?
            // Otherwise ONNX Runtime picks a device that it likes.
            .with_auto_device(AutoDevicePolicy::PreferCPU)?
            .with_execution_providers(self.providers())?;
        Ok(builder)
    }

    fn providers(&self) -> Vec<ExecutionProviderDispatch> {
        let limit = usize::try_from(self.settings.gpu_memory_bytes).unwrap_or(usize::MAX);
        let cuda = |number| {
            CUDA::default()
                .with_device_id(number)
                .with_memory_limit(limit)
                // Doubling, the default, takes up to twice of what a model needs.
                .with_arena_extend_strategy(ArenaExtendStrategy::SameAsRequested)
                // An exhaustive search takes seconds for each size of batch that comes.
                .with_conv_algorithm_search(ConvAlgorithmSearch::Heuristic)
                .build()
                .error_on_failure()
        };
        match self.settings.device {
            Device::Cpu => Vec::new(),
            Device::Cuda(number) => vec![cuda(number)],
            Device::TensorRt(number) => {
                let tensorrt = TensorRT::default().with_device_id(number).with_max_workspace_size(limit);
                vec![tensorrt.build().error_on_failure(), cuda(number)]
            }
        }
    }
}

/// Why the engine cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no library.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The library is there, the device is not.
    #[error("the device {device} cannot be used: {message}. {}", device.advice())]
    Device {
        /// The device that was asked for.
        device: Device,
        /// ONNX Runtime's words.
        message: String,
    },
}

impl Engine for OnnxRuntime {
    fn name(&self) -> &'static str {
        "onnxruntime"
    }

    fn prepare(&self) -> Result<(), EngineError> {
        let loaded = library::load(&self.settings.library, self.settings.device);
        loaded.map(drop).map_err(|error| EngineError::new(error.to_string()))
    }

    fn needs(&self) -> Needs {
        match self.settings.device.gpu() {
            None => Needs::default(),
            Some(_) => gpu_needs(&self.settings.library),
        }
    }

    /// A GPU computes one batch at a time; more sessions would only divide its memory.
    fn instances(&self, cores: usize) -> usize {
        if self.settings.device.gpu().is_some() { 1 } else { cores.max(1) }
    }

    fn load(&self, onnx: &Path) -> Result<Box<dyn Model>, EngineError> {
        let bytes = read(onnx)?;
        let content = onnx::inspect(&bytes)?;
        let first = self.session(&bytes, &content)?;
        let (engine, file, known) = (self.clone(), onnx.to_owned(), content.clone());
        let make = Box::new(move || engine.session(&read(&file)?, &known));
        let model = OrtModel::new(first, make, self.settings.device, bytes.len() as u64, &content)?;
        Ok(Box::new(model))
    }

    fn device_facts(&self) -> Vec<DeviceFact> {
        if self.settings.device.gpu().is_some() { facts::read() } else { Vec::new() }
    }
}

fn read(onnx: &Path) -> Result<Vec<u8>, EngineError> {
    fs::read(onnx).map_err(|error| EngineError::new(format!("the file cannot be read: {error}")))
}

/// CUDA opens the driver's devices, asks the driver and the system about the GPU, loads libraries late, and reserves
/// address space for all memory there is. The devices are there: the probe outside of a cell made the driver load.
fn gpu_needs(library: &Path) -> Needs {
    let there = |paths: &[&str]| paths.iter().map(PathBuf::from).filter(|path| path.exists()).collect::<Vec<_>>();
    let mut devices = there(&["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-caps"]);
    // The number that CUDA gives a GPU may be another one than the driver's.
    let gpus = fs::read_dir("/dev").into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    devices.extend(gpus.filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("nvidia"));
        name.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    }));
    let mut read = there(&[
        "/proc/cpuinfo",
        "/proc/devices",
        "/proc/driver/nvidia",
        "/proc/meminfo",
        "/proc/modules",
        "/proc/self",
        "/proc/sys/vm",
        "/sys/bus/pci/devices",
        "/sys/devices",
        "/sys/module/nvidia",
        "/etc/ld.so.cache",
        "/etc/nvidia",
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/cuda",
        "/usr/local/nvidia",
        "/usr/share/nvidia",
    ]);
    read.extend(library.parent().filter(|folder| folder.is_absolute()).map(Path::to_owned));
    read.extend(library::cuda_folders(library));
    let extra = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    read.extend(std::env::split_paths(&extra).filter(|folder| folder.is_absolute() && folder.is_dir()));
    Needs { read, devices, unbounded_address_space: true }
}

fn plain(words: &str) -> String {
    words.trim_end_matches(['.', ' ']).to_owned()
}
