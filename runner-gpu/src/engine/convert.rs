//! Tensors, types and shapes between ONNX Runtime and the runner.
//!
//! The runner's tensors have four types of elements; the models' others are widened to the next of them, the same way
//! as in `runner-tract`. Where the types agree, ONNX Runtime reads the runner's own buffer.

use half::{bf16, f16, slice::HalfFloatSliceExt, vec::HalfFloatVecExt};
use ort::{
    session::SessionInputValue,
    value::{
        DynValue, Outlet, PrimitiveTensorElementType, Tensor as OrtTensor, TensorElementType, TensorRef, ValueType,
    },
};
use vision_runner::engine::{Data, Element, EngineError, Port, Tensor};

use super::diagnosis::explain;

/// An input or output, and the type that the model itself has for it.
pub(super) fn port(outlet: &Outlet) -> Result<(Port, TensorElementType), EngineError> {
    let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
        return Err(EngineError::new(format!("“{}” is not a tensor", outlet.name())));
    };
    let element = element(*ty).ok_or_else(|| {
        EngineError::new(format!("“{}” has elements of type {ty}, which an app cannot hold", outlet.name()))
    })?;
    Ok((Port { name: outlet.name().to_owned(), shape: sides(shape), element }, *ty))
}

fn element(kind: TensorElementType) -> Option<Element> {
    use TensorElementType as Kind;
    match kind {
        Kind::Float32 | Kind::Float16 | Kind::Bfloat16 | Kind::Float64 => Some(Element::Float32),
        Kind::Uint8 | Kind::Bool => Some(Element::Uint8),
        Kind::Int8 | Kind::Int16 | Kind::Uint16 | Kind::Int32 => Some(Element::Int32),
        Kind::Int64 | Kind::Uint32 | Kind::Uint64 => Some(Element::Int64),
        _ => None,
    }
}

/// Open dimensions are negative there and 0 here.
fn sides(shape: &[i64]) -> Vec<usize> {
    shape.iter().map(|&side| usize::try_from(side).unwrap_or(0)).collect()
}

/// A number that the narrower type cannot hold becomes the nearest that it can.
macro_rules! narrowed {
    ($data:expr => $kind:ty) => {
        $data.iter().map(|&n| <$kind>::try_from(n).unwrap_or(if n < 0 { <$kind>::MIN } else { <$kind>::MAX })).collect()
    };
}

/// The tensor as the model takes it.
pub(super) fn into_ort(tensor: &Tensor, wanted: TensorElementType) -> Result<SessionInputValue<'_>, EngineError> {
    use TensorElementType as Kind;
    let shape = tensor.shape();
    match (tensor.data(), wanted) {
        (Data::Float32(data), Kind::Float32) => viewed(shape, data),
        (Data::Float32(data), Kind::Float16) => owned(shape, Vec::<f16>::from_f32_slice(data)),
        (Data::Float32(data), Kind::Bfloat16) => owned(shape, Vec::<bf16>::from_f32_slice(data)),
        (Data::Float32(data), Kind::Float64) => owned(shape, data.iter().map(|&n| f64::from(n)).collect()),
        (Data::Uint8(data), Kind::Uint8) => viewed(shape, data),
        (Data::Uint8(data), Kind::Bool) => owned(shape, data.iter().map(|&n| n != 0).collect()),
        (Data::Int32(data), Kind::Int32) => viewed(shape, data),
        (Data::Int32(data), Kind::Int8) => owned::<i8>(shape, narrowed!(data => i8)),
        (Data::Int32(data), Kind::Int16) => owned::<i16>(shape, narrowed!(data => i16)),
        (Data::Int32(data), Kind::Uint16) => owned::<u16>(shape, narrowed!(data => u16)),
        (Data::Int64(data), Kind::Int64) => viewed(shape, data),
        (Data::Int64(data), Kind::Uint32) => owned::<u32>(shape, narrowed!(data => u32)),
        (Data::Int64(data), Kind::Uint64) => owned::<u64>(shape, narrowed!(data => u64)),
        (_, wanted) => {
            return Err(EngineError::new(format!(
                "elements of {} do not fit the model's {wanted}",
                tensor.element().name()
            )));
        }
    }
    .map_err(|error| explain(&error))
}

fn viewed<'a, T>(shape: &[usize], data: &'a [T]) -> ort::Result<SessionInputValue<'a>>
where
    T: PrimitiveTensorElementType + Clone + std::fmt::Debug + 'static,
{
    Ok(TensorRef::from_array_view((shape.to_vec(), data))?.into())
}

fn owned<T>(shape: &[usize], data: Vec<T>) -> ort::Result<SessionInputValue<'static>>
where
    T: PrimitiveTensorElementType + Clone + std::fmt::Debug + 'static,
{
    Ok(OrtTensor::from_array((shape.to_vec(), data))?.into())
}

/// A model's answer, copied out of ONNX Runtime's memory once.
pub(super) fn from_ort(value: &DynValue) -> Result<Tensor, EngineError> {
    use TensorElementType as Kind;
    let ValueType::Tensor { ty, shape, .. } = value.dtype() else {
        return Err(EngineError::new("an output is not a tensor"));
    };
    let data = match ty {
        Kind::Float32 => copied(value, <[f32]>::to_vec).map(Data::Float32),
        Kind::Float16 => copied(value, <[f16]>::to_f32_vec).map(Data::Float32),
        Kind::Bfloat16 => copied(value, <[bf16]>::to_f32_vec).map(Data::Float32),
        Kind::Float64 => copied(value, |data: &[f64]| widened(data, |n| n as f32)).map(Data::Float32),
        Kind::Uint8 => copied(value, <[u8]>::to_vec).map(Data::Uint8),
        Kind::Bool => copied(value, |data: &[bool]| widened(data, u8::from)).map(Data::Uint8),
        Kind::Int8 => copied(value, |data: &[i8]| widened(data, i32::from)).map(Data::Int32),
        Kind::Int16 => copied(value, |data: &[i16]| widened(data, i32::from)).map(Data::Int32),
        Kind::Uint16 => copied(value, |data: &[u16]| widened(data, i32::from)).map(Data::Int32),
        Kind::Int32 => copied(value, <[i32]>::to_vec).map(Data::Int32),
        Kind::Uint32 => copied(value, |data: &[u32]| widened(data, i64::from)).map(Data::Int64),
        Kind::Uint64 => {
            copied(value, |data: &[u64]| widened(data, |n| i64::try_from(n).unwrap_or(i64::MAX))).map(Data::Int64)
        }
        Kind::Int64 => copied(value, <[i64]>::to_vec).map(Data::Int64),
        other => {
            return Err(EngineError::new(format!("an output has elements of type {other}, which an app cannot hold")));
        }
    }
    .map_err(|error| explain(&error))?;
    Tensor::new(sides(shape), data).map_err(EngineError::new)
}

fn copied<T: PrimitiveTensorElementType, U>(value: &DynValue, convert: impl Fn(&[T]) -> Vec<U>) -> ort::Result<Vec<U>> {
    value.try_extract_tensor::<T>().map(|(_, data)| convert(data))
}

fn widened<T: Copy, U>(data: &[T], widen: impl Fn(T) -> U) -> Vec<U> {
    data.iter().map(|&n| widen(n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_becomes_the_nearest_that_does() {
        let narrow: Vec<i8> = narrowed!([-300_i32, -1, 300] => i8);
        assert_eq!(narrow, [-128, -1, 127]);
        let positive: Vec<u32> = narrowed!([-5_i64, 7, 1 << 40] => u32);
        assert_eq!(positive, [0, 7, u32::MAX]);
    }

    #[test]
    fn types_are_widened_as_the_other_engine_does() {
        assert_eq!(element(TensorElementType::Float16), Some(Element::Float32));
        assert_eq!(element(TensorElementType::Bool), Some(Element::Uint8));
        assert_eq!(element(TensorElementType::Int8), Some(Element::Int32));
        assert_eq!(element(TensorElementType::Uint32), Some(Element::Int64));
        assert_eq!(element(TensorElementType::String), None);
    }
}
