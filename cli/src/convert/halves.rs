//! 16-bit floating point to 32-bit: weights, constants, inputs, outputs, and what operators are told to make.
//!
//! A `Cast` to 16 bits becomes one to 32, so that what goes through it is no longer rounded.

use std::collections::BTreeMap;

use tract_onnx::pb::{
    AttributeProto, GraphProto, TensorProto, ValueInfoProto, attribute_proto::AttributeType, tensor_proto::DataType,
    type_proto,
};
use vision_protocol::Fault;

use super::{
    Change, Kind, count,
    nodes::{self, each_graph},
    numbers::{self, FLOAT, numbers as numbers_of},
};

/// Attributes that name a type.
const TYPES: [&str; 5] = ["to", "dtype", "output_dtype", "output_datatype", "stash_type"];

/// Whether there is any.
pub(super) fn occur(graph: &GraphProto) -> bool {
    let mut found = tensors(graph) || graph.input.iter().chain(&graph.output).any(is_half_value);
    nodes::each_node(graph, &mut |node| {
        found |= node.attribute.iter().any(|attribute| {
            is_half_type(attribute)
                || attribute.t.iter().chain(&attribute.tensors).any(|tensor| is_half(tensor.data_type))
        });
        found |= nodes::inner(node).any(tensors);
    });
    found
}

/// Makes all of it 32 bits wide.
pub(super) fn widen(graph: &mut GraphProto) -> Result<Option<Change>, Fault> {
    if !occur(graph) {
        return Ok(None);
    }
    let ports = graph.input.iter().chain(&graph.output).filter(|value| is_half_value(value)).count();
    let (mut tensors, mut operators) = (0_usize, BTreeMap::new());
    each_graph(graph, &mut |graph| {
        for tensor in &mut graph.initializer {
            tensors += usize::from(widen_tensor(tensor)?);
        }
        for values in graph.sparse_initializer.iter_mut().filter_map(|sparse| sparse.values.as_mut()) {
            tensors += usize::from(widen_tensor(values)?);
        }
        for value in graph.input.iter_mut().chain(&mut graph.output).chain(&mut graph.value_info) {
            widen_value(value);
        }
        for node in &mut graph.node {
            let mut rewritten = false;
            for attribute in &mut node.attribute {
                for tensor in attribute.t.iter_mut().chain(&mut attribute.tensors) {
                    tensors += usize::from(widen_tensor(tensor)?);
                }
                if is_half_type(attribute) {
                    attribute.i = FLOAT.into();
                    rewritten = true;
                }
            }
            if rewritten {
                count(&mut operators, nodes::qualified(node));
            }
        }
        Ok(())
    })?;
    let mut words = format!("{tensors} tensors of 16-bit floating point are 32-bit");
    if ports > 0 {
        words += &format!("; so are {ports} inputs and outputs");
    }
    Ok(Some(Change { kind: Kind::Fp16, operators, words }))
}

fn widen_tensor(tensor: &mut TensorProto) -> Result<bool, Fault> {
    if !is_half(tensor.data_type) {
        return Ok(false);
    }
    let values = numbers_of(tensor)?;
    let wide = numbers::floats(
        std::mem::take(&mut tensor.name),
        std::mem::take(&mut tensor.dims),
        // Every number of 16 bits is one of 32.
        values.into_iter().map(|value| value as f32),
    );
    *tensor = TensorProto { doc_string: std::mem::take(&mut tensor.doc_string), ..wide };
    Ok(true)
}

fn widen_value(value: &mut ValueInfoProto) {
    if let Some(type_proto::Value::TensorType(tensor)) = value.r#type.as_mut().and_then(|kind| kind.value.as_mut())
        && is_half(tensor.elem_type)
    {
        tensor.elem_type = FLOAT;
    }
}

fn tensors(graph: &GraphProto) -> bool {
    let sparse = graph.sparse_initializer.iter().filter_map(|sparse| sparse.values.as_ref());
    graph.initializer.iter().chain(sparse).any(|tensor| is_half(tensor.data_type))
}

fn is_half_value(value: &ValueInfoProto) -> bool {
    let kind = value.r#type.as_ref().and_then(|kind| kind.value.as_ref());
    kind.is_some_and(|type_proto::Value::TensorType(tensor)| is_half(tensor.elem_type))
}

fn is_half_type(attribute: &AttributeProto) -> bool {
    TYPES.contains(&attribute.name.as_str())
        && attribute.r#type == AttributeType::Int as i32
        && i32::try_from(attribute.i).is_ok_and(is_half)
}

fn is_half(data_type: i32) -> bool {
    data_type == DataType::Float16 as i32 || data_type == DataType::Bfloat16 as i32
}
