//! Tensors, types and shapes between tract and the runner.

use tract_onnx::{
    pb::{GraphProto, tensor_proto::DataType, tensor_shape_proto::dimension, type_proto},
    prelude::*,
};
use vision_runner::engine::{Data, Element, Port, Tensor as Plain};

use super::side;

/// The type that the runner's tensors use for one of tract's.
pub(super) fn element(kind: DatumType) -> TractResult<Element> {
    Ok(match kind {
        DatumType::F32 | DatumType::F16 | DatumType::F64 => Element::Float32,
        DatumType::U8 | DatumType::Bool => Element::Uint8,
        DatumType::I8 | DatumType::I16 | DatumType::U16 | DatumType::I32 => Element::Int32,
        DatumType::I64 | DatumType::U32 | DatumType::U64 | DatumType::TDim => Element::Int64,
        other => return Err(TractError::msg(format!("tensors of type {other:?} cannot enter or leave a model here"))),
    })
}

/// The model's outputs under the file's names.
pub(super) fn outputs(model: &TypedModel, names: impl Iterator<Item = String>) -> TractResult<Vec<Port>> {
    names
        .enumerate()
        .map(|(index, name)| {
            let fact = model.output_fact(index)?;
            Ok(Port { name, shape: fact.shape.iter().map(side).collect(), element: element(fact.datum_type)? })
        })
        .collect()
}

/// The model's outputs as the file states them.
pub(super) fn stated_outputs(graph: &GraphProto) -> TractResult<Vec<Port>> {
    graph
        .output
        .iter()
        .map(|output| {
            let Some(type_proto::Value::TensorType(stated)) = output.r#type.as_ref().and_then(|t| t.value.as_ref())
            else {
                return Err(TractError::msg(format!("the file does not state the type of its output {}", output.name)));
            };
            let kind = DataType::try_from(stated.elem_type)
                .map_err(|_| TractError::msg(format!("the output {} is of an unknown type", output.name)))?;
            let sides = stated.shape.iter().flat_map(|shape| &shape.dim).map(|dim| match dim.value {
                Some(dimension::Value::DimValue(side)) => usize::try_from(side).unwrap_or(0),
                _ => 0,
            });
            Ok(Port { name: output.name.clone(), shape: sides.collect(), element: element(kind.try_into()?)? })
        })
        .collect()
}

pub(super) fn into_tract(plain: &Plain, wanted: DatumType) -> TractResult<TValue> {
    let shape = plain.shape();
    let tensor = match plain.data() {
        Data::Float32(data) => Tensor::from_shape(shape, data)?,
        Data::Uint8(data) => Tensor::from_shape(shape, data)?,
        Data::Int32(data) => Tensor::from_shape(shape, data)?,
        Data::Int64(data) => Tensor::from_shape(shape, data)?,
    };
    if tensor.datum_type() == wanted { Ok(tensor.into()) } else { Ok(tensor.cast_to_dt(wanted)?.into_owned().into()) }
}

pub(super) fn from_tract(tensor: &Tensor) -> TractResult<Plain> {
    fn copied<T: Datum + Copy>(tensor: &Tensor) -> TractResult<Vec<T>> {
        let tensor = tensor.cast_to::<T>()?;
        let plain = tensor.try_as_plain_ram()?;
        Ok(plain.as_slice::<T>()?.to_vec())
    }
    let data = match element(tensor.datum_type())? {
        Element::Float32 => Data::Float32(copied(tensor)?),
        Element::Uint8 => Data::Uint8(copied(tensor)?),
        Element::Int32 => Data::Int32(copied(tensor)?),
        Element::Int64 => Data::Int64(copied(tensor)?),
    };
    Plain::new(tensor.shape(), data).map_err(TractError::msg)
}
