//! The engine: ONNX Runtime through the crate `ort`, its library loaded at start.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ort::{
    environment::Environment,
    ep::{CUDA, ExecutionProviderDispatch, TensorRT},
    session::{Session, SessionInputValue, builder::SessionBuilder},
    value::{DynValue, Outlet, Tensor as OrtTensor, TensorElementType, ValueType},
};
use vision_runner::engine::{Data, Element, Engine, EngineError, Model, Port, Tensor};

use crate::device::Device;

/// Where the library is looked for when `ORT_DYLIB_PATH` names no file: the system's loader finds it.
const SYSTEM_LIBRARY: &str = "libonnxruntime.so";

/// ONNX Runtime on one device.
pub struct OnnxRuntime {
    environment: Environment,
    device: Device,
}

/// Why the engine cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The library is not there, or too old.
    #[error(
        "ONNX Runtime cannot be loaded from {}: {message}. Install it (for example `pip install onnxruntime-gpu`) and \
         set ORT_DYLIB_PATH to its libonnxruntime.so", path.display()
    )]
    Library {
        /// Where it was looked for.
        path: PathBuf,
        /// The loader's words.
        message: String,
    },
    /// The library is there, the device is not.
    #[error(
        "the device {device} cannot be used: {message}. Install the driver, CUDA, cuDNN (and TensorRT) that this \
         onnxruntime-gpu asks for, or start with --device cpu"
    )]
    Device {
        /// The device that was asked for.
        device: Device,
        /// ONNX Runtime's words.
        message: String,
    },
}

impl OnnxRuntime {
    /// Loads the library and makes sure that the device is there.
    ///
    /// # Errors
    /// What is missing, and what to install.
    pub fn start(device: Device) -> Result<Self, StartError> {
        let path = std::env::var_os("ORT_DYLIB_PATH").map_or_else(|| PathBuf::from(SYSTEM_LIBRARY), PathBuf::from);
        let library_error = |message: String| StartError::Library { path: path.clone(), message };
        let environment = ort::init_from(&path)
            .map_err(|error| library_error(error.to_string()))?
            .with_telemetry(false)
            .build()
            .map_err(|error| library_error(error.to_string()))?;
        let engine = Self { environment, device };
        engine.builder().map_err(|error| StartError::Device { device, message: error.to_string() })?;
        Ok(engine)
    }

    fn builder(&self) -> ort::Result<SessionBuilder> {
        let providers: Vec<ExecutionProviderDispatch> = match self.device {
            Device::Cpu => Vec::new(),
            Device::Cuda(number) => vec![CUDA::default().with_device_id(number).build().error_on_failure()],
            Device::TensorRt(number) => vec![
                TensorRT::default().with_device_id(number).build().error_on_failure(),
                CUDA::default().with_device_id(number).build().error_on_failure(),
            ],
        };
        // Runs go side by side, one thread each: splitting one over the cores makes all of them slower.
        let builder =
            Session::builder(&self.environment)?.with_intra_threads(1)?.with_execution_providers(providers)?;
        Ok(builder)
    }
}

impl Engine for OnnxRuntime {
    fn name(&self) -> &'static str {
        "onnxruntime"
    }

    fn load(&self, onnx: &Path) -> Result<Box<dyn Model>, EngineError> {
        let memory_bytes = std::fs::metadata(onnx).map(|m| m.len()).unwrap_or_default();
        let session = self.builder().and_then(|mut builder| builder.commit_from_file(onnx)).map_err(engine_error)?;
        let inputs = session.inputs().iter().map(port).collect::<Result<_, _>>()?;
        let outputs = session.outputs().iter().map(port).collect::<Result<_, _>>()?;
        Ok(Box::new(OrtModel { session: Mutex::new(session), inputs, outputs, memory_bytes }))
    }
}

struct OrtModel {
    session: Mutex<Session>,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    memory_bytes: u64,
}

impl Model for OrtModel {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn infer(&self, inputs: Vec<(String, Tensor)>) -> Result<Vec<(String, Tensor)>, EngineError> {
        let inputs = inputs
            .into_iter()
            .map(|(name, tensor)| Ok((name, to_ort(&tensor).map_err(engine_error)?)))
            .collect::<Result<Vec<(String, SessionInputValue<'static>)>, EngineError>>()?;
        // A session that panicked in another thread is still whole: ONNX Runtime keeps no state between runs.
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session.run(inputs).map_err(engine_error)?;
        self.outputs
            .iter()
            .map(|port| {
                let value = outputs.get(&port.name).ok_or_else(|| missing(port))?;
                Ok((port.name.clone(), from_ort(value)?))
            })
            .collect()
    }

    fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }
}

fn missing(port: &Port) -> EngineError {
    EngineError::new(format!("the model did not answer with its output “{}”", port.name))
}

#[expect(clippy::needless_pass_by_value, reason = "this is what map_err hands over")]
fn engine_error(error: ort::Error) -> EngineError {
    EngineError::new(error.to_string())
}

fn port(outlet: &Outlet) -> Result<Port, EngineError> {
    let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
        return Err(EngineError::new(format!("“{}” is not a tensor", outlet.name())));
    };
    let element = element(*ty).ok_or_else(|| {
        EngineError::new(format!("“{}” has elements of type {ty}, which glue cannot hold", outlet.name()))
    })?;
    let shape = shape.iter().map(|&dimension| usize::try_from(dimension).unwrap_or(0)).collect();
    Ok(Port { name: outlet.name().to_owned(), shape, element })
}

fn element(kind: TensorElementType) -> Option<Element> {
    match kind {
        TensorElementType::Float32 => Some(Element::Float32),
        TensorElementType::Uint8 => Some(Element::Uint8),
        TensorElementType::Int32 => Some(Element::Int32),
        TensorElementType::Int64 => Some(Element::Int64),
        _ => None,
    }
}

fn to_ort(tensor: &Tensor) -> ort::Result<SessionInputValue<'static>> {
    let shape: Vec<i64> = tensor.shape().iter().map(|&n| i64::try_from(n).unwrap_or(i64::MAX)).collect();
    Ok(match tensor.data() {
        Data::Float32(data) => OrtTensor::from_array((shape, data.clone()))?.into(),
        Data::Uint8(data) => OrtTensor::from_array((shape, data.clone()))?.into(),
        Data::Int32(data) => OrtTensor::from_array((shape, data.clone()))?.into(),
        Data::Int64(data) => OrtTensor::from_array((shape, data.clone()))?.into(),
    })
}

fn from_ort(value: &DynValue) -> Result<Tensor, EngineError> {
    let ValueType::Tensor { ty, .. } = value.dtype() else {
        return Err(EngineError::new("an output is not a tensor"));
    };
    let (shape, data) = match ty {
        TensorElementType::Uint8 => extract(value, Data::Uint8),
        TensorElementType::Int32 => extract(value, Data::Int32),
        TensorElementType::Int64 => extract(value, Data::Int64),
        _ => extract(value, Data::Float32),
    }?;
    Tensor::new(shape, data).map_err(EngineError::new)
}

fn extract<T: ort::value::PrimitiveTensorElementType + Clone>(
    value: &DynValue,
    wrap: fn(Vec<T>) -> Data,
) -> Result<(Vec<usize>, Data), EngineError> {
    let (shape, data) = value.try_extract_tensor::<T>().map_err(engine_error)?;
    let shape = shape.iter().map(|&n| usize::try_from(n).unwrap_or(0)).collect();
    Ok((shape, wrap(data.to_vec())))
}
