//! What is left over once a file was rewritten.

use std::collections::HashSet;

use tract_onnx::pb::{GraphProto, ModelProto};

use super::{
    graph,
    nodes::{each_node, inner, is_onnx},
};

/// The first version of the file format in which a constant need not be listed among the inputs.
const CONSTANTS_APART: i64 = 4;

/// Drops constants that nothing uses any more, and operator sets of which nothing is left.
pub(super) fn tidy(model: &mut ModelProto) {
    let graph = graph(model);
    // A node that only fed dropped ones falls with them.
    let mut before = usize::MAX;
    while graph.node.len() < before {
        before = graph.node.len();
        let used = used(graph);
        graph.node.retain(|node| {
            !matches!(node.op_type.as_str(), "Constant" | "Identity")
                || node.output.iter().any(|name| used.contains(name))
        });
        graph.initializer.retain(|tensor| used.contains(&tensor.name));
    }
    let constants: HashSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    graph.input.retain(|input| !constants.contains(input.name.as_str()));
    graph.quantization_annotation.clear();
    let mut domains = HashSet::new();
    each_node(graph, &mut |node| {
        domains.insert(node.domain.clone());
    });
    model.opset_import.retain(|set| is_onnx(&set.domain) || domains.contains(&set.domain));
    model.ir_version = model.ir_version.max(CONSTANTS_APART);
}

fn used(graph: &GraphProto) -> HashSet<String> {
    fn collect(graph: &GraphProto, names: &mut HashSet<String>) {
        names.extend(graph.output.iter().map(|output| output.name.clone()));
        for node in &graph.node {
            names.extend(node.input.iter().cloned());
            inner(node).for_each(|within| collect(within, names));
        }
    }
    let mut names = HashSet::new();
    collect(graph, &mut names);
    names
}
