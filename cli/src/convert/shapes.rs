//! Shapes that a file states: of open inputs, to be fixed; of inner values and outputs, to be dropped or corrected where
//! they clash.

use std::collections::{BTreeMap, HashSet};

use tract_onnx::pb::{
    GraphProto, ModelProto, TensorShapeProto, ValueInfoProto,
    tensor_shape_proto::{Dimension, dimension},
    type_proto,
};
use vision_protocol::Fault;

use super::{Change, Kind, graph};

/// Fixes inputs to these sides.
pub(super) fn fix(model: &mut ModelProto, sizes: &[(String, Vec<i64>)]) -> Result<Option<Change>, Fault> {
    if sizes.is_empty() {
        return Ok(None);
    }
    let graph = graph(model);
    let weights: HashSet<String> = graph.initializer.iter().map(|tensor| tensor.name.clone()).collect();
    let known: Vec<_> =
        graph.input.iter().filter(|input| !weights.contains(&input.name)).map(|input| input.name.clone()).collect();
    for (name, sides) in sizes {
        let wrong = |words: String| Fault::new(format!("input “{name}”"), words);
        let input = graph.input.iter_mut().find(|input| input.name == *name && known.contains(name));
        let input = input.ok_or_else(|| wrong(format!("there is none of that name, but {}", known.join(", "))))?;
        let kind = input.r#type.as_mut().and_then(|kind| kind.value.as_mut());
        let Some(type_proto::Value::TensorType(tensor)) = kind else {
            return Err(wrong("the file does not state its type".to_owned()));
        };
        let stated = tensor.shape.get_or_insert_with(|| TensorShapeProto {
            // A shape that is not stated may be any.
            dim: vec![Dimension::default(); sides.len()],
        });
        if stated.dim.len() != sides.len() {
            return Err(wrong(format!("it has {} sides, not {}", stated.dim.len(), sides.len())));
        }
        for (number, (dim, side)) in stated.dim.iter_mut().zip(sides).enumerate() {
            match &dim.value {
                Some(dimension::Value::DimValue(fixed)) if *fixed > 0 && fixed != side => {
                    return Err(wrong(format!("its side {number} is {fixed}, and cannot be {side}")));
                }
                _ => dim.value = Some(dimension::Value::DimValue(*side)),
            }
        }
    }
    // They may be in terms of what is fixed now.
    graph.value_info.clear();
    let names: Vec<_> = sizes.iter().map(|(name, sides)| format!("{name} {sides:?}")).collect();
    let words = format!("inputs are fixed: {}", names.join(", "));
    Ok(Some(Change { kind: Kind::Sizes, operators: BTreeMap::new(), words }))
}

/// Drops what is stated of inner values, where all inputs are fixed and it names open sides nonetheless.
pub(super) fn drop_clashing(graph: &mut GraphProto) -> Option<Change> {
    let weights: HashSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    let mut inputs = graph.input.iter().filter(|input| !weights.contains(input.name.as_str()));
    if !inputs.all(is_fixed) {
        return None;
    }
    let stray = graph.value_info.iter().filter(|value| has_symbol(value)).count();
    if stray == 0 {
        return None;
    }
    let dropped = graph.value_info.len();
    graph.value_info.clear();
    let words = format!("{dropped} stated shapes of inner values are dropped: {stray} name sides that no input has");
    Some(Change { kind: Kind::Shapes, operators: BTreeMap::new(), words })
}

/// Corrects the outputs' shapes by what came out, where all inputs are fixed.
pub(crate) fn restate(model: &mut ModelProto, outputs: &[(String, Vec<u64>)]) -> Option<Change> {
    let graph = graph(model);
    let weights: HashSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    let mut inputs = graph.input.iter().filter(|input| !weights.contains(input.name.as_str()));
    if !inputs.all(is_fixed) {
        return None;
    }
    let mut corrected = Vec::new();
    for output in &mut graph.output {
        let Some((name, sides)) = outputs.iter().find(|(name, _)| *name == output.name) else { continue };
        let kind = output.r#type.as_mut().and_then(|kind| kind.value.as_mut());
        let Some(type_proto::Value::TensorType(tensor)) = kind else { continue };
        let Some(stated) = &mut tensor.shape else { continue };
        let agrees = stated.dim.len() == sides.len()
            && stated.dim.iter().zip(sides).all(|(dim, side)| match dim.value {
                Some(dimension::Value::DimValue(stated)) => u64::try_from(stated).is_ok_and(|stated| stated == *side),
                _ => true,
            });
        if !agrees {
            let dim = |side: &u64| Dimension {
                value: i64::try_from(*side).ok().map(dimension::Value::DimValue),
                ..Dimension::default()
            };
            stated.dim = sides.iter().map(dim).collect();
            corrected.push(format!("{name} {sides:?}"));
        }
    }
    if corrected.is_empty() {
        return None;
    }
    graph.value_info.clear();
    let words = format!("outputs are stated as they come out: {}", corrected.join(", "));
    Some(Change { kind: Kind::Shapes, operators: BTreeMap::new(), words })
}

fn dims(value: &ValueInfoProto) -> Option<&[Dimension]> {
    let kind = value.r#type.as_ref()?.value.as_ref()?;
    let type_proto::Value::TensorType(tensor) = kind;
    Some(&tensor.shape.as_ref()?.dim)
}

fn is_fixed(value: &ValueInfoProto) -> bool {
    dims(value).is_some_and(|dims| {
        dims.iter().all(|dim| matches!(dim.value, Some(dimension::Value::DimValue(side)) if side > 0))
    })
}

fn has_symbol(value: &ValueInfoProto) -> bool {
    let mut dims = dims(value).unwrap_or_default().iter();
    dims.any(|dim| matches!(dim.value, Some(dimension::Value::DimParam(_))))
}
