//! Operator by operator.

use tract_onnx::pb::{AttributeProto, NodeProto};
use vision_protocol::Fault;

use super::{Dequantiser, Encoded, Scaling, is_quantised, product, rounded};
use crate::convert::{
    nodes::{at, attribute, float, float_of, input, int, int_of, ints_of, is_onnx, label, made},
    numbers::{self, FLOAT, INT32, UINT8},
};

/// What only moves, drops or repeats numbers, or compares them, which their order tells: as well done on what they stand
/// for. The first input is what is moved.
const MOVES: [&str; 20] = [
    "Reshape",
    "Transpose",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Split",
    "Slice",
    "Gather",
    "GatherElements",
    "GatherND",
    "MaxPool",
    "GlobalMaxPool",
    "ReduceMax",
    "ReduceMin",
    "Identity",
    "Expand",
    "Tile",
    "DepthToSpace",
    "SpaceToDepth",
    "Resize",
];

/// What takes nothing of its input but its shape, or where the greatest lies.
const LOOKS: [&str; 4] = ["Shape", "Size", "ArgMax", "ArgMin"];

impl Dequantiser<'_> {
    /// Writes a node anew.
    pub(super) fn node(&mut self, mut node: NodeProto) -> Result<(), Fault> {
        for input in &mut node.input {
            if let Some(same) = self.alias.get(input) {
                input.clone_from(same);
            }
        }
        if node.output.is_empty() {
            return Err(at(&node, "it has no output"));
        }
        if is_quantised(&node) {
            return self.quantised(&node);
        }
        if !node.input.iter().any(|input| self.encoded.contains_key(input)) {
            self.draft.push(node);
            return Ok(());
        }
        let operator = if is_onnx(&node.domain) { node.op_type.as_str() } else { "" };
        match operator {
            _ if MOVES.contains(&operator) => self.moved(node),
            _ if LOOKS.contains(&operator) => {
                self.take_real(&mut node);
                self.draft.push(node);
                Ok(())
            }
            "Concat" => self.concatenated(&node),
            "Pad" => self.padded(node),
            "Cast" if int_of(&node, "to") == Some(FLOAT.into()) => self.counted(&node),
            _ => {
                for index in 0..node.input.len() {
                    let name = node.input[index].clone();
                    node.input[index] = self.whole(&node, &name)?;
                }
                self.draft.push(node);
                Ok(())
            }
        }
    }

    fn quantised(&mut self, node: &NodeProto) -> Result<(), Fault> {
        match node.op_type.as_str() {
            "QuantizeLinear" => self.quantise(node),
            "DequantizeLinear" => {
                whole_blocks(node)?;
                let scaling = self.scaling(node, 1, 2, int_of(node, "axis").unwrap_or(1))?;
                let real = self.real(node, 0, &scaling)?;
                self.same(&node.output[0], real);
                Ok(())
            }
            "DynamicQuantizeLinear" => self.quantise_as_it_runs(node),
            "QLinearConv" => self.convolution(node),
            "QLinearMatMul" => {
                let factors = vec![self.scaled(node, (0, 1, 2), -1)?, self.scaled(node, (3, 4, 5), -1)?];
                self.computed(node, "MatMul", factors, Vec::new(), (6, 7))
            }
            "QLinearAdd" | "QLinearMul" => {
                let operands = vec![self.scaled(node, (0, 1, 2), 0)?, self.scaled(node, (3, 4, 5), 0)?];
                self.computed(node, &node.op_type["QLinear".len()..], operands, Vec::new(), (6, 7))
            }
            "QLinearWhere" => {
                let condition = node.input.first().cloned().unwrap_or_default();
                let choices = vec![condition, self.scaled(node, (1, 2, 3), 0)?, self.scaled(node, (4, 5, 6), 0)?];
                self.computed(node, "Where", choices, Vec::new(), (7, 8))
            }
            "QLinearConcat" => self.concatenation(node),
            "QLinearReduceMean" => self.mean(node),
            "QGemm" => self.gemm(node),
            "ConvInteger" | "MatMulInteger" => self.sum_of_products(node),
            "MatMulIntegerToFloat" => {
                let factors = vec![self.scaled(node, (0, 2, 4), -1)?, self.scaled(node, (1, 3, 5), -1)?];
                self.product_and_bias(node, factors, 6)
            }
            "DynamicQuantizeMatMul" => {
                let source = node.input.first().cloned().unwrap_or_default();
                let factors = vec![source, self.scaled(node, (1, 2, 3), -1)?];
                self.product_and_bias(node, factors, 4)
            }
            other => self.function(node, &other["QLinear".len()..]),
        }
    }

    /// One input as what it stands for; by the numbers of input, scale and zero point.
    fn scaled(
        &mut self,
        node: &NodeProto,
        (index, scale, zero): (usize, usize, usize),
        axis: i64,
    ) -> Result<String, Fault> {
        let scaling = self.scaling(node, scale, zero, axis)?;
        self.real(node, index, &scaling)
    }

    /// Writes the operator on floating point, and encodes its answer; `answer` is scale and zero point.
    fn computed(
        &mut self,
        node: &NodeProto,
        operator: &str,
        inputs: Vec<String>,
        attributes: Vec<AttributeProto>,
        answer: (usize, usize),
    ) -> Result<(), Fault> {
        let scaling = self.scaling(node, answer.0, answer.1, 0)?;
        let free = self.float(node, operator, inputs, attributes);
        self.encode(node, free, &scaling)
    }

    /// Writes the operator on floating point under the name of the old one.
    fn float(
        &mut self,
        node: &NodeProto,
        operator: &str,
        inputs: Vec<String>,
        attributes: Vec<AttributeProto>,
    ) -> String {
        let output = self.draft.fresh(&format!("{}/free", node.output[0]));
        let float = made(operator, node.name.clone(), inputs, output.clone());
        self.draft.push(NodeProto { attribute: attributes, ..float });
        output
    }

    fn quantise(&mut self, node: &NodeProto) -> Result<(), Fault> {
        whole_blocks(node)?;
        let mut scaling = self.scaling(node, 1, 2, int_of(node, "axis").unwrap_or(1))?;
        if let Some(kind) =
            int_of(node, "output_dtype").and_then(|kind| i32::try_from(kind).ok()).filter(|kind| *kind != 0)
        {
            scaling.kind = kind;
        }
        let name = input(node, 0).ok_or_else(|| at(node, "it has no input"))?.to_owned();
        if let Some(weights) = self.draft.constant(&name) {
            let whole = rounded(node, &name, weights, &scaling)?;
            let whole = self.draft.add(whole);
            self.same(&node.output[0], whole);
            return Ok(());
        }
        self.encode(node, name, &scaling)
    }

    /// The scale is found in the numbers themselves, so that nothing is cut off: they are used as they are.
    fn quantise_as_it_runs(&mut self, node: &NodeProto) -> Result<(), Fault> {
        let real = input(node, 0).ok_or_else(|| at(node, "it has no input"))?.to_owned();
        let [answer, scale, zero] = node.output.as_slice() else {
            return Err(at(node, format!("it has {} outputs, not 3", node.output.len())));
        };
        let known = Encoded { real, scale: 1.0, zero: 0.0, kind: UINT8, exact: false, whole: None };
        self.encoded.insert(answer.clone(), known);
        let one = self.draft.scalar(scale, 1.0);
        self.same(scale, one);
        let nothing = self.draft.scalar(zero, 0.0);
        self.same(zero, nothing);
        Ok(())
    }

    fn convolution(&mut self, node: &NodeProto) -> Result<(), Fault> {
        channels_first(node)?;
        let (source, weights) = (self.scaling(node, 1, 2, 1)?, self.scaling(node, 4, 5, 0)?);
        let mut inputs = vec![self.real(node, 0, &source)?, self.real(node, 3, &weights)?];
        if input(node, 8).is_some() {
            inputs.push(self.real(node, 8, &product(&source, &weights, node)?)?);
        }
        self.computed(node, "Conv", inputs, kept(node, &["channels_last"]), (6, 7))
    }

    /// An operator of one input, which its name tells.
    fn function(&mut self, node: &NodeProto, operator: &str) -> Result<(), Fault> {
        channels_first(node)?;
        let mut attributes = kept(node, &["channels_last", "opset"]);
        match operator {
            "LeakyRelu" => attributes = vec![float("alpha", float_of(node, "alpha").unwrap_or(0.01))],
            "Softmax" => {
                // It was changed in operator set 13: before, all axes from this one on were one.
                let (axis, meant) = (int_of(node, "axis").unwrap_or(-1), int_of(node, "opset").unwrap_or(1));
                if axis != -1 && (meant < 13) != (self.draft.opset < 13) {
                    return Err(at(node, format!("it is a Softmax of operator set {meant} along axis {axis}")));
                }
                attributes = vec![int("axis", axis)];
            }
            _ => {}
        }
        let inputs = vec![self.scaled(node, (0, 1, 2), 0)?];
        self.computed(node, operator, inputs, attributes, (3, 4))
    }

    fn concatenation(&mut self, node: &NodeProto) -> Result<(), Fault> {
        let mut inputs = Vec::new();
        for index in (2..node.input.len()).step_by(3) {
            inputs.push(self.scaled(node, (index, index + 1, index + 2), 0)?);
        }
        self.computed(node, "Concat", inputs, kept(node, &[]), (0, 1))
    }

    fn mean(&mut self, node: &NodeProto) -> Result<(), Fault> {
        let mut inputs = vec![self.scaled(node, (0, 1, 2), 0)?];
        let mut attributes = vec![int("keepdims", int_of(node, "keepdims").unwrap_or(1))];
        if self.draft.opset < 18 {
            attributes.extend(attribute(node, "axes").cloned());
        } else {
            inputs.push(self.draft.list(&format!("{}/axes", label(node)), &ints_of(node, "axes")));
        }
        self.computed(node, "ReduceMean", inputs, attributes, (3, 4))
    }

    fn gemm(&mut self, node: &NodeProto) -> Result<(), Fault> {
        let alpha = f64::from(float_of(node, "alpha").unwrap_or(1.0));
        let across = if int_of(node, "transB").unwrap_or(0) == 0 { 1 } else { 0 };
        let (a, b) = (self.scaling(node, 1, 2, 0)?, self.scaling(node, 4, 5, across)?);
        let mut inputs = vec![self.real(node, 0, &a)?, self.real(node, 3, &b)?];
        if input(node, 6).is_some() {
            let mut bias = product(&a, &b, node)?;
            bias.scale.iter_mut().for_each(|scale| *scale *= alpha);
            bias.axis = -1;
            inputs.push(self.real(node, 6, &bias)?);
        }
        let attributes = kept(node, &[]);
        if input(node, 7).is_some() {
            return self.computed(node, "Gemm", inputs, attributes, (7, 8));
        }
        let free = self.float(node, "Gemm", inputs, attributes);
        self.same(&node.output[0], free);
        Ok(())
    }

    /// A 32-bit sum of products of integers.
    fn sum_of_products(&mut self, node: &NodeProto) -> Result<(), Fault> {
        let (operator, axis) = if node.op_type == "ConvInteger" { ("Conv", 0) } else { ("MatMul", -1) };
        let mut inputs = Vec::new();
        let (mut scale, mut exact) = (1.0, true);
        for (index, zero) in [(0, 2), (1, 3)] {
            let name = input(node, index).ok_or_else(|| at(node, format!("its input {index} is missing")))?;
            let known = self.encoded.get(name);
            let own = known.map_or(1.0, |known| known.scale);
            exact &= known.is_none_or(|known| known.exact);
            scale *= own;
            let zero = match input(node, zero).map(|name| (name, self.draft.constant(name))) {
                None => vec![0.0],
                Some((_, Some(tensor))) => numbers::numbers(tensor)?,
                Some((name, None)) => return Err(at(node, format!("its zero point “{name}” is computed as it runs"))),
            };
            let scaling = Scaling { scale: vec![own], zero, axis, kind: UINT8 };
            inputs.push(self.real(node, index, &scaling)?);
        }
        let real = self.float(node, operator, inputs, kept(node, &[]));
        let known = Encoded { real, scale, zero: 0.0, kind: INT32, exact, whole: None };
        self.encoded.insert(node.output[0].clone(), known);
        Ok(())
    }

    fn product_and_bias(&mut self, node: &NodeProto, factors: Vec<String>, bias: usize) -> Result<(), Fault> {
        let mut answer = self.float(node, "MatMul", factors, Vec::new());
        if let Some(bias) = input(node, bias) {
            answer = self.draft.node("Add", label(node), vec![answer, bias.to_owned()], Vec::new());
        }
        self.same(&node.output[0], answer);
        Ok(())
    }

    /// Replaces integers among the inputs by what they stand for.
    fn take_real(&self, node: &mut NodeProto) {
        for input in &mut node.input {
            if let Some(known) = self.encoded.get(input) {
                input.clone_from(&known.real);
            }
        }
    }

    fn moved(&mut self, mut node: NodeProto) -> Result<(), Fault> {
        let Some(known) = self.encoded.get(&node.input[0]).cloned() else {
            // It is told by integers where to move what is none.
            for index in 1..node.input.len() {
                let name = node.input[index].clone();
                node.input[index] = self.whole(&node, &name)?;
            }
            self.draft.push(node);
            return Ok(());
        };
        node.input[0].clone_from(&known.real);
        for index in 1..node.input.len() {
            let name = node.input[index].clone();
            node.input[index] = self.whole(&node, &name)?;
        }
        let moved = if node.op_type == "Split" { node.output.len() } else { 1 };
        for output in node.output.iter_mut().take(moved) {
            let real = self.name_of_real(output);
            let known = Encoded { real: real.clone(), whole: None, ..known.clone() };
            self.encoded.insert(std::mem::replace(output, real), known);
        }
        self.draft.push(node);
        Ok(())
    }

    fn concatenated(&mut self, node: &NodeProto) -> Result<(), Fault> {
        let Some(known) = node.input.iter().find_map(|input| self.encoded.get(input)).cloned() else { return Ok(()) };
        let scaling = Scaling { scale: vec![known.scale], zero: vec![known.zero], axis: 0, kind: known.kind };
        let mut node = node.clone();
        for index in 0..node.input.len() {
            node.input[index] = self.real(&node, index, &scaling)?;
        }
        let real = self.name_of_real(&node.output[0]);
        let output = std::mem::replace(&mut node.output[0], real.clone());
        self.encoded.insert(output, Encoded { real, whole: None, ..known });
        self.draft.push(node);
        Ok(())
    }

    /// What is put around the numbers stands for something, too.
    fn padded(&mut self, mut node: NodeProto) -> Result<(), Fault> {
        if let Some(known) = self.encoded.get(&node.input[0]).cloned() {
            let value = match input(&node, 2).map(|name| self.draft.constant(name)) {
                None => 0.0,
                Some(Some(tensor)) => numbers::numbers(tensor)?.first().copied().unwrap_or(0.0),
                Some(None) => return Err(at(&node, "the number that it pads with is computed as it runs")),
            };
            let value =
                self.draft.scalar(&format!("{}/value", label(&node)), ((value - known.zero) * known.scale) as f32);
            node.input.resize(node.input.len().max(3), String::new());
            node.input[2] = value;
        }
        self.moved(node)
    }

    /// The integers, counted in floating point.
    fn counted(&mut self, node: &NodeProto) -> Result<(), Fault> {
        let Some(known) = node.input.first().and_then(|input| self.encoded.get(input)).cloned() else { return Ok(()) };
        let counted = self.affine(label(node), known.real, 1.0 / known.scale, known.zero);
        self.same(&node.output[0], counted);
        Ok(())
    }
}

/// The attributes without these.
fn kept(node: &NodeProto, dropped: &[&str]) -> Vec<AttributeProto> {
    node.attribute.iter().filter(|attribute| !dropped.contains(&attribute.name.as_str())).cloned().collect()
}

fn channels_first(node: &NodeProto) -> Result<(), Fault> {
    match int_of(node, "channels_last") {
        None | Some(0) => Ok(()),
        Some(_) => Err(at(node, "its channels come last, in which floating point has no such operator")),
    }
}

fn whole_blocks(node: &NodeProto) -> Result<(), Fault> {
    match int_of(node, "block_size") {
        None | Some(0) => Ok(()),
        Some(size) => Err(at(node, format!("it has a scale for each {size} numbers, which is not converted"))),
    }
}
