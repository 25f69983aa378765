//! A look into an ONNX file before ONNX Runtime gets it: what would make it read other files is refused.
//!
//! The file is walked as protobuf, by the few fields that lead to nodes and weights. Whatever ONNX Runtime makes of a
//! field that is given twice, every occurrence is looked at here.

use vision_runner::engine::EngineError;

/// How deep graphs may lie in each other, counted in messages; protobuf's own limit is 100.
const DEEPEST: usize = 90;

/// What of a file's content matters to how it is computed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// Whether an input leaves a side open beyond the first.
    pub(super) open_sides: bool,
    /// Weights of 16-bit floating point.
    pub(super) halves: usize,
    /// Whether there is a graph at all.
    graph: bool,
}

/// The messages of `onnx.proto` that lead to nodes and weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    Model,
    Training,
    Function,
    Graph,
    Node,
    Attribute,
    Tensor,
    Sparse,
    Input,
}

impl Message {
    fn child(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) | (Self::Training, 1 | 2) | (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Model, 20) => Self::Training,
            (Self::Model, 25) => Self::Function,
            (Self::Graph, 1) | (Self::Function, 7) => Self::Node,
            (Self::Graph, 11) => Self::Input,
            (Self::Node, 5) | (Self::Function, 11) => Self::Attribute,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::Sparse, 1 | 2) => Self::Tensor,
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Self::Sparse,
            _ => return None,
        })
    }
}

/// One field of a message.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

/// Looks at the file.
///
/// # Errors
/// When it is no ONNX model, or one that wants other files.
pub(super) fn inspect(file: &[u8]) -> Result<Content, EngineError> {
    let mut content = Content::default();
    visit(file, Message::Model, DEEPEST, &mut content)?;
    if !content.graph {
        return Err(EngineError::new("is not an ONNX model: it holds no graph"));
    }
    Ok(content)
}

fn visit(mut bytes: &[u8], message: Message, depth: usize, content: &mut Content) -> Result<(), EngineError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(EngineError::new("its graphs lie too deep in each other"));
    };
    let (mut name, mut external) = (None, false);
    while let Some((field, value)) = next(&mut bytes)? {
        match (message, field, &value) {
            (Message::Model, 7, _) => content.graph = true,
            (Message::Tensor, 8, Value::Bytes(text)) => name = Some(*text),
            (Message::Node, 4, Value::Bytes(b"EPContext")) => return Err(context_node()),
            (Message::Tensor, 2, Value::Number(10)) => content.halves += 1,
            (Message::Tensor, 14, Value::Number(place)) => external |= *place != 0,
            (Message::Input, 2, Value::Bytes(kind)) => content.open_sides |= has_open_sides(kind)?,
            _ => {}
        }
        if let (Some(child), Value::Bytes(inner)) = (message.child(field), value) {
            visit(inner, child, depth, content)?;
        }
    }
    if external {
        let name = name.map(String::from_utf8_lossy).unwrap_or_default();
        return Err(EngineError::new(format!(
            "the weights “{name}” lie in another file; export the model as a single file, with its weights inside"
        )));
    }
    Ok(())
}

/// Such a node holds a program for one kind of device, which would run as it is, or the name of a file with one.
fn context_node() -> EngineError {
    EngineError {
        operator: Some("EPContext".to_owned()),
        ..EngineError::new("the model was compiled for one device; publish the model that it was compiled from")
    }
}

/// `TypeProto` → tensor → shape → dimensions; only a length (field 1) closes one.
fn has_open_sides(kind: &[u8]) -> Result<bool, EngineError> {
    let mut open = false;
    for tensor in messages(kind, 1)? {
        for shape in messages(tensor, 2)? {
            for side in messages(shape, 1)?.into_iter().skip(1) {
                let mut rest = side;
                let mut length = None;
                while let Some((field, value)) = next(&mut rest)? {
                    if let (1, Value::Number(given)) = (field, value) {
                        length = Some(given);
                    }
                }
                open |= length.is_none();
            }
        }
    }
    Ok(open)
}

fn messages(mut bytes: &[u8], wanted: u64) -> Result<Vec<&[u8]>, EngineError> {
    let mut found = Vec::new();
    while let Some((field, value)) = next(&mut bytes)? {
        if let (true, Value::Bytes(inner)) = (field == wanted, value) {
            found.push(inner);
        }
    }
    Ok(found)
}

/// Takes one field off the front.
fn next<'a>(bytes: &mut &'a [u8]) -> Result<Option<(u64, Value<'a>)>, EngineError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let field = |bytes: &mut &'a [u8]| -> Option<(u64, Value<'a>)> {
        let key = varint(bytes)?;
        let value = match key & 7 {
            0 => Value::Number(varint(bytes)?),
            1 => bytes.split_off(..8).map(|_| Value::Fixed)?,
            2 => {
                let length = usize::try_from(varint(bytes)?).ok()?;
                Value::Bytes(bytes.split_off(..length)?)
            }
            5 => bytes.split_off(..4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        Some((key >> 3, value))
    };
    field(bytes)
        .map(Some)
        .ok_or_else(|| EngineError::new("is not an ONNX model: it is broken, or another kind of file"))
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.split_off_first()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The model `y = x + x` of one number.
pub(super) fn smallest() -> Vec<u8> {
    let value = |name: &[u8]| {
        let shape = field(2, &field(1, &[1 << 3, 1]));
        let kind = field(2, &field(1, &[vec![1 << 3, 1], shape].concat()));
        [field(1, name), kind].concat()
    };
    let node = [field(1, b"x"), field(1, b"x"), field(2, b"y"), field(4, b"Add")].concat();
    let graph = [field(1, &node), field(2, b"g"), field(11, &value(b"x")), field(12, &value(b"y"))].concat();
    [vec![1 << 3, 8], field(7, &graph), field(8, &[2 << 3, 13])].concat()
}

fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[number << 3 | 2, length], content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(graph: &[Vec<u8>]) -> Vec<u8> {
        [vec![1 << 3, 8], field(7, &graph.concat()), field(8, &[2 << 3, 13])].concat()
    }

    fn external(name: &[u8]) -> Vec<u8> {
        let place = [field(1, b"location"), field(2, b"../../etc/passwd")].concat();
        [vec![1 << 3, 2, 2 << 3, 1], field(8, name), field(13, &place), vec![14 << 3, 1]].concat()
    }

    #[test]
    fn a_whole_file_passes() {
        assert!(inspect(&smallest()).is_ok_and(|content| !content.open_sides && content.halves == 0));
    }

    #[test]
    fn what_is_no_model_is_refused() {
        for file in [&b""[..], b"\x89PNG\r\n\x1a\n", b"\x08\x07", b"\x00\x00\x00\x00ORTM", b"\x3a\xff", &[0xff; 32]] {
            assert!(inspect(file).unwrap_err().message.contains("not an ONNX model"), "{file:?}");
        }
    }

    #[test]
    fn weights_in_other_files_are_refused_wherever_they_stand() {
        let tensor = external(b"w");
        let constant = field(1, &field(5, &field(5, &tensor)));
        let nested = field(1, &field(5, &field(6, &field(5, &tensor))));
        let sparse = field(15, &field(1, &tensor));
        for graph in [field(5, &tensor), constant, nested, sparse] {
            let error = inspect(&model(&[graph])).unwrap_err();
            assert!(error.message.contains("“w” lie in another file"), "{error}");
        }
        let node = field(7, &field(5, &field(5, &tensor)));
        let length = u8::try_from(node.len()).unwrap();
        let function = [model(&[]), vec![0xca, 1, length], node].concat();
        assert!(inspect(&function).is_err());
    }

    #[test]
    fn compiled_models_are_refused() {
        let node = field(1, &[field(4, b"EPContext"), field(7, b"com.microsoft")].concat());
        assert_eq!(inspect(&model(&[node])).unwrap_err().operator.as_deref(), Some("EPContext"));
    }

    #[test]
    fn graphs_in_graphs_end_somewhere() {
        let mut graph = Vec::new();
        for _ in 0..40 {
            // Longer than what `field` writes, hence by hand.
            let wrap = |number: u8, inner: &[u8]| {
                let (low, high) = ((inner.len() & 0x7f) as u8 | 0x80, (inner.len() >> 7) as u8);
                [&[number << 3 | 2, low, high], inner].concat()
            };
            graph = wrap(1, &wrap(5, &wrap(6, &graph)));
        }
        let file =
            [&[7 << 3 | 2, (graph.len() & 0x7f) as u8 | 0x80, (graph.len() >> 7) as u8], graph.as_slice()].concat();
        assert!(inspect(&file).unwrap_err().message.contains("too deep"));
    }

    #[test]
    fn open_sides_count_beyond_the_first() {
        let side = |length: Option<u8>| field(1, &length.map_or(field(2, b"n"), |n| vec![1 << 3, n]));
        for (sides, open) in [([None, Some(3)], false), ([Some(1), None], true), ([Some(1), Some(2)], false)] {
            let shape = field(2, &sides.map(side).concat());
            let kind = field(2, &field(1, &[vec![1 << 3, 1], shape].concat()));
            let input = field(11, &[field(1, b"x"), kind].concat());
            assert_eq!(inspect(&model(&[input])).unwrap().open_sides, open, "{sides:?}");
        }
    }
}
