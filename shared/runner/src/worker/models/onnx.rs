//! As much of an ONNX file as tells what its operators do to the first dimension. Weights are passed over.
//!
//! The engine reads the same file with a parser of its own. Whatever the two might take for different things, such as a
//! field that comes twice, is refused here.

use std::{collections::HashMap, str};

/// Integers that a constant may hold to be read: shapes, axes, paddings.
const MOST_INTEGERS: usize = 64;

/// A graph, borrowed from the file.
#[derive(Default)]
pub(super) struct Graph<'a> {
    pub(super) opset: i64,
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) constants: HashMap<&'a str, Constant>,
    /// Inputs with the number of their dimensions.
    pub(super) inputs: Vec<(&'a str, usize)>,
    pub(super) outputs: Vec<&'a str>,
}

/// One operator.
#[derive(Default)]
pub(super) struct Node<'a> {
    pub(super) operator: &'a str,
    pub(super) domain: &'a str,
    pub(super) inputs: Vec<&'a str>,
    pub(super) outputs: Vec<&'a str>,
    pub(super) attributes: HashMap<&'a str, Attribute>,
}

/// What an operator's attribute says.
#[derive(Default)]
pub(super) struct Attribute {
    pub(super) integers: Vec<i64>,
    pub(super) tensor: Option<Constant>,
    /// Whether it is a graph of its own, as loops have.
    pub(super) is_graph: bool,
}

/// A tensor of the file.
#[derive(Clone, Default)]
pub(super) struct Constant {
    pub(super) shape: Vec<i64>,
    /// Its elements, where they are a few 64-bit integers.
    pub(super) integers: Option<Vec<i64>>,
}

impl<'a> Graph<'a> {
    /// `None` where the file is not what ONNX says.
    pub(super) fn read(file: &'a [u8]) -> Option<Self> {
        let mut graph = Self::default();
        for field in Fields(file) {
            match field? {
                (7, Field::Bytes(bytes)) => graph.fill(bytes)?,
                (8, Field::Bytes(bytes)) => {
                    let (mut domain, mut version) = ("", 0);
                    for field in Fields(bytes) {
                        match field? {
                            (1, Field::Bytes(name)) => domain = str::from_utf8(name).ok()?,
                            (2, Field::Integer(number)) => version = number,
                            _ => {}
                        }
                    }
                    if matches!(domain, "" | "ai.onnx") && std::mem::replace(&mut graph.opset, version) != 0 {
                        return None;
                    }
                }
                // Functions of the model's own, which may go by the name of any operator.
                (25, _) => return None,
                _ => {}
            }
        }
        Some(graph)
    }

    fn fill(&mut self, bytes: &'a [u8]) -> Option<()> {
        for field in Fields(bytes) {
            match field? {
                (1, Field::Bytes(node)) => self.nodes.push(Node::read(node)?),
                (5, Field::Bytes(tensor)) => {
                    let (name, constant) = tensor_of(tensor)?;
                    if self.constants.insert(name, constant).is_some() {
                        return None;
                    }
                }
                (11, Field::Bytes(value)) => self.inputs.push(value_of(value)?),
                (12, Field::Bytes(value)) => self.outputs.push(value_of(value)?.0),
                _ => {}
            }
        }
        Some(())
    }
}

impl<'a> Node<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut node = Self::default();
        for field in Fields(bytes) {
            match field? {
                (1, Field::Bytes(name)) => node.inputs.push(str::from_utf8(name).ok()?),
                (2, Field::Bytes(name)) => node.outputs.push(str::from_utf8(name).ok()?),
                (4, Field::Bytes(name)) => node.operator = str::from_utf8(name).ok()?,
                (5, Field::Bytes(attribute)) => {
                    let (name, attribute) = attribute_of(attribute)?;
                    if node.attributes.insert(name, attribute).is_some() {
                        return None;
                    }
                }
                (7, Field::Bytes(name)) => node.domain = str::from_utf8(name).ok()?,
                _ => {}
            }
        }
        Some(node)
    }
}

fn attribute_of(bytes: &[u8]) -> Option<(&str, Attribute)> {
    /// The numbers of an attribute's types: one integer, a tensor, integers.
    const INT: i64 = 2;
    const TENSOR: i64 = 4;
    const INTS: i64 = 7;
    let (mut name, mut kind, mut integer, mut listed, mut tensor) = ("", 0, 0, Vec::new(), None);
    let mut is_graph = false;
    for field in Fields(bytes) {
        match field? {
            (1, Field::Bytes(bytes)) => name = str::from_utf8(bytes).ok()?,
            (3, Field::Integer(number)) => integer = number,
            (5, Field::Bytes(bytes)) if tensor.is_none() => tensor = Some(tensor_of(bytes)?.1),
            (5, _) => return None,
            (8, field) => integers(field, &mut listed)?,
            (20, Field::Integer(number)) => kind = number,
            (6 | 11, _) => is_graph = true,
            _ => {}
        }
    }
    let integers = match kind {
        INT => vec![integer],
        INTS => listed,
        _ => Vec::new(),
    };
    Some((name, Attribute { integers, tensor: tensor.filter(|_| kind == TENSOR), is_graph }))
}

fn tensor_of(bytes: &[u8]) -> Option<(&str, Constant)> {
    /// The number of the type of 64-bit integers.
    const INT64: i64 = 7;
    let (mut name, mut constant, mut kind, mut listed, mut raw) = ("", Constant::default(), 0, Vec::new(), None);
    for field in Fields(bytes) {
        match field? {
            (1, field) => integers(field, &mut constant.shape)?,
            (2, Field::Integer(integer)) => kind = integer,
            (7, field) => integers(field, &mut listed)?,
            (8, Field::Bytes(bytes)) => name = str::from_utf8(bytes).ok()?,
            (9, Field::Bytes(bytes)) => raw = Some(bytes),
            _ => {}
        }
    }
    if let Some(raw) = raw.filter(|raw| raw.len() <= MOST_INTEGERS * 8) {
        if !listed.is_empty() {
            return None;
        }
        listed = raw.chunks_exact(8).filter_map(|eight| eight.try_into().ok().map(i64::from_le_bytes)).collect();
    }
    let count = constant.shape.iter().try_fold(1_i64, |product, side| product.checked_mul(*side))?;
    constant.integers = (kind == INT64 && usize::try_from(count).is_ok_and(|n| n == listed.len())).then_some(listed);
    Some((name, constant))
}

fn value_of(bytes: &[u8]) -> Option<(&str, usize)> {
    let name = str::from_utf8(only(bytes, 1)?).ok()?;
    let shape = only(bytes, 2).and_then(|kind| only(kind, 1)).and_then(|tensor| only(tensor, 2));
    Some((name, shape.map_or(0, |shape| Fields(shape).flatten().filter(|(number, _)| *number == 1).count())))
}

/// The field of that number, if it is there once.
fn only(bytes: &[u8], number: u64) -> Option<&[u8]> {
    let mut found = None;
    for field in Fields(bytes) {
        match field? {
            (this, Field::Bytes(bytes)) if this == number && found.is_none() => found = Some(bytes),
            (this, _) if this == number => return None,
            _ => {}
        }
    }
    found
}

/// A repeated integer: packed, or one at a time.
fn integers(field: Field<'_>, into: &mut Vec<i64>) -> Option<()> {
    match field {
        Field::Integer(integer) => into.push(integer),
        Field::Bytes(mut bytes) => {
            while !bytes.is_empty() && into.len() <= MOST_INTEGERS {
                into.push(varint(&mut bytes)? as i64);
            }
        }
        Field::Other => return None,
    }
    (into.len() <= MOST_INTEGERS).then_some(())
}

/// A field of a protobuf message.
#[derive(Clone, Copy)]
enum Field<'a> {
    Integer(i64),
    Bytes(&'a [u8]),
    Other,
}

/// The fields of a message, with their numbers; `None` once where it is broken, which ends them.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Field<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Field<'a>)> {
        let tag = varint(&mut self.0)?;
        let field = match tag & 7 {
            0 => Field::Integer(varint(&mut self.0)? as i64),
            1 => self.take(8).map(|_| Field::Other)?,
            2 => {
                let length = usize::try_from(varint(&mut self.0)?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Field::Other)?,
            _ => return None,
        };
        Some((tag >> 3, field))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
