//! Operators on 8-bit integers to those on floating point.
//!
//! An integer tensor of the file is held as the numbers that it stands for: `scale * (integer - zero point)`. So weights are
//! written out once and for all, and an operator that only moves or compares its numbers needs no change. What is rounded
//! in the file is no longer rounded; what is cut off at the ends of an integer's range is cut off as before, because
//! exporters leave out activations that this range does as well. Where an operator needs the integers themselves, they are
//! made of the numbers again.

mod operators;

use std::collections::{BTreeMap, HashMap, HashSet};

use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TensorProto, tensor_proto::DataType};
use vision_protocol::Fault;

use super::{
    Change, Kind, count,
    draft::{Draft, Names},
    graph,
    nodes::{at, each_node, input, int, is_known, label, made, qualified},
    numbers::{self, FLOAT, INT32, UINT8},
    opset,
};

/// What is rewritten, whatever it works on.
const OPERATORS: [&str; 20] = [
    "QuantizeLinear",
    "DequantizeLinear",
    "DynamicQuantizeLinear",
    "QLinearConv",
    "QLinearMatMul",
    "QLinearAdd",
    "QLinearMul",
    "QLinearGlobalAveragePool",
    "QLinearAveragePool",
    "QLinearReduceMean",
    "QLinearConcat",
    "QLinearLeakyRelu",
    "QLinearSigmoid",
    "QLinearSoftmax",
    "QLinearWhere",
    "QGemm",
    "ConvInteger",
    "MatMulInteger",
    "MatMulIntegerToFloat",
    "DynamicQuantizeMatMul",
];

/// An integer tensor that is held as what it stands for.
#[derive(Clone)]
struct Encoded {
    /// The value that holds it.
    real: String,
    /// The integer is `real / scale + zero`.
    scale: f64,
    zero: f64,
    /// The type of the integer.
    kind: i32,
    /// Whether the integers can be made of it: not where the file would have found their scale as it runs.
    exact: bool,
    /// Those integers, once something needed them.
    whole: Option<String>,
}

/// Scale and zero point, one of each, or one per slice along an axis.
#[derive(Clone, Debug)]
struct Scaling {
    scale: Vec<f64>,
    zero: Vec<f64>,
    axis: i64,
    kind: i32,
}

struct Dequantiser<'a> {
    draft: Draft<'a>,
    encoded: HashMap<String, Encoded>,
    /// Values that are another one now.
    alias: HashMap<String, String>,
    /// Weights that were written out, by what was asked for.
    written: HashMap<String, String>,
    outputs: HashSet<String>,
}

/// Rewrites the model, if it holds any of these operators.
pub(super) fn rewrite(model: &mut ModelProto, names: &mut Names) -> Result<Option<Change>, Fault> {
    let opset = opset(model);
    let graph = graph(model);
    let mut found = false;
    each_node(graph, &mut |node| found |= is_quantised(node));
    if !found {
        return Ok(None);
    }
    if let Some(node) = graph.node.iter().find(|node| super::nodes::inner(node).next().is_some()) {
        return Err(at(node, "it holds a graph of its own, and the file is quantised: such a file is not converted"));
    }
    let outputs = graph.output.iter().map(|output| output.name.clone()).collect();
    let (draft, nodes) = Draft::open(graph, opset, names);
    let mut dequantiser =
        Dequantiser { draft, encoded: HashMap::new(), alias: HashMap::new(), written: HashMap::new(), outputs };
    let mut operators = BTreeMap::new();
    for node in nodes {
        if is_quantised(&node) {
            count(&mut operators, qualified(&node));
        }
        dequantiser.node(node)?;
    }
    dequantiser.finish(graph)?;
    // What is stated of values that held integers.
    graph.value_info.clear();
    let words = "8-bit integers are the numbers that they stand for".to_owned();
    Ok(Some(Change { kind: Kind::Quantised, operators, words }))
}

fn is_quantised(node: &NodeProto) -> bool {
    is_known(node) && OPERATORS.contains(&node.op_type.as_str())
}

impl Dequantiser<'_> {
    /// The integers of outputs, and the graph.
    fn finish(mut self, graph: &mut GraphProto) -> Result<(), Fault> {
        for output in &graph.output {
            let node = made("Cast", output.name.clone(), Vec::new(), output.name.clone());
            if self.encoded.contains_key(&output.name) {
                let whole = self.whole(&node, &output.name)?;
                let name = self.draft.fresh(&format!("{}/output", output.name));
                self.draft.push(made("Identity", name, vec![whole], output.name.clone()));
            }
        }
        self.draft.close(graph);
        Ok(())
    }

    /// The scale and zero point that a node's inputs of these numbers give.
    fn scaling(&self, node: &NodeProto, scale: usize, zero: usize, axis: i64) -> Result<Scaling, Fault> {
        let constant = |index: usize, what: &str| match input(node, index) {
            None => Ok(None),
            Some(name) => match self.draft.constant(name) {
                Some(tensor) => Ok(Some((numbers::numbers(tensor)?, tensor.data_type))),
                None => Err(at(node, format!("its {what}, “{name}”, is computed as it runs, and not a constant"))),
            },
        };
        let (scale, _) = constant(scale, "scale")?.ok_or_else(|| at(node, "it states no scale"))?;
        if scale.is_empty() || scale.iter().any(|scale| !scale.is_finite() || *scale <= 0.0) {
            return Err(at(node, "its scale is not a number above 0"));
        }
        let (zero, kind) = constant(zero, "zero point")?.unwrap_or_else(|| (vec![0.0], UINT8));
        if zero.is_empty() {
            return Err(at(node, "its zero point is no number"));
        }
        Ok(Scaling { scale, zero, axis, kind })
    }

    /// The value of an input as what it stands for, under this scaling.
    fn real(&mut self, node: &NodeProto, index: usize, scaling: &Scaling) -> Result<String, Fault> {
        let name = input(node, index).ok_or_else(|| at(node, format!("its input {index} is missing")))?.to_owned();
        if let Some(known) = self.encoded.get(&name).cloned() {
            let (scale, zero) = scaling.single(node)?;
            return Ok(self.affine(&name, known.real, scale / known.scale, scale * (known.zero - zero)));
        }
        if let Some(tensor) = self.draft.constant(&name) {
            let key = format!("{name} {scaling:?}");
            if let Some(written) = self.written.get(&key) {
                return Ok(written.clone());
            }
            let real = self.draft.add(written_out(node, &name, tensor, scaling)?);
            self.written.insert(key, real.clone());
            return Ok(real);
        }
        // Integers that come from elsewhere, such as the file's own input.
        let (scale, zero) = scaling.single(node)?;
        let cast = self.draft.node("Cast", &name, vec![name.clone()], vec![int("to", FLOAT.into())]);
        Ok(self.affine(&name, cast, scale, -scale * zero))
    }

    /// `value * factor + offset`, without what changes nothing.
    fn affine(&mut self, name: &str, value: String, factor: f64, offset: f64) -> String {
        const NOTHING: f64 = 1e-6;
        let mut value = value;
        if (factor - 1.0).abs() > NOTHING {
            let factor = self.draft.scalar(&format!("{name}/factor"), factor as f32);
            value = self.draft.node("Mul", name, vec![value, factor], Vec::new());
        }
        if offset.abs() > NOTHING * factor.abs().min(1.0) {
            let offset = self.draft.scalar(&format!("{name}/offset"), offset as f32);
            value = self.draft.node("Add", name, vec![value, offset], Vec::new());
        }
        value
    }

    /// Takes `from` for what a node's first output stands for, cut off where the integer would be.
    fn encode(&mut self, node: &NodeProto, from: String, scaling: &Scaling) -> Result<(), Fault> {
        let (scale, zero) = scaling.single(node)?;
        let (low, high) = bounds(node, scaling.kind)?;
        let output = node.output.first().cloned().unwrap_or_default();
        let real = self.name_of_real(&output);
        let name = self.draft.fresh(&format!("{}/range", label(node)));
        let clip = self.clip(name, from, real.clone(), ((low - zero) * scale, (high - zero) * scale));
        self.draft.push(clip);
        let encoded = Encoded { real, scale, zero, kind: scaling.kind, exact: true, whole: None };
        self.encoded.insert(output, encoded);
        Ok(())
    }

    /// Another name than that of the integers, which an operator may still ask for.
    fn name_of_real(&mut self, value: &str) -> String {
        self.draft.fresh(&format!("{value}/real"))
    }

    fn clip(&mut self, name: String, from: String, to: String, (low, high): (f64, f64)) -> NodeProto {
        let mut clip = made("Clip", name, vec![from], to);
        if self.draft.opset < 11 {
            clip.attribute = vec![super::nodes::float("min", low as f32), super::nodes::float("max", high as f32)];
        } else {
            let low = self.draft.scalar(&format!("{}/low", clip.name), low as f32);
            let high = self.draft.scalar(&format!("{}/high", clip.name), high as f32);
            clip.input.extend([low, high]);
        }
        clip
    }

    /// The integers themselves, for an operator that computes with them.
    fn whole(&mut self, node: &NodeProto, name: &str) -> Result<String, Fault> {
        let Some(known) = self.encoded.get(name).cloned() else { return Ok(name.to_owned()) };
        if let Some(whole) = known.whole {
            return Ok(whole);
        }
        if !known.exact {
            return Err(at(
                node,
                format!("it computes with the integers of “{name}”, whose scale is found as it runs"),
            ));
        }
        let mut value = self.affine(name, known.real.clone(), 1.0 / known.scale, known.zero);
        let half = self.draft.scalar(&format!("{name}/half"), 0.5);
        value = self.draft.node("Add", name, vec![value, half], Vec::new());
        value = self.draft.node("Floor", name, vec![value], Vec::new());
        if let Some(bounds) = range(known.kind) {
            let (clip, within) =
                (self.draft.fresh(&format!("{name}/bounds")), self.draft.fresh(&format!("{name}/bounded")));
            let clip = self.clip(clip, value, within.clone(), bounds);
            self.draft.push(clip);
            value = within;
        }
        value = self.draft.node("Cast", name, vec![value], vec![int("to", known.kind.into())]);
        if let Some(known) = self.encoded.get_mut(name) {
            known.whole = Some(value.clone());
        }
        Ok(value)
    }

    /// Makes a value another one.
    fn same(&mut self, output: &str, real: String) {
        if self.outputs.contains(output) {
            let name = self.draft.fresh(&format!("{output}/same"));
            self.draft.push(made("Identity", name, vec![real], output.to_owned()));
        } else {
            self.alias.insert(output.to_owned(), real);
        }
    }
}

impl Scaling {
    /// The one scale and zero point, of a tensor that the file computes.
    fn single(&self, node: &NodeProto) -> Result<(f64, f64), Fault> {
        match (self.scale.as_slice(), self.zero.as_slice()) {
            (&[scale], &[zero]) => Ok((scale, zero)),
            _ => Err(at(node, "it has a scale per channel of what it computes: only weights may have that")),
        }
    }
}

/// The numbers that weights stand for.
fn written_out(node: &NodeProto, name: &str, tensor: &TensorProto, scaling: &Scaling) -> Result<TensorProto, Fault> {
    let real = each_scaled(node, tensor, scaling, |value, scale, zero| (value - zero) * scale)?;
    Ok(numbers::floats(format!("{name}/real"), tensor.dims.clone(), real.into_iter().map(|value| value as f32)))
}

/// The integers of weights that the file holds as floating point.
fn rounded(node: &NodeProto, name: &str, tensor: &TensorProto, scaling: &Scaling) -> Result<TensorProto, Fault> {
    let (low, high) = bounds(node, scaling.kind)?;
    let whole = each_scaled(node, tensor, scaling, |value, scale, zero| {
        ((value / scale).round_ties_even() + zero).clamp(low, high)
    })?;
    Ok(TensorProto {
        name: format!("{name}/whole"),
        dims: tensor.dims.clone(),
        data_type: scaling.kind,
        int32_data: whole.into_iter().map(|value| value as i32).collect(),
        ..TensorProto::default()
    })
}

/// Something made of each number with its own scale and zero point.
fn each_scaled(
    node: &NodeProto,
    tensor: &TensorProto,
    scaling: &Scaling,
    make: impl Fn(f64, f64, f64) -> f64,
) -> Result<Vec<f64>, Fault> {
    let values = numbers::numbers(tensor)?;
    let slices = scaling.scale.len().max(scaling.zero.len());
    // How many numbers of one slice lie together.
    let mut step = values.len().max(1);
    if slices != 1 {
        let rank = tensor.dims.len() as i64;
        let axis = if scaling.axis < 0 { scaling.axis.saturating_add(rank) } else { scaling.axis };
        let axis = usize::try_from(axis).unwrap_or(usize::MAX);
        let side = tensor.dims.get(axis).copied().unwrap_or_default();
        let fits = |list: &[f64]| list.len() == 1 || list.len() as i64 == side;
        if !fits(&scaling.scale) || !fits(&scaling.zero) {
            return Err(at(node, format!("it has {slices} scales for “{}”, along a side of {side}", tensor.name)));
        }
        let sides = tensor.dims.iter().skip(axis.saturating_add(1));
        step = sides.fold(1, |step: usize, side| step.saturating_mul(usize::try_from(*side).unwrap_or(1))).max(1);
    }
    let of = |list: &[f64], slice: usize| list[if list.len() == 1 { 0 } else { slice }];
    let made = values.iter().enumerate().map(|(index, value)| {
        let slice = index / step % slices;
        make(*value, of(&scaling.scale, slice), of(&scaling.zero, slice))
    });
    Ok(made.collect())
}

/// The least and the greatest integer of a type that activations may have.
fn bounds(node: &NodeProto, kind: i32) -> Result<(f64, f64), Fault> {
    range(kind).ok_or_else(|| {
        let name = DataType::try_from(kind).map_or_else(|_| kind.to_string(), |kind| kind.as_str_name().to_owned());
        at(node, format!("its integers are of type {name}, which is not converted"))
    })
}

/// The least and the greatest integer of a type.
fn range(kind: i32) -> Option<(f64, f64)> {
    Some(match DataType::try_from(kind).ok()? {
        DataType::Uint8 => (0.0, 255.0),
        DataType::Int8 => (-128.0, 127.0),
        DataType::Uint16 => (0.0, 65535.0),
        DataType::Int16 => (-32768.0, 32767.0),
        _ => return None,
    })
}

/// The scale of a sum of products: of an input, of weights.
fn product(input: &Scaling, weights: &Scaling, node: &NodeProto) -> Result<Scaling, Fault> {
    let (scale, _) = input.single(node)?;
    let scale = weights.scale.iter().map(|weight| weight * scale).collect();
    Ok(Scaling { scale, zero: vec![0.0], axis: 0, kind: INT32 })
}
