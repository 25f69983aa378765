//! The numbers of a tensor in a file.

use half::{bf16, f16};
use tract_onnx::pb::{TensorProto, tensor_proto::DataType};
use vision_protocol::Fault;

pub(super) const FLOAT: i32 = DataType::Float as i32;
pub(super) const UINT8: i32 = DataType::Uint8 as i32;
pub(super) const INT32: i32 = DataType::Int32 as i32;
pub(super) const INT64: i32 = DataType::Int64 as i32;

/// The numbers, in the order of the file.
///
/// # Errors
/// When there are not as many as the tensor's sides say, or it holds something else.
pub(super) fn numbers(tensor: &TensorProto) -> Result<Vec<f64>, Fault> {
    let raw = tensor.raw_data.as_slice();
    let whole = |as_i32: fn(i32) -> f64| tensor.int32_data.iter().copied().map(as_i32).collect();
    let read = match DataType::try_from(tensor.data_type) {
        Ok(DataType::Float) if raw.is_empty() => tensor.float_data.iter().copied().map(f64::from).collect(),
        Ok(DataType::Float) => each(raw, |bytes| f64::from(f32::from_le_bytes(bytes))),
        Ok(DataType::Double) if raw.is_empty() => tensor.double_data.clone(),
        Ok(DataType::Double) => each(raw, f64::from_le_bytes),
        Ok(DataType::Float16) if raw.is_empty() => whole(|bits| f16::from_bits(bits as u16).to_f64()),
        Ok(DataType::Float16) => each(raw, |bytes| f16::from_le_bytes(bytes).to_f64()),
        Ok(DataType::Bfloat16) if raw.is_empty() => whole(|bits| bf16::from_bits(bits as u16).to_f64()),
        Ok(DataType::Bfloat16) => each(raw, |bytes| bf16::from_le_bytes(bytes).to_f64()),
        Ok(DataType::Int64) if raw.is_empty() => tensor.int64_data.iter().map(|&number| number as f64).collect(),
        Ok(DataType::Int64) => each(raw, |bytes| i64::from_le_bytes(bytes) as f64),
        Ok(
            DataType::Uint8 | DataType::Int8 | DataType::Uint16 | DataType::Int16 | DataType::Int32 | DataType::Bool,
        ) if raw.is_empty() => whole(f64::from),
        Ok(DataType::Uint8 | DataType::Bool) => each(raw, |[byte]| f64::from(byte)),
        Ok(DataType::Int8) => each(raw, |bytes| f64::from(i8::from_le_bytes(bytes))),
        Ok(DataType::Uint16) => each(raw, |bytes| f64::from(u16::from_le_bytes(bytes))),
        Ok(DataType::Int16) => each(raw, |bytes| f64::from(i16::from_le_bytes(bytes))),
        Ok(DataType::Int32) => each(raw, |bytes| f64::from(i32::from_le_bytes(bytes))),
        other => {
            let kind = other.map_or_else(|_| tensor.data_type.to_string(), |kind| kind.as_str_name().to_owned());
            return Err(Fault::new(place(tensor), format!("its type, {kind}, cannot be converted")));
        }
    };
    let wanted =
        tensor.dims.iter().try_fold(1_usize, |product, &side| product.checked_mul(usize::try_from(side).ok()?));
    if wanted != Some(read.len()) {
        let words = format!("its sides are {:?}, but it holds {} numbers", tensor.dims, read.len());
        return Err(Fault::new(place(tensor), words));
    }
    Ok(read)
}

/// A tensor of floating point.
pub(super) fn floats(name: String, dims: Vec<i64>, values: impl IntoIterator<Item = f32>) -> TensorProto {
    let raw_data = values.into_iter().flat_map(f32::to_le_bytes).collect();
    TensorProto { name, dims, data_type: FLOAT, raw_data, ..TensorProto::default() }
}

/// A tensor of whole numbers.
pub(super) fn whole(name: String, dims: Vec<i64>, values: &[i64]) -> TensorProto {
    let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    TensorProto { name, dims, data_type: INT64, raw_data, ..TensorProto::default() }
}

fn each<const N: usize>(raw: &[u8], read: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    let (numbers, rest) = raw.as_chunks();
    // Bytes that are no whole number: as many as no shape asks for.
    let broken = if rest.is_empty() { None } else { Some(f64::NAN) };
    numbers.iter().map(|bytes| read(*bytes)).chain(broken).collect()
}

fn place(tensor: &TensorProto) -> String {
    format!("tensor “{}”", tensor.name)
}
