//! What an ONNX file says of itself.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::Path,
};

use anyhow::{Context, bail};
use serde::Serialize;
use tract_onnx::{
    pb::{
        GraphProto, NodeProto, TensorProto, ValueInfoProto, tensor_proto::DataType, tensor_shape_proto::dimension,
        type_proto,
    },
    prelude::Framework,
};

use super::preamble::{Preamble, preamble};

/// The parts of a file that people and proposals look at.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Graph {
    /// Bytes of the file.
    pub(crate) file_bytes: u64,
    /// Versions of the operator sets, by domain; ONNX's own is `ai.onnx`.
    pub(crate) opset: BTreeMap<String, i64>,
    /// The program that wrote it.
    pub(crate) producer: String,
    /// What it takes.
    pub(crate) inputs: Vec<Port>,
    /// What it answers.
    pub(crate) outputs: Vec<Port>,
    /// How many nodes of each operator.
    pub(crate) operators: BTreeMap<String, usize>,
    /// Numbers in its weights.
    pub(crate) parameters: u64,
    /// How many of them are of which type.
    pub(crate) weights: BTreeMap<String, u64>,
    /// What the exporter wrote beside it.
    pub(crate) metadata: BTreeMap<String, String>,
    /// What the first convolution says of the scale of its input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_layer: Option<FirstLayer>,
    /// What is done with the input before that.
    pub(crate) preamble: Preamble,
}

/// How strongly the first convolution answers to its input. All are medians over its filters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct FirstLayer {
    /// How far white noise of deviation 1 moves a filter: the root of the sum of its squared weights.
    pub(crate) gain: f64,
    /// How far the filters were moved in training, as their biases or the normalisation behind them tell; as far as an
    /// ordinary photo moves them, if it comes on the scale of the training.
    pub(crate) moved: f64,
}

/// An input or output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Port {
    pub(crate) name: String,
    /// The type of its elements.
    pub(crate) element: String,
    /// Its sides; 0 is open.
    pub(crate) shape: Vec<u64>,
    /// The last operator that changes its numbers; for an output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
}

impl Graph {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is no ONNX model.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let file_bytes = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
        let no_model = || format!("{} is not an ONNX model", path.display());
        if file_bytes == 0 {
            bail!("{}: it is empty", no_model());
        }
        let model = tract_onnx::onnx()
            .proto_model_for_path(path)
            .map_err(|error| anyhow::anyhow!("{} ({})", no_model(), error.root_cause()))?;
        let graph = model.graph.as_ref().with_context(|| format!("{}: it holds no graph", no_model()))?;
        let weights: HashMap<&str, &TensorProto> =
            graph.initializer.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        let made: HashMap<&str, &NodeProto> =
            graph.node.iter().flat_map(|node| node.output.iter().map(move |output| (output.as_str(), node))).collect();
        let mut operators = BTreeMap::new();
        for node in &graph.node {
            *operators.entry(node.op_type.clone()).or_default() += 1;
        }
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        for tensor in &graph.initializer {
            *kinds.entry(type_name(tensor.data_type)).or_default() += count(tensor);
        }
        let domain = |domain: &str| if domain.is_empty() { "ai.onnx".to_owned() } else { domain.to_owned() };
        Ok(Self {
            file_bytes,
            opset: model.opset_import.iter().map(|set| (domain(&set.domain), set.version)).collect(),
            producer: format!("{} {}", model.producer_name, model.producer_version).trim().to_owned(),
            // Old files list weights among the inputs.
            inputs: graph
                .input
                .iter()
                .filter(|input| !weights.contains_key(input.name.as_str()))
                .map(|input| port(input, None))
                .collect(),
            outputs: graph.output.iter().map(|output| port(output, origin(&output.name, &made))).collect(),
            operators,
            parameters: kinds.values().sum(),
            weights: kinds,
            metadata: model.metadata_props.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect(),
            first_layer: first_layer(graph, &weights),
            preamble: preamble(graph, &weights),
        })
    }
}

impl Port {
    /// Its shape as people write it.
    pub(crate) fn shown(&self) -> String {
        let sides = self.shape.iter().map(|&side| if side == 0 { "?".to_owned() } else { side.to_string() });
        format!("{} [{}]", self.element, sides.collect::<Vec<_>>().join(", "))
    }
}

fn port(info: &ValueInfoProto, from: Option<String>) -> Port {
    let tensor = info.r#type.as_ref().and_then(|kind| kind.value.as_ref()).map(|type_proto::Value::TensorType(t)| t);
    let sides = tensor.and_then(|tensor| tensor.shape.as_ref()).map(|shape| shape.dim.as_slice()).unwrap_or_default();
    let shape = sides.iter().map(|side| match &side.value {
        Some(dimension::Value::DimValue(side)) => u64::try_from(*side).unwrap_or(0),
        Some(dimension::Value::DimParam(_)) | None => 0,
    });
    let element = tensor.map_or_else(|| "unknown".to_owned(), |tensor| type_name(tensor.elem_type));
    Port { name: info.name.clone(), element, shape: shape.collect(), from }
}

/// Operators that give numbers another place, or put more of the same between them.
const MOVES: [&str; 10] =
    ["Cast", "Flatten", "Identity", "Reshape", "Resize", "Slice", "Squeeze", "Transpose", "Unsqueeze", "Upsample"];

/// The operator behind an output, past those that only move its numbers.
fn origin(output: &str, made: &HashMap<&str, &NodeProto>) -> Option<String> {
    let mut node = *made.get(output)?;
    while MOVES.contains(&node.op_type.as_str()) {
        match node.input.first().and_then(|input| made.get(input.as_str())) {
            Some(before) => node = before,
            None => break,
        }
    }
    Some(node.op_type.clone())
}

fn type_name(data_type: i32) -> String {
    let name = match data_type {
        n if n == DataType::Float as i32 => "float32",
        n if n == DataType::Float16 as i32 => "float16",
        n if n == DataType::Double as i32 => "float64",
        n if n == DataType::Uint8 as i32 => "uint8",
        n if n == DataType::Int8 as i32 => "int8",
        n if n == DataType::Int32 as i32 => "int32",
        n if n == DataType::Int64 as i32 => "int64",
        n if n == DataType::Bool as i32 => "bool",
        other => return format!("type {other}"),
    };
    name.to_owned()
}

fn count(tensor: &TensorProto) -> u64 {
    tensor.dims.iter().map(|&side| u64::try_from(side).unwrap_or(0)).product()
}

/// The first convolution that the input goes through.
fn first_layer(graph: &GraphProto, weights: &HashMap<&str, &TensorProto>) -> Option<FirstLayer> {
    let input = graph.input.iter().find(|input| !weights.contains_key(input.name.as_str()))?;
    let mut reached = HashSet::from([input.name.as_str()]);
    for node in &graph.node {
        if !node.input.iter().any(|name| reached.contains(name.as_str())) {
            continue;
        }
        if node.op_type == "Conv" {
            return answers(graph, node, weights);
        }
        // What changes the scale before it makes the weights say nothing about the photo's own.
        if matches!(node.op_type.as_str(), "Sub" | "Div" | "Mul" | "Add" | "BatchNormalization") {
            return None;
        }
        reached.extend(node.output.iter().map(String::as_str));
    }
    None
}

/// Nothing, if the layer has neither biases to speak of nor a normalisation behind it.
fn answers(graph: &GraphProto, node: &NodeProto, weights: &HashMap<&str, &TensorProto>) -> Option<FirstLayer> {
    /// Biases that are smaller than this part of the gain were never learned.
    const LEARNED: f64 = 0.05;
    let parameter =
        |node: &NodeProto, index: usize| weights.get(node.input.get(index)?.as_str()).and_then(|t| floats(t));
    let filters = weights.get(node.input.get(1)?.as_str())?.dims.first().copied()?;
    let weight = parameter(node, 1)?;
    let size = weight.len().checked_div(usize::try_from(filters).ok()?)?.max(1);
    let gain = median(
        weight.chunks_exact(size).map(|filter| filter.iter().map(|weight| weight * weight).sum::<f64>().sqrt()),
    )?;
    let bias = parameter(node, 2).and_then(|bias| median(bias.into_iter().map(f64::abs)));
    let moved = bias.filter(|bias| *bias > LEARNED * gain).or_else(|| {
        let is_next =
            |next: &&NodeProto| next.op_type == "BatchNormalization" && next.input.first() == node.output.first();
        let variance = parameter(graph.node.iter().find(is_next)?, 4)?;
        median(variance.into_iter().map(|variance| variance.abs().sqrt()))
    })?;
    (gain > 0.0 && moved > 0.0).then_some(FirstLayer { gain, moved })
}

fn floats(tensor: &TensorProto) -> Option<Vec<f64>> {
    if tensor.data_type != DataType::Float as i32 {
        return None;
    }
    Some(match tensor.raw_data.is_empty() {
        true => tensor.float_data.iter().copied().map(f64::from).collect(),
        false => tensor.raw_data.as_chunks().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect(),
    })
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
