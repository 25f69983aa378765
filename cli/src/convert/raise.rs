//! ONNX's operator set, raised from 7 or later to 11: as far as a `Resize` that says how it rounds needs.
//!
//! Between the two, these changed in a way that shows: `Slice`, `TopK`, `Pad` and `Clip` take as inputs what were
//! attributes, `BatchNormalization` lost `spatial`, `Dropout` its mask's type, `Scatter` its name, and `Upsample` and
//! `Resize` are what [`super::resizing`] rewrites. The rest only learned more.

use std::collections::BTreeMap;

use tract_onnx::pb::{ModelProto, NodeProto};
use vision_protocol::Fault;

use super::{
    Change, Kind, count,
    draft::{Draft, Names},
    graph,
    nodes::{at, attribute, each_graph, float_of, int_of, ints_of, is_onnx, label, text_of},
    opset,
};

/// The first operator set with a `Resize` that says how it rounds.
pub(super) const ENOUGH: i64 = 11;
/// The oldest that is raised: before it, arithmetic broadcast otherwise.
pub(super) const OLDEST: i64 = 7;

/// Raises the model, if it is older than needed.
pub(super) fn raise(model: &mut ModelProto, names: &mut Names) -> Result<Option<Change>, Fault> {
    let before = opset(model);
    if before >= ENOUGH {
        return Ok(None);
    }
    if before < OLDEST {
        let words =
            format!("the file is of operator set {before}; those before {OLDEST} are not converted: export it anew");
        return Err(Fault::new("", words));
    }
    let mut operators = BTreeMap::new();
    each_graph(graph(model), &mut |graph| {
        let used: Vec<String> = graph.node.iter().flat_map(|node| node.input.iter().cloned()).collect();
        let (mut draft, nodes) = Draft::open(graph, ENOUGH, names);
        for mut node in nodes {
            let operator = node.op_type.clone();
            if is_onnx(&node.domain) && raise_node(&mut node, before, &mut draft, &used)? {
                count(&mut operators, operator);
            }
            draft.push(node);
        }
        draft.close(graph);
        Ok(())
    })?;
    for set in model.opset_import.iter_mut().filter(|set| is_onnx(&set.domain)) {
        set.version = ENOUGH;
    }
    let words = format!("the operator set is {ENOUGH} instead of {before}");
    Ok(Some(Change { kind: Kind::Opset, operators, words }))
}

/// Whether the node had to be written otherwise.
fn raise_node(node: &mut NodeProto, before: i64, draft: &mut Draft<'_>, used: &[String]) -> Result<bool, Fault> {
    match node.op_type.as_str() {
        "Slice" if before < 10 => slice(node, draft)?,
        "TopK" if before < 10 => {
            let most = int_of(node, "k").ok_or_else(|| at(node, "it does not say how many it takes"))?;
            let most = draft.list(&format!("{}/k", label(node)), &[most]);
            node.input.push(most);
            remove(node, &["k"]);
        }
        "Clip" => {
            for bound in ["min", "max"] {
                let value = float_of(node, bound);
                let name = value.map(|value| draft.scalar(&format!("{}/{bound}", label(node)), value));
                node.input.push(name.unwrap_or_default());
            }
            trim(node);
            remove(node, &["min", "max"]);
        }
        "Pad" => {
            let pads = draft.list(&format!("{}/pads", label(node)), &ints_of(node, "pads"));
            node.input.push(pads);
            let value = float_of(node, "value").unwrap_or(0.0);
            if value != 0.0 && matches!(text_of(node, "mode").as_str(), "" | "constant") {
                let value = draft.scalar(&format!("{}/value", label(node)), value);
                node.input.push(value);
            }
            remove(node, &["pads", "value"]);
        }
        "BatchNormalization" if before < 9 => {
            if int_of(node, "spatial") == Some(0) {
                return Err(at(node, "its normalisation of each pixel apart (spatial=0) is in no newer operator set"));
            }
            remove(node, &["spatial"]);
            return Ok(false);
        }
        "Dropout" if before < 10 && node.output.get(1).is_some_and(|mask| used.contains(mask)) => {
            return Err(at(node, "the mask of a Dropout is used: export the model for inference, not for training"));
        }
        "Scatter" => "ScatterElements".clone_into(&mut node.op_type),
        "Scan" if before < 9 => return Err(at(node, "the Scan of operator set 8 is not converted: export it anew")),
        _ => return Ok(false),
    }
    Ok(true)
}

fn slice(node: &mut NodeProto, draft: &mut Draft<'_>) -> Result<(), Fault> {
    let (starts, ends) = (ints_of(node, "starts"), ints_of(node, "ends"));
    if starts.is_empty() || starts.len() != ends.len() {
        return Err(at(node, "its starts and ends are not as many as one another"));
    }
    let axes = match attribute(node, "axes") {
        Some(axes) => axes.ints.clone(),
        None => (0..starts.len() as i64).collect(),
    };
    for (name, values) in [("starts", starts), ("ends", ends), ("axes", axes)] {
        let values = draft.list(&format!("{}/{name}", label(node)), &values);
        node.input.push(values);
    }
    remove(node, &["starts", "ends", "axes"]);
    Ok(())
}

fn remove(node: &mut NodeProto, names: &[&str]) {
    node.attribute.retain(|attribute| !names.contains(&attribute.name.as_str()));
}

/// Drops inputs that are left out at the end.
fn trim(node: &mut NodeProto) {
    while node.input.last().is_some_and(String::is_empty) {
        node.input.pop();
    }
}
