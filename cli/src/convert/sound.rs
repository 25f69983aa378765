//! Whether a file is whole in itself, and its nodes in the order of their computation.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TensorProto, tensor_proto::DataLocation};
use vision_protocol::Fault;

use super::{
    Change, Kind, graph,
    nodes::{at, each_graph, inner},
};

/// Refuses what cannot be rewritten at all; nodes that stand before what they need are moved.
pub(super) fn check(model: &mut ModelProto) -> Result<Option<Change>, Fault> {
    if let Some(function) = model.functions.first() {
        let name = function.name.as_deref().unwrap_or_default();
        let words = "the file defines operators of its own; export it without functions, with all written out";
        return Err(Fault::new(format!("function “{name}”"), words));
    }
    each_graph(graph(model), &mut |graph| {
        let within = graph.node.iter().flat_map(|node| &node.attribute);
        let tensors = graph.initializer.iter().chain(within.flat_map(|a| a.t.iter().chain(&a.tensors)));
        match tensors.into_iter().find(|tensor| is_external(tensor)) {
            Some(tensor) => {
                let words = "it is external data, in another file: save the model as one file, weights and all";
                Err(Fault::new(format!("tensor “{}”", tensor.name), words))
            }
            None => Ok(()),
        }
    })?;
    let graph = graph(model);
    if graph.output.is_empty() {
        return Err(Fault::new("", "the file states no outputs, so that there is nothing to compute"));
    }
    sort(graph)
}

fn is_external(tensor: &TensorProto) -> bool {
    tensor.data_location == Some(DataLocation::External as i32)
}

fn sort(graph: &mut GraphProto) -> Result<Option<Change>, Fault> {
    let mut makers: HashMap<&str, usize> = HashMap::new();
    for (index, node) in graph.node.iter().enumerate() {
        for output in node.output.iter().filter(|output| !output.is_empty()) {
            if makers.insert(output, index).is_some() {
                return Err(at(node, format!("it computes “{output}”, as another node does")));
            }
        }
    }
    let given: HashSet<&str> = graph.input.iter().map(|input| input.name.as_str()).collect();
    let constant = graph.initializer.iter().map(|tensor| tensor.name.as_str());
    let sparse = graph.sparse_initializer.iter().filter_map(|sparse| Some(sparse.values.as_ref()?.name.as_str()));
    let given: HashSet<&str> = given.into_iter().chain(constant).chain(sparse).collect();
    if let Some(output) = graph.output.iter().find(|output| {
        let name = output.name.as_str();
        !makers.contains_key(name) && !given.contains(name)
    }) {
        return Err(Fault::new(format!("output “{}”", output.name), "no node computes it"));
    }
    // Of each node, how many others must come first; of each, which wait for it.
    let mut missing = vec![0_usize; graph.node.len()];
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); graph.node.len()];
    for (index, node) in graph.node.iter().enumerate() {
        if let Some(unknown) =
            node.input.iter().map(String::as_str).find(|name| !name.is_empty() && !is_there(name, &makers, &given))
        {
            return Err(at(node, format!("it takes “{unknown}”, which nothing computes")));
        }
        let mut needed = Vec::new();
        needs(node, &mut needed);
        for maker in needed.into_iter().filter_map(|name| makers.get(name)) {
            missing[index] += 1;
            waiting[*maker].push(index);
        }
    }
    let order = order(missing, &waiting);
    if order.len() < graph.node.len() {
        let reached: HashSet<usize> = order.iter().copied().collect();
        let stuck = graph.node.iter().enumerate().find(|(index, _)| !reached.contains(index));
        return Err(stuck.map_or_else(
            || Fault::new("", "the file leads in a circle"),
            |(_, node)| at(node, "it waits for its own answer: the file leads in a circle"),
        ));
    }
    if order.is_sorted() {
        return Ok(None);
    }
    let mut nodes: Vec<Option<NodeProto>> = std::mem::take(&mut graph.node).into_iter().map(Some).collect();
    graph.node = order.into_iter().filter_map(|index| nodes[index].take()).collect();
    let words = "nodes are put into the order of their computation".to_owned();
    Ok(Some(Change { kind: Kind::Order, operators: BTreeMap::new(), words }))
}

fn is_there(name: &str, makers: &HashMap<&str, usize>, given: &HashSet<&str>) -> bool {
    makers.contains_key(name) || given.contains(name)
}

/// What a node takes, and what the graphs within it take from around them.
fn needs<'a>(node: &'a NodeProto, names: &mut Vec<&'a str>) {
    names.extend(node.input.iter().map(String::as_str));
    for graph in inner(node) {
        graph.node.iter().for_each(|node| needs(node, names));
        names.extend(graph.output.iter().map(|output| output.name.as_str()));
    }
}

/// Those that need nothing first, and else as the file has them; nodes of a circle are left out.
fn order(mut missing: Vec<usize>, waiting: &[Vec<usize>]) -> Vec<usize> {
    let in_order = (0..waiting.len()).all(|index| waiting[index].iter().all(|later| *later > index));
    if in_order {
        return (0..waiting.len()).collect();
    }
    let mut ready: VecDeque<usize> = (0..missing.len()).filter(|index| missing[*index] == 0).collect();
    let mut order = Vec::with_capacity(missing.len());
    while let Some(index) = ready.pop_front() {
        order.push(index);
        for &later in &waiting[index] {
            missing[later] -= 1;
            if missing[later] == 0 {
                ready.push_back(later);
            }
        }
    }
    order
}
