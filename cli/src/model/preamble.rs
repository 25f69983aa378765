//! What a graph does with a photo before its first layer.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};

/// What a graph does with its input before the first layer, which nobody has to do outside any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Preamble {
    /// Whether it brings the numbers onto a scale of its own, so that it takes pixels as they are.
    pub(crate) scales: bool,
    /// Whether it turns the channels round, so that it takes them in the other order than it was trained in.
    pub(crate) turns: bool,
}

/// Looks at the nodes between the input and the first layer.
pub(super) fn preamble(graph: &GraphProto, weights: &HashMap<&str, &TensorProto>) -> Preamble {
    let mut found = Preamble::default();
    let Some(input) = graph.input.iter().find(|input| !weights.contains_key(input.name.as_str())) else { return found };
    let mut reached = HashSet::from([input.name.as_str()]);
    let mut split: Option<&NodeProto> = None;
    for node in &graph.node {
        if !node.input.iter().any(|name| reached.contains(name.as_str())) {
            continue;
        }
        match node.op_type.as_str() {
            "Conv" | "ConvInteger" | "QLinearConv" | "Gemm" | "MatMul" => break,
            "Sub" | "Div" | "Mul" | "Add" | "BatchNormalization" | "InstanceNormalization" => found.scales = true,
            "Split" => split = Some(node),
            "Concat" => found.turns |= split.is_some_and(|split| are_turned(split, node)),
            "Gather" => {
                let order = node.input.get(1).and_then(|name| weights.get(name.as_str()));
                found.turns |= order.is_some_and(|order| whole_numbers(order) == [2, 1, 0]);
            }
            _ => {}
        }
        reached.extend(node.output.iter().map(String::as_str));
    }
    found
}

/// Whether what was split into three is put together the other way round.
fn are_turned(split: &NodeProto, concat: &NodeProto) -> bool {
    split.output.len() == 3 && split.output.iter().rev().eq(concat.input.iter())
}

fn whole_numbers(tensor: &TensorProto) -> Vec<i64> {
    if tensor.raw_data.is_empty() {
        return tensor.int64_data.clone();
    }
    tensor.raw_data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect()
}

#[cfg(test)]
mod tests {
    use tract_onnx::pb::ValueInfoProto;

    use super::*;

    /// What a row of nodes does, each named by its operator, its inputs and its outputs.
    fn of(nodes: &[(&str, &[&str], &[&str])]) -> Preamble {
        let texts = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let node = |(operator, inputs, outputs): &(&str, &[&str], &[&str])| NodeProto {
            op_type: (*operator).to_owned(),
            input: texts(inputs),
            output: texts(outputs),
            ..NodeProto::default()
        };
        let graph = GraphProto {
            node: nodes.iter().map(node).collect(),
            input: vec![ValueInfoProto { name: "photo".to_owned(), ..ValueInfoProto::default() }],
            ..GraphProto::default()
        };
        preamble(&graph, &HashMap::new())
    }

    #[test]
    fn only_what_stands_before_the_first_layer_counts() {
        let scaled: [(&str, &[&str], &[&str]); 3] =
            [("Sub", &["photo", "mean"], &["a"]), ("Div", &["a", "std"], &["b"]), ("Conv", &["b", "w"], &["c"])];
        assert_eq!(of(&scaled), Preamble { scales: true, turns: false });
        assert_eq!(of(&[("Conv", &["photo", "w"], &["a"]), ("Mul", &["a", "two"], &["b"])]), Preamble::default());
        // Of another branch.
        assert_eq!(of(&[("Mul", &["x", "y"], &["z"]), ("Conv", &["photo", "w"], &["a"])]), Preamble::default());
    }

    #[test]
    fn channels_that_are_put_together_the_other_way_round_are_turned() {
        let turned = |order: &[&str]| of(&[("Split", &["photo"], &["r", "g", "b"]), ("Concat", order, &["x"])]).turns;
        assert!(turned(&["b", "g", "r"]));
        assert!(!turned(&["r", "g", "b"]));
    }
}
