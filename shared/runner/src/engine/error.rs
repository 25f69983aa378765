//! What an engine says when it cannot.

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
