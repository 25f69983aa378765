//! Finding the operator and node that an error of tract is about.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use tract_onnx::{
    pb::{GraphProto, NodeProto, TensorProto, tensor_proto::DataLocation},
    prelude::TractError,
};
use vision_runner::engine::EngineError;

/// Most operators that one message lists.
const LISTED: usize = 8;

/// The operators of a file's nodes, by the names that tract gives the nodes.
#[derive(Clone)]
pub(super) struct Diagnosis {
    operators: Arc<HashMap<String, String>>,
}

impl Diagnosis {
    pub(super) fn of(graph: &GraphProto) -> Self {
        let operators = graph.node.iter().map(|node| (node_name(node), node.op_type.clone())).collect();
        Self { operators: Arc::new(operators) }
    }

    /// tract wraps the cause in sentences that quote a node's name; the innermost name that the file knows is taken.
    pub(super) fn explain(&self, error: &TractError) -> EngineError {
        let sentences: Vec<String> = error.chain().map(ToString::to_string).collect();
        let node = sentences.iter().rev().find_map(|sentence| self.node_in(sentence));
        let operator = node.as_ref().and_then(|node| self.operators.get(node)).cloned();
        let message = sentences.last().cloned().unwrap_or_default();
        EngineError { message, operator, node }
    }

    fn node_in(&self, sentence: &str) -> Option<String> {
        let quoted = sentence.split('"').skip(1).step_by(2);
        let built =
            sentence.strip_prefix("Building node ").and_then(|rest| rest.rsplit_once(" (")).map(|(name, _)| name);
        quoted.chain(built).map(|name| self.known(name)).find(Option::is_some).flatten()
    }

    /// Optimised nodes carry the name of their origin with something behind it, such as `conv1.einsum`.
    fn known(&self, name: &str) -> Option<String> {
        let mut part = name;
        loop {
            if self.operators.contains_key(part) {
                return Some(part.to_owned());
            }
            part = part.rsplit_once('.')?.0;
        }
    }
}

/// Refuses a graph that is not complete in itself: tract would say so in words of its own, or not at all.
pub(super) fn incomplete(graph: &GraphProto) -> Result<(), EngineError> {
    let external = |tensor: &&TensorProto| tensor.data_location == Some(DataLocation::External as i32);
    if let Some(tensor) = graph.initializer.iter().find(external) {
        let message = format!(
            "keeps “{}” as external data in another file: save the model as one file, weights and all",
            tensor.name
        );
        return Err(EngineError::new(message));
    }
    if graph.output.is_empty() {
        return Err(EngineError::new("has no outputs, so that there is nothing to compute"));
    }
    let made = graph.node.iter().flat_map(|node| &node.output);
    let given = graph.input.iter().map(|input| &input.name).chain(graph.initializer.iter().map(|tensor| &tensor.name));
    let known: HashSet<&String> = made.chain(given).collect();
    match graph.output.iter().find(|output| !known.contains(&output.name)) {
        Some(output) => Err(EngineError::new(format!("states the output “{}”, which no node computes", output.name))),
        None => Ok(()),
    }
}

/// Refuses a graph that holds operators which the engine has not got.
pub(super) fn unsupported(graph: &GraphProto, known: impl Fn(&str) -> bool + Copy) -> Result<(), EngineError> {
    let mut missing: Vec<&NodeProto> = Vec::new();
    collect(graph, known, &mut missing);
    let Some(first) = missing.first() else { return Ok(()) };
    let mut others: Vec<&str> = Vec::new();
    for node in &missing[1..] {
        if node.op_type != first.op_type && !others.contains(&node.op_type.as_str()) {
            others.push(&node.op_type);
        }
    }
    let mut message = "tract cannot compute this operator".to_owned();
    if !others.is_empty() {
        let more = if others.len() > LISTED { ", …" } else { "" };
        message += &format!(", nor {}{more}", others[..others.len().min(LISTED)].join(", "));
    }
    message += advice(first);
    Err(EngineError { message, operator: Some(qualified(first)), node: Some(node_name(first)) })
}

fn collect<'a>(graph: &'a GraphProto, known: impl Fn(&str) -> bool + Copy, missing: &mut Vec<&'a NodeProto>) {
    for node in &graph.node {
        if !known(&node.op_type) {
            missing.push(node);
        }
        for inner in node.attribute.iter().filter_map(|attribute| attribute.g.as_ref()) {
            collect(inner, known, missing);
        }
    }
}

/// What the command line's `convert` knows how to write otherwise.
fn advice(node: &NodeProto) -> &'static str {
    match node.op_type.as_str() {
        "Upsample" | "ImageScaler" | "Crop" | "Affine" | "Scale" => "; `vision convert` writes it with newer ones",
        "QGemm" | "MatMulIntegerToFloat" | "DynamicQuantizeMatMul" => "; `vision convert` undoes this quantisation",
        name if name.starts_with("QLinear") => "; `vision convert` undoes this quantisation",
        _ => "",
    }
}

fn qualified(node: &NodeProto) -> String {
    match node.domain.as_str() {
        "" | "ai.onnx" => node.op_type.clone(),
        domain => format!("{domain}.{}", node.op_type),
    }
}

/// As tract names it: a node without a name goes by its first output.
pub(super) fn node_name(node: &NodeProto) -> String {
    match node.output.first() {
        _ if !node.name.is_empty() => node.name.clone(),
        Some(output) => output.clone(),
        None => node.op_type.clone(),
    }
}
