//! `Upsample`, and `Resize` as operator set 10 had it, to a `Resize` that says how it rounds.
//!
//! Both place a pixel of the output at its number divided by the scale, and neither says so; engines that take today's
//! default instead answer with shifted pixels.

use std::collections::BTreeMap;

use tract_onnx::pb::{GraphProto, ModelProto, NodeProto};
use vision_protocol::Fault;

use super::{
    Change, Kind, count,
    draft::{Draft, Names},
    graph,
    nodes::{at, attribute, each_graph, each_node, input, is_onnx, label, made, text, text_of},
    numbers, opset,
};

/// Whether there is one.
pub(super) fn occurs(graph: &GraphProto, opset: i64) -> bool {
    let mut found = false;
    each_node(graph, &mut |node| found |= is_old(node, opset));
    found
}

fn is_old(node: &NodeProto, opset: i64) -> bool {
    is_onnx(&node.domain) && (node.op_type == "Upsample" || node.op_type == "Resize" && opset == 10)
}

/// Rewrites all, in a model that was raised. A `Resize` of two inputs is one of operator set 10: later ones have more.
pub(super) fn rewrite(model: &mut ModelProto, names: &mut Names) -> Result<Option<Change>, Fault> {
    let opset = opset(model);
    let mut operators = BTreeMap::new();
    each_graph(graph(model), &mut |graph| {
        let (mut draft, nodes) = Draft::open(graph, opset, names);
        for node in nodes {
            let old = node.op_type == "Upsample" || node.op_type == "Resize" && node.input.len() == 2;
            if is_onnx(&node.domain) && old {
                count(&mut operators, node.op_type.clone());
                let node = resize(&node, &mut draft)?;
                draft.push(node);
            } else {
                draft.push(node);
            }
        }
        draft.close(graph);
        Ok(())
    })?;
    let words = "resizing says how it rounds".to_owned();
    Ok((!operators.is_empty()).then_some(Change { kind: Kind::Upsample, operators, words }))
}

fn resize(node: &NodeProto, draft: &mut Draft<'_>) -> Result<NodeProto, Fault> {
    let source = input(node, 0).ok_or_else(|| at(node, "it has no input"))?.to_owned();
    // An attribute in operator sets 7 and 8, an input since.
    let scales = match (input(node, 1), attribute(node, "scales")) {
        (Some(scales), _) => scales.to_owned(),
        (None, Some(scales)) => {
            let name = format!("{}/scales", label(node));
            draft.add(numbers::floats(name, vec![scales.floats.len() as i64], scales.floats.iter().copied()))
        }
        (None, None) => return Err(at(node, "it states no scales")),
    };
    let known = draft.constant(&scales).map(numbers::numbers).transpose()?.unwrap_or_default();
    if known.iter().any(|scale| !scale.is_finite() || *scale <= 0.0) {
        return Err(at(node, format!("its scales are {known:?}")));
    }
    let mode = match text_of(node, "mode").as_str() {
        "" | "nearest" => "nearest",
        "linear" | "bilinear" => "linear",
        other => return Err(at(node, format!("its mode, {other:?}, is in no newer operator set"))),
    };
    // Older engines rounded down where they enlarge, up where they shrink.
    let (shrinks, enlarges) = (known.iter().any(|scale| *scale < 1.0), known.iter().any(|scale| *scale > 1.0));
    if mode == "nearest" && shrinks && enlarges {
        return Err(at(node, "it enlarges one side and shrinks another, for which no newer operator rounds as it did"));
    }
    let roi = draft.add(numbers::floats(format!("{}/roi", label(node)), vec![0], []));
    let output = node.output.first().cloned().unwrap_or_default();
    let mut resize = made("Resize", node.name.clone(), vec![source, roi, scales], output);
    resize.attribute = vec![text("mode", mode), text("coordinate_transformation_mode", "asymmetric")];
    if mode == "nearest" {
        resize.attribute.push(text("nearest_mode", if shrinks { "ceil" } else { "floor" }));
    }
    Ok(resize)
}
