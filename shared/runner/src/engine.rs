//! The engine contract: what a crate brings that computes models.
//!
//! A runner is this library and one [`Engine`]. An engine reads ONNX files; a [`Model`] answers with named tensors
//! and may be called from many threads at once. Runs that wait for the same model are computed together where its
//! inputs and outputs leave their first dimension open; the engine sees them as one call with more items.

mod error;
mod tensor;

use std::path::Path;

use crate::cell::Needs;

pub use error::EngineError;
pub use tensor::{Data, Element, Tensor};

/// Loads models.
pub trait Engine: Send + Sync + 'static {
    /// The name that a manifest asks for, such as `tract`.
    fn name(&self) -> &'static str;

    /// Loads what every model needs, such as a library. Called once in a worker, before its cell closes.
    ///
    /// # Errors
    /// What is missing, and how to get it.
    fn prepare(&self) -> Result<(), EngineError> {
        Ok(())
    }

    /// What a worker's cell leaves open for this engine; nothing by default.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// How many inferences of one model go side by side on that many cores.
    fn instances(&self, cores: usize) -> usize {
        cores.max(1)
    }

    /// Reads and optimises a model.
    ///
    /// # Errors
    /// What in the file the engine cannot compute, with operator and node where they are known.
    fn load(&self, onnx: &Path) -> Result<Box<dyn Model>, EngineError>;

    /// Facts about devices for the supervisor's `/metrics`; asked at every scrape.
    fn device_facts(&self) -> Vec<DeviceFact> {
        Vec::new()
    }
}

/// A loaded model.
pub trait Model: Send + Sync {
    /// Its inputs, in the file's order.
    fn inputs(&self) -> &[Port];

    /// Its outputs, in the file's order.
    fn outputs(&self) -> &[Port];

    /// Computes once. `inputs` holds one tensor per input, by name, in any order; outputs come in the model's order.
    ///
    /// # Errors
    /// Tensors that do not fit the model, or a failure inside it.
    fn infer(&self, inputs: Vec<(String, Tensor)>) -> Result<Vec<(String, Tensor)>, EngineError>;

    /// Bytes of its weights and plans.
    fn memory_bytes(&self) -> u64;

    /// Remarks for the author, for example on weights that compute slowly here.
    fn remarks(&self) -> &[String] {
        &[]
    }
}

/// One input or output of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name in the file.
    pub name: String,
    /// Its shape; a dimension that the model leaves open is 0.
    pub shape: Vec<usize>,
    /// The type of its elements.
    pub element: Element,
}

/// One figure of a device, in base units.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceFact {
    /// The metric's name, such as `vision_gpu_memory_used_bytes`.
    pub name: &'static str,
    /// Labels, such as `("device", "0")`.
    pub labels: Vec<(&'static str, String)>,
    /// The figure.
    pub value: f64,
}
