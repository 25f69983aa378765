//! Operators that ONNX tried out and dropped: `ImageScaler`, `Crop`, `Affine` and `Scale`, as converters of Core ML models
//! wrote them.

use std::collections::BTreeMap;

use tract_onnx::pb::{ModelProto, NodeProto};
use vision_protocol::Fault;

use super::{
    Change, Kind, count,
    draft::{Draft, Names},
    graph,
    nodes::{at, attribute, each_graph, each_node, float_of, input, ints, ints_of, is_onnx, label, made},
    numbers, opset,
    raise::OLDEST,
};

/// Rewrites all.
pub(super) fn rewrite(model: &mut ModelProto, names: &mut Names) -> Result<Option<Change>, Fault> {
    let opset = opset(model);
    let mut first = None;
    each_node(graph(model), &mut |node| {
        if is_experimental(node) {
            first.get_or_insert(node);
        }
    });
    match first {
        None => return Ok(None),
        Some(node) if opset < OLDEST => {
            return Err(at(node, format!("it is converted in operator sets from {OLDEST} on; the file is of {opset}")));
        }
        Some(_) => {}
    }
    let mut operators = BTreeMap::new();
    each_graph(graph(model), &mut |graph| {
        let (mut draft, nodes) = Draft::open(graph, opset, names);
        for node in nodes {
            if is_experimental(&node) {
                count(&mut operators, node.op_type.clone());
                replace(&node, &mut draft)?;
            } else {
                draft.push(node);
            }
        }
        draft.close(graph);
        Ok(())
    })?;
    let words = "operators that ONNX dropped are written with those that stayed".to_owned();
    Ok(Some(Change { kind: Kind::Experimental, operators, words }))
}

fn is_experimental(node: &NodeProto) -> bool {
    is_onnx(&node.domain) && matches!(node.op_type.as_str(), "ImageScaler" | "Crop" | "Affine" | "Scale")
}

fn replace(node: &NodeProto, draft: &mut Draft<'_>) -> Result<(), Fault> {
    let source = input(node, 0).ok_or_else(|| at(node, "it has no input"))?.to_owned();
    let output = node.output.first().cloned().unwrap_or_default();
    let number = |name: &str, default: f32| float_of(node, name).unwrap_or(default);
    match node.op_type.as_str() {
        "Crop" => crop(node, source, output, draft),
        "Affine" => {
            affine(node, draft, (source, output), number("alpha", 1.0), &[number("beta", 0.0)]);
            Ok(())
        }
        "Scale" => {
            affine(node, draft, (source, output), number("scale", 1.0), &[]);
            Ok(())
        }
        _ => {
            let bias = attribute(node, "bias").map(|bias| bias.floats.clone()).unwrap_or_default();
            affine(node, draft, (source, output), number("scale", 1.0), &bias);
            Ok(())
        }
    }
}

/// `source * factor + offset`, the offset being one number, or one per channel.
fn affine(node: &NodeProto, draft: &mut Draft<'_>, ends: (String, String), factor: f32, offset: &[f32]) {
    let (source, output) = ends;
    let factor = draft.scalar(&format!("{}/scale", label(node)), factor);
    if offset.is_empty() {
        draft.push(made("Mul", node.name.clone(), vec![source, factor], output));
        return;
    }
    let dims = if offset.len() == 1 { Vec::new() } else { vec![1, offset.len() as i64, 1, 1] };
    let offset = draft.add(numbers::floats(format!("{}/bias", label(node)), dims, offset.iter().copied()));
    let scaled = draft.node("Mul", label(node), vec![source, factor], Vec::new());
    draft.push(made("Add", node.name.clone(), vec![scaled, offset], output));
}

/// Cuts the border off, or takes a part of the given height and width behind the border's left and top.
fn crop(node: &NodeProto, source: String, output: String, draft: &mut Draft<'_>) -> Result<(), Fault> {
    let (border, scale) = (ints_of(node, "border"), ints_of(node, "scale"));
    let &[left, top, right, bottom] = border.as_slice() else {
        return Err(at(node, format!("its border has {} sides, not 4", border.len())));
    };
    let end = |cut: i64| if cut == 0 { i64::MAX } else { cut.saturating_neg() };
    let ends = match scale.as_slice() {
        [] => [end(bottom), end(right)],
        [height, width] => [top.saturating_add(*height), left.saturating_add(*width)],
        _ => return Err(at(node, format!("its scale has {} sides, not 2", scale.len()))),
    };
    let mut slice = made("Slice", node.name.clone(), vec![source], output);
    let parts = [("starts", [top, left]), ("ends", ends), ("axes", [2, 3])];
    for (name, values) in parts {
        if draft.opset < 10 {
            slice.attribute.push(ints(name, &values));
        } else {
            let values = draft.list(&format!("{}/{name}", label(node)), &values);
            slice.input.push(values);
        }
    }
    draft.push(slice);
    Ok(())
}
