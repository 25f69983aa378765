//! Other versions of a real model: in 16-bit floating point, or with its first dimension left open.
//!
//! The file is taken apart as protobuf and put together again; `onnx.proto` gives the numbers of the fields.

use half::{f16, slice::HalfFloatSliceExt, vec::HalfFloatVecExt};

const FLOAT: u64 = 1;
const FLOAT16: u64 = 10;

type Fields = Vec<(u64, Field)>;

#[derive(Clone)]
enum Field {
    Number(u64),
    Fixed(Vec<u8>),
    Bytes(Vec<u8>),
}

/// Weights, inputs and outputs of 32 bits become those of 16.
pub(crate) fn halved(file: &[u8]) -> Vec<u8> {
    in_graph(file, |graph| {
        // What the file states of inner values is left out: it would have to change, too.
        graph.retain(|(number, _)| *number != 13);
        for (number, field) in graph {
            match number {
                5 => change(field, half_weights),
                11 | 12 => change(field, |value| in_tensor_type(value, |tensor| set(tensor, 1, FLOAT, FLOAT16))),
                _ => {}
            }
        }
    })
}

/// The first dimension of each input and output takes any length.
pub(crate) fn opened(file: &[u8]) -> Vec<u8> {
    in_graph(file, |graph| {
        graph.retain(|(number, _)| *number != 13);
        for (number, field) in graph {
            if let 11 | 12 = number {
                change(field, |value| in_tensor_type(value, |tensor| inside(tensor, 2, open_first)));
            }
        }
    })
}

fn open_first(shape: &mut Fields) {
    if let Some((_, first)) = shape.iter_mut().find(|(number, _)| *number == 1) {
        *first = Field::Bytes(put_together(&vec![(2, Field::Bytes(b"N".to_vec()))]));
    }
}

fn half_weights(tensor: &mut Fields) {
    if !tensor.iter().any(|(number, field)| *number == 2 && matches!(field, Field::Number(FLOAT))) {
        return;
    }
    let mut floats = Vec::new();
    for (number, field) in tensor.iter() {
        if let (4 | 9, Field::Bytes(bytes)) = (number, field) {
            floats.extend(bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])));
        }
    }
    let halves = Vec::<f16>::from_f32_slice(&floats);
    let raw = halves.reinterpret_cast().iter().flat_map(|half: &u16| half.to_le_bytes()).collect();
    tensor.retain(|(number, _)| !matches!(number, 4 | 9));
    set(tensor, 2, FLOAT, FLOAT16);
    tensor.push((9, Field::Bytes(raw)));
}

fn in_graph(file: &[u8], edit: impl Fn(&mut Fields)) -> Vec<u8> {
    let mut model = take_apart(file);
    inside(&mut model, 7, edit);
    put_together(&model)
}

fn in_tensor_type(value: &mut Fields, edit: impl Fn(&mut Fields)) {
    inside(value, 2, |kind| inside(kind, 1, &edit));
}

fn inside(fields: &mut Fields, wanted: u64, edit: impl Fn(&mut Fields)) {
    for (_, field) in fields.iter_mut().filter(|(number, _)| *number == wanted) {
        change(field, &edit);
    }
}

fn change(field: &mut Field, edit: impl Fn(&mut Fields)) {
    if let Field::Bytes(bytes) = field {
        let mut fields = take_apart(bytes);
        edit(&mut fields);
        *bytes = put_together(&fields);
    }
}

fn set(fields: &mut Fields, wanted: u64, from: u64, to: u64) {
    for (number, field) in fields {
        if let (true, Field::Number(value)) = (*number == wanted, field)
            && *value == from
        {
            *value = to;
        }
    }
}

fn take_apart(mut bytes: &[u8]) -> Fields {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Number(varint(&mut bytes)),
            1 => Field::Fixed(bytes.split_off(..8).expect("eight bytes").to_vec()),
            5 => Field::Fixed(bytes.split_off(..4).expect("four bytes").to_vec()),
            _ => {
                let length = usize::try_from(varint(&mut bytes)).expect("a length");
                Field::Bytes(bytes.split_off(..length).expect("a whole field").to_vec())
            }
        };
        fields.push((key >> 3, field));
    }
    fields
}

fn put_together(fields: &Fields) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, field) in fields {
        let kind = match field {
            Field::Number(_) => 0,
            Field::Fixed(fixed) if fixed.len() == 8 => 1,
            Field::Fixed(_) => 5,
            Field::Bytes(_) => 2,
        };
        push_varint(&mut bytes, number << 3 | kind);
        match field {
            Field::Number(value) => push_varint(&mut bytes, *value),
            Field::Fixed(fixed) => bytes.extend(fixed),
            Field::Bytes(inner) => {
                push_varint(&mut bytes, inner.len() as u64);
                bytes.extend(inner);
            }
        }
    }
    bytes
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.split_off_first().expect("a whole number");
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

fn push_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
