//! Nodes and their attributes.

use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, attribute_proto::AttributeType};
use vision_protocol::Fault;

/// Whether a domain is that of ONNX itself.
pub(super) fn is_onnx(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

/// Whether a node is of ONNX's own operators, or of those that ONNX Runtime adds.
pub(super) fn is_known(node: &NodeProto) -> bool {
    is_onnx(&node.domain) || node.domain == "com.microsoft"
}

/// An operator with its domain, where that is not ONNX's own.
pub(super) fn qualified(node: &NodeProto) -> String {
    if is_onnx(&node.domain) { node.op_type.clone() } else { format!("{}.{}", node.domain, node.op_type) }
}

/// What is wrong with a node.
pub(super) fn at(node: &NodeProto, words: impl AsRef<str>) -> Fault {
    Fault::new(format!("operator {} (node “{}”)", qualified(node), label(node)), words.as_ref())
}

/// What a node goes by: its first output, where it has no name.
pub(super) fn label(node: &NodeProto) -> &str {
    match node.output.first() {
        Some(output) if node.name.is_empty() => output,
        _ => &node.name,
    }
}

/// A node of ONNX's own operators.
pub(super) fn made(operator: &str, name: String, inputs: Vec<String>, output: String) -> NodeProto {
    NodeProto { op_type: operator.to_owned(), name, input: inputs, output: vec![output], ..NodeProto::default() }
}

/// The input of that number, if it is there.
pub(super) fn input(node: &NodeProto, index: usize) -> Option<&str> {
    node.input.get(index).map(String::as_str).filter(|name| !name.is_empty())
}

/// The attribute of that name.
pub(super) fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}

/// An integer attribute.
pub(super) fn int_of(node: &NodeProto, name: &str) -> Option<i64> {
    attribute(node, name).map(|attribute| attribute.i)
}

/// A list of integers; empty if the attribute is not there.
pub(super) fn ints_of(node: &NodeProto, name: &str) -> Vec<i64> {
    attribute(node, name).map(|attribute| attribute.ints.clone()).unwrap_or_default()
}

/// A number.
pub(super) fn float_of(node: &NodeProto, name: &str) -> Option<f32> {
    attribute(node, name).map(|attribute| attribute.f)
}

/// A text; empty if the attribute is not there.
pub(super) fn text_of(node: &NodeProto, name: &str) -> String {
    attribute(node, name).map(|attribute| String::from_utf8_lossy(&attribute.s).into_owned()).unwrap_or_default()
}

/// An attribute of one integer.
pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { i: value, ..of_type(name, AttributeType::Int) }
}

/// An attribute of integers.
pub(super) fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { ints: values.to_vec(), ..of_type(name, AttributeType::Ints) }
}

/// An attribute of one number.
pub(super) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { f: value, ..of_type(name, AttributeType::Float) }
}

/// An attribute of text.
pub(super) fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { s: value.as_bytes().to_vec(), ..of_type(name, AttributeType::String) }
}

fn of_type(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: kind as i32, ..AttributeProto::default() }
}

/// The graphs within a node, as loops and branches have them.
pub(super) fn inner(node: &NodeProto) -> impl Iterator<Item = &GraphProto> {
    node.attribute.iter().flat_map(|attribute| attribute.g.iter().chain(&attribute.graphs))
}

/// Every graph, the innermost first.
pub(super) fn each_graph(
    graph: &mut GraphProto,
    work: &mut dyn FnMut(&mut GraphProto) -> Result<(), Fault>,
) -> Result<(), Fault> {
    for attribute in graph.node.iter_mut().flat_map(|node| &mut node.attribute) {
        for within in attribute.g.iter_mut().chain(&mut attribute.graphs) {
            each_graph(within, work)?;
        }
    }
    work(graph)
}

/// Every node, of every graph.
pub(super) fn each_node<'a>(graph: &'a GraphProto, look: &mut dyn FnMut(&'a NodeProto)) {
    for node in &graph.node {
        look(node);
        inner(node).for_each(|within| each_node(within, look));
    }
}
