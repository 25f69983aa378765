//! The engine contract: what a crate brings that computes models.
//!
//! A runner is this library and one [`Engine`]. An engine reads ONNX files; a [`Model`] answers with named tensors
//! and may be called from many threads at once.

mod tensor;

use std::path::Path;

pub use tensor::{Data, Element, Tensor};

/// Loads models.
pub trait Engine: Send + Sync + 'static {
    /// The name that a manifest asks for, such as `tract`.
    fn name(&self) -> &'static str;

    /// Reads and optimises a model.
    ///
    /// # Errors
    /// What in the file the engine cannot compute, with operator and node where they are known.
    fn load(&self, onnx: &Path) -> Result<Box<dyn Model>, EngineError>;
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

/// What an engine could not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineError {
    /// The engine's words.
    pub message: String,
    /// The ONNX operator that it stumbled over.
    pub operator: Option<String>,
    /// The name of that operator's node in the file.
    pub node: Option<String>,
}

impl EngineError {
    /// An error that is not about a single node.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), operator: None, node: None }
    }
}

impl std::error::Error for EngineError {}

impl std::fmt::Display for EngineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.operator, &self.node) {
            (Some(operator), Some(node)) => write!(f, "operator {operator} (node “{node}”): {}", self.message),
            (Some(operator), None) => write!(f, "operator {operator}: {}", self.message),
            (None, Some(node)) => write!(f, "node “{node}”: {}", self.message),
            (None, None) => f.write_str(&self.message),
        }
    }
}
