//! Whether a file begins as an ONNX model does. Loading it is the runner's part.

use crate::sniff;

/// How many bytes of a model [`fault`] wants to see.
pub(crate) const HEAD: u64 = 4096;

/// Fields of ONNX's `ModelProto` with their wire types (0 varint, 2 length-delimited).
const FIELDS: [(u64, u64); 12] =
    [(1, 0), (2, 2), (3, 2), (4, 2), (5, 0), (6, 2), (7, 2), (8, 2), (14, 2), (20, 2), (25, 2), (26, 2)];

/// What is wrong with a model of `size` bytes that begins with `head`.
pub(crate) fn fault(head: &[u8], size: u64) -> Option<String> {
    if let Some(kind) = sniff::kind(&head[..head.len().min(sniff::HEAD)]) {
        return Some(format!("is {kind}, not an ONNX model"));
    }
    (!is_model(head, size)).then(|| "is not an ONNX model: it does not begin as one, or is cut off".to_owned())
}

/// Walks the outermost fields as far as `head` reaches. A graph comes in one piece, so its field must fit the file.
fn is_model(head: &[u8], size: u64) -> bool {
    let goes_on = (head.len() as u64) < size;
    let mut at = 0_usize;
    let mut fields = 0;
    while at < head.len() {
        let Some((tag, length)) = varint(&head[at..]) else { return goes_on && fields > 0 && head.len() - at < 10 };
        at += length;
        let field = (tag >> 3, tag & 7);
        if !FIELDS.contains(&field) {
            return false;
        }
        let Some((value, length)) = varint(&head[at..]) else { return goes_on && fields > 0 && head.len() - at < 10 };
        at += length;
        if field.1 == 2 {
            if value > size.saturating_sub(at as u64) {
                return false;
            }
            at = usize::try_from(value).ok().and_then(|value| at.checked_add(value)).unwrap_or(usize::MAX);
        }
        fields += 1;
    }
    fields > 0
}

fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(7 * index as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}
