use super::*;

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn field(number: u64, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    [varint(number << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

fn number(number: u64, value: i64) -> Vec<u8> {
    [varint(number << 3), varint(value as u64)].concat()
}

fn value(name: &str, rank: usize) -> Vec<u8> {
    let shape = field(2, field(1, []).repeat(rank));
    [field(1, name), field(2, field(1, [number(1, 1), shape].concat()))].concat()
}

/// An initializer: 64-bit integers, or as much as a shape of others.
fn constant(name: &str, shape: &[i64], integers: &[i64]) -> Vec<u8> {
    let shape: Vec<u8> = shape.iter().flat_map(|side| number(1, *side)).collect();
    let kind = number(2, if integers.is_empty() { 1 } else { 7 });
    let raw: Vec<u8> = integers.iter().flat_map(|integer| integer.to_le_bytes()).collect();
    field(5, [shape, kind, field(8, name), field(9, raw)].concat())
}

fn integer(name: &str, value: i64) -> Vec<u8> {
    field(5, [field(1, name), number(3, value), number(20, 2)].concat())
}

fn integers(name: &str, values: &[i64]) -> Vec<u8> {
    let values: Vec<u8> = values.iter().flat_map(|value| number(8, *value)).collect();
    field(5, [field(1, name), values, number(20, 7)].concat())
}

fn node(operator: &str, inputs: &[&str], output: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let inputs: Vec<u8> = inputs.iter().flat_map(|name| field(1, name)).collect();
    field(1, [inputs, field(2, output), field(4, operator), attributes.concat()].concat())
}

/// From `x` of four dimensions to `y`.
fn model(parts: &[Vec<u8>]) -> Vec<u8> {
    let graph = [parts.concat(), field(11, value("x", 4)), field(12, value("y", 4))].concat();
    [field(7, graph), field(8, number(2, 13))].concat()
}

fn one(operator: &str, others: &[&str], attributes: &[Vec<u8>], constants: &[Vec<u8>]) -> bool {
    let inputs = [&["x"], others].concat();
    stay_apart(&model(&[node(operator, &inputs, "y", attributes), constants.concat()]))
}

#[test]
fn operators_that_keep_to_their_item_are_known() {
    assert!(one("Relu", &[], &[], &[]));
    assert!(one("Conv", &["w"], &[], &[constant("w", &[8, 3, 3, 3], &[])]));
    assert!(one("Add", &["w"], &[], &[constant("w", &[1, 3, 1, 1], &[])]));
    assert!(one("Add", &["x"], &[], &[]));
    assert!(one("MatMul", &["w"], &[], &[constant("w", &[8, 3], &[])]));
    assert!(one("Flatten", &[], &[], &[]));
    assert!(one("Reshape", &["s"], &[], &[constant("s", &[2], &[0, -1])]));
    assert!(one("Transpose", &[], &[integers("perm", &[0, 2, 3, 1])], &[]));
    assert!(one("Concat", &["x"], &[integer("axis", -1)], &[]));
    assert!(one("Softmax", &[], &[], &[]));
    assert!(one("ReduceMean", &[], &[integers("axes", &[2, 3]), integer("keepdims", 0)], &[]));
    assert!(one("Slice", &["a", "a", "a"], &[], &[constant("a", &[1], &[2])]));
}

#[test]
fn operators_by_which_items_could_meet_forbid_batches() {
    // Across the items.
    assert!(!one("ReduceMean", &[], &[integers("axes", &[0])], &[]));
    assert!(!one("ReduceMean", &[], &[], &[]));
    assert!(!one("ReduceMax", &[], &[integers("axes", &[1, -4])], &[]));
    assert!(!one("Softmax", &[], &[integer("axis", 0)], &[]));
    assert!(!one("Concat", &["x"], &[integer("axis", 0)], &[]));
    assert!(!one("Transpose", &[], &[integers("perm", &[1, 0, 2, 3])], &[]));
    assert!(!one("Reshape", &["s"], &[], &[constant("s", &[2], &[-1, 6])]));
    assert!(!one("Reshape", &["s"], &[], &[constant("s", &[2], &[1, -1])]));
    assert!(!one("Flatten", &[], &[integer("axis", 0)], &[]));
    assert!(!one("Slice", &["a", "a", "a"], &[], &[constant("a", &[1], &[0])]));
    // One that other values depend on, and one that is not the same for each item.
    assert!(!one("Conv", &["x"], &[], &[]));
    assert!(!one("Add", &["w"], &[], &[constant("w", &[2, 3, 1, 1], &[])]));
    assert!(!one("Add", &["w"], &[], &[constant("w", &[2, 1, 3, 1, 1], &[])]));
    // A mean over the batch, as in training.
    assert!(!one(
        "BatchNormalization",
        &["w", "w", "w", "w"],
        &[integer("training_mode", 1)],
        &[constant("w", &[3], &[])]
    ));
    // Not known, or not ONNX's own.
    assert!(!one("Gather", &["s"], &[], &[constant("s", &[1], &[0])]));
    assert!(!one("Relu", &[], &[field(7, "com.example")], &[]));
    // Not an answer for each item.
    assert!(!stay_apart(&model(&[node("Identity", &["w"], "y", &[]), constant("w", &[4], &[])])));
    assert!(!stay_apart(&model(&[node("Relu", &["z"], "y", &[])])));
}

#[test]
fn what_two_parsers_might_read_in_two_ways_is_refused() {
    let twice = field(5, [field(1, "axis"), number(8, 1), number(20, 2)].concat());
    assert!(!one("Softmax", &[], &[twice], &[]), "integers where there is to be one");
    assert!(!one("Softmax", &[], &[integer("axis", 1), integer("axis", 0)], &[]));
    assert!(!one("Relu", &["", "w"], &[], &[constant("w", &[1], &[]), constant("w", &[1], &[])]));
    assert!(!stay_apart(&[model(&[node("Relu", &["x"], "y", &[])]), field(25, "f")].concat()), "functions");
    let relu = model(&[node("Relu", &["x"], "y", &[])]);
    assert!(!stay_apart(&[relu.clone(), field(8, number(2, 12))].concat()), "two versions");
    assert!(!stay_apart(&relu[..relu.len() - 1]) && !stay_apart(b"\xff\xff") && !stay_apart(b""));
}

#[test]
fn a_real_model_is_followed_to_its_end() {
    assert!(stay_apart(include_bytes!("../../../../../../sample-apps/digit-reader/models/digits.onnx")));
}
