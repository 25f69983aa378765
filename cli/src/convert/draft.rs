//! A graph while it is rewritten.

use std::collections::{HashMap, HashSet};

use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto, attribute_proto::AttributeType};

use super::{nodes, numbers};

/// All names of a file, of values and of nodes, so that new ones are new.
pub(super) struct Names(HashSet<String>);

impl Names {
    pub(super) fn of(graph: &GraphProto) -> Self {
        fn collect(graph: &GraphProto, names: &mut HashSet<String>) {
            names.extend(graph.input.iter().chain(&graph.output).map(|value| value.name.clone()));
            names.extend(graph.initializer.iter().map(|tensor| tensor.name.clone()));
            for node in &graph.node {
                names.insert(node.name.clone());
                names.extend(node.input.iter().chain(&node.output).cloned());
                nodes::inner(node).for_each(|within| collect(within, names));
            }
        }
        let mut names = HashSet::new();
        collect(graph, &mut names);
        Self(names)
    }

    /// A name that nothing has, and that says what it belongs to.
    pub(super) fn fresh(&mut self, base: &str) -> String {
        let mut name = base.to_owned();
        let mut number = 1;
        while name.is_empty() || !self.0.insert(name.clone()) {
            number += 1;
            name = format!("{base}_{number}");
        }
        name
    }
}

/// A graph whose nodes are written anew, one after the other.
pub(super) struct Draft<'a> {
    /// The version of ONNX's operators that nodes are written in.
    pub(super) opset: i64,
    names: &'a mut Names,
    nodes: Vec<NodeProto>,
    initializers: Vec<TensorProto>,
    constants: HashMap<String, Constant>,
}

/// Where a constant is.
enum Constant {
    Initializer(usize),
    Node(Box<TensorProto>),
    SameAs(String),
}

impl<'a> Draft<'a> {
    /// Takes nodes and constants out of a graph; the nodes are returned, to be written anew.
    pub(super) fn open(graph: &mut GraphProto, opset: i64, names: &'a mut Names) -> (Self, Vec<NodeProto>) {
        let old = std::mem::take(&mut graph.node);
        let initializers = std::mem::take(&mut graph.initializer);
        let mut constants: HashMap<String, Constant> = initializers
            .iter()
            .enumerate()
            .map(|(index, tensor)| (tensor.name.clone(), Constant::Initializer(index)))
            .collect();
        for node in &old {
            let (Some(output), true) = (node.output.first(), nodes::is_onnx(&node.domain)) else { continue };
            if let ("Identity", Some(input)) = (node.op_type.as_str(), node.input.first()) {
                constants.insert(output.clone(), Constant::SameAs(input.clone()));
            } else if let ("Constant", Some(tensor)) = (node.op_type.as_str(), node.attribute.iter().find_map(value)) {
                constants.insert(output.clone(), Constant::Node(Box::new(tensor)));
            }
        }
        (Self { opset, names, nodes: Vec::with_capacity(old.len()), initializers, constants }, old)
    }

    /// Puts nodes and constants back.
    pub(super) fn close(self, graph: &mut GraphProto) {
        graph.node = self.nodes;
        graph.initializer = self.initializers;
    }

    /// The constant of that name.
    pub(super) fn constant(&self, name: &str) -> Option<&TensorProto> {
        let mut name = name;
        // As many steps as there are names: a file may lead in a circle.
        for _ in 0..=self.constants.len() {
            match self.constants.get(name)? {
                Constant::Initializer(index) => return self.initializers.get(*index),
                Constant::Node(tensor) => return Some(tensor),
                Constant::SameAs(other) => name = other,
            }
        }
        None
    }

    /// A name that nothing has.
    pub(super) fn fresh(&mut self, base: &str) -> String {
        self.names.fresh(base)
    }

    /// Writes a node.
    pub(super) fn push(&mut self, node: NodeProto) {
        self.nodes.push(node);
    }

    /// Writes a node of ONNX's own operators with a new output, which is returned.
    pub(super) fn node(
        &mut self,
        operator: &str,
        name: &str,
        inputs: Vec<String>,
        attributes: Vec<AttributeProto>,
    ) -> String {
        let output = self.fresh(&format!("{name}/{operator}"));
        let name = self.fresh(&format!("{name}/{operator} node"));
        self.push(NodeProto { attribute: attributes, ..nodes::made(operator, name, inputs, output.clone()) });
        output
    }

    /// Adds a constant, whose name is made new.
    pub(super) fn add(&mut self, mut tensor: TensorProto) -> String {
        tensor.name = self.fresh(&tensor.name);
        let name = tensor.name.clone();
        self.constants.insert(name.clone(), Constant::Initializer(self.initializers.len()));
        self.initializers.push(tensor);
        name
    }

    /// Adds a constant of one number.
    pub(super) fn scalar(&mut self, base: &str, value: f32) -> String {
        self.add(numbers::floats(base.to_owned(), Vec::new(), [value]))
    }

    /// Adds a list of whole numbers.
    pub(super) fn list(&mut self, base: &str, values: &[i64]) -> String {
        self.add(numbers::whole(base.to_owned(), vec![values.len() as i64], values))
    }
}

/// What a `Constant` node says, in any of the ways it may.
fn value(attribute: &AttributeProto) -> Option<TensorProto> {
    let count = |n: usize| vec![n as i64];
    Some(match (attribute.name.as_str(), AttributeType::try_from(attribute.r#type).ok()?) {
        ("value", AttributeType::Tensor) => attribute.t.clone()?,
        ("value_float", _) => numbers::floats(String::new(), Vec::new(), [attribute.f]),
        ("value_floats", _) => {
            numbers::floats(String::new(), count(attribute.floats.len()), attribute.floats.iter().copied())
        }
        ("value_int", _) => numbers::whole(String::new(), Vec::new(), &[attribute.i]),
        ("value_ints", _) => numbers::whole(String::new(), count(attribute.ints.len()), &attribute.ints),
        _ => return None,
    })
}
