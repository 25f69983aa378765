//! Whether the items of a batch stay apart in a model, told from its operators.
//!
//! A model is a stranger's. One that carries something from one item of a batch to another, always or only where it
//! finds a secret mark, would hand one person's photo to the next. So runs are computed together only where every
//! operator is known to keep to its item; one that is not known, or whose shapes cannot be followed, forbids it.

use std::collections::HashMap;

use super::onnx::{Constant, Graph, Node};

/// What is known of a value in the graph.
#[derive(Clone)]
enum Value {
    /// The same for every run.
    Constant(Option<Constant>),
    /// Items along the first dimension, each computed of its own input alone; with the number of all dimensions.
    Items(usize),
}

use Value::Items;

/// Whether each item of a batch is computed from its own input alone, and the number of items reaches every output.
pub(super) fn stay_apart(file: &[u8]) -> bool {
    Graph::read(file).is_some_and(|graph| follow(&graph).is_some())
}

fn follow(graph: &Graph<'_>) -> Option<()> {
    // Before this version a normalisation computed the mean of the batch where it was not told otherwise.
    if graph.opset < 7 {
        return None;
    }
    let constants = graph.constants.iter().map(|(name, constant)| (*name, Value::Constant(Some(constant.clone()))));
    let mut values: HashMap<&str, Value> = constants.collect();
    for (name, rank) in &graph.inputs {
        if *rank > 0 {
            values.entry(name).or_insert(Items(*rank));
        }
    }
    for node in &graph.nodes {
        if !matches!(node.domain, "" | "ai.onnx") || node.attributes.values().any(|attribute| attribute.is_graph) {
            return None;
        }
        let inputs: Vec<Option<Value>> = (node.inputs.iter())
            .map(|name| if name.is_empty() { Some(None) } else { values.get(name).cloned().map(Some) })
            .collect::<Option<_>>()?;
        let all_constant = !inputs.iter().any(|input| matches!(input, Some(Items(_))));
        let result = if all_constant {
            let stated = node.attributes.get("value").filter(|_| node.operator == "Constant");
            Value::Constant(stated.and_then(|value| value.tensor.clone()))
        } else {
            Items(Step { node, inputs: &inputs, opset: graph.opset }.rank()?)
        };
        for name in node.outputs.iter().filter(|name| !name.is_empty()) {
            // Every value is made once: a second of its name would hide what the first was.
            if values.insert(name, result.clone()).is_some() {
                return None;
            }
        }
    }
    graph.outputs.iter().all(|name| matches!(values.get(name), Some(Items(_)))).then_some(())
}

/// An operator with something that depends on items among its inputs.
struct Step<'a> {
    node: &'a Node<'a>,
    inputs: &'a [Option<Value>],
    opset: i64,
}

impl Step<'_> {
    /// The number of dimensions of what comes out; `None` if items may meet in it.
    fn rank(&self) -> Option<usize> {
        match self.node.operator {
            "Relu" | "LeakyRelu" | "Elu" | "Selu" | "Celu" | "ThresholdedRelu" | "Sigmoid" | "HardSigmoid" | "HardSwish"
            | "Mish" | "Gelu" | "Tanh" | "Softplus" | "Softsign" | "Exp" | "Log" | "Sqrt" | "Reciprocal" | "Abs" | "Neg"
            | "Floor" | "Ceil" | "Round" | "Sign" | "Erf" | "Sin" | "Cos" | "Not" | "Cast" | "Identity" | "Clip"
            // These take the first two dimensions for item and channel.
            | "Conv" | "ConvTranspose" | "AveragePool" | "GlobalAveragePool" | "GlobalMaxPool" | "LRN"
            | "InstanceNormalization" | "DepthToSpace" | "SpaceToDepth" => self.first(),
            // More outputs are places counted over the whole batch, or of training.
            "MaxPool" | "Dropout" => self.first().filter(|_| self.node.outputs.len() == 1),
            "BatchNormalization" => self.first().filter(|_| {
                self.node.outputs.len() == 1 && self.integer("training_mode").unwrap_or(0) == 0
            }),
            "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Min" | "Max" | "Sum" | "Mean" | "Mod" | "PRelu" | "Where" | "And"
            | "Or" | "Xor" | "Equal" | "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" => self.elementwise(),
            "MatMul" => self.product(),
            "Gemm" => {
                let plain = self.integer("transA").unwrap_or(0) == 0;
                let bias = self.inputs.get(2).is_none_or(|bias| self.spreads(bias, 2));
                (plain && bias && self.first()? == 2).then_some(2)
            }
            "Flatten" => self.first().filter(|_| self.integer("axis").unwrap_or(1) == 1).map(|_| 2),
            "Reshape" => {
                // Zero copies the number of items from the input; everything else would be a guess about it.
                let shape = self.constant(1)?;
                let kept = shape.first() == Some(&0) && self.integer("allowzero").unwrap_or(0) == 0;
                self.first().filter(|_| kept).map(|_| shape.len())
            }
            "Transpose" => {
                let order = self.integers("perm")?;
                self.first().filter(|rank| order.len() == *rank && order.first() == Some(&0))
            }
            "Concat" => {
                let Some(Items(rank)) = *self.inputs.first()? else { return None };
                let alike = self.inputs.iter().all(|input| matches!(input, Some(Items(other)) if *other == rank));
                (alike && self.is_inner(self.integer("axis")?, rank)).then_some(rank)
            }
            "Softmax" | "LogSoftmax" => {
                let rank = self.first()?;
                let axis = self.integer("axis").unwrap_or(if self.opset < 13 { 1 } else { -1 });
                self.is_inner(axis, rank).then_some(rank)
            }
            "Split" => {
                let rank = self.first()?;
                self.is_inner(self.integer("axis").unwrap_or(0), rank).then_some(rank)
            }
            "ReduceMean" | "ReduceSum" | "ReduceMax" | "ReduceMin" | "ReduceProd" | "ReduceL2" | "ReduceSumSquare" => {
                let (rank, axes) = (self.first()?, self.axes(1)?);
                let dropped = if self.integer("keepdims").unwrap_or(1) == 0 { axes.len() } else { 0 };
                self.are_inner(&axes, rank).then(|| rank.checked_sub(dropped))?
            }
            "Squeeze" => {
                let (rank, axes) = (self.first()?, self.axes(1)?);
                self.are_inner(&axes, rank).then(|| rank.checked_sub(axes.len()))?
            }
            "Unsqueeze" => {
                let axes = self.axes(1)?;
                let rank = self.first()? + axes.len();
                self.are_inner(&axes, rank).then_some(rank)
            }
            "Slice" => {
                let (rank, axes) = (self.first()?, self.axes(3)?);
                self.are_inner(&axes, rank).then_some(rank)
            }
            _ => None,
        }
    }

    /// The dimensions of the first input, if it alone holds items.
    fn first(&self) -> Option<usize> {
        match self.inputs.split_first()? {
            (Some(Items(rank)), rest) if !rest.iter().any(|input| matches!(input, Some(Items(_)))) => Some(*rank),
            _ => None,
        }
    }

    /// Items beside items of the same dimensions, and constants that are the same for each.
    fn elementwise(&self) -> Option<usize> {
        let rank = self.inputs.iter().find_map(|input| match input {
            Some(Items(rank)) => Some(*rank),
            _ => None,
        })?;
        self.inputs.iter().all(|input| self.spreads(input, rank)).then_some(rank)
    }

    /// Whether a value of `rank` dimensions and this one meet item by item.
    fn spreads(&self, input: &Option<Value>, rank: usize) -> bool {
        match input {
            None => true,
            Some(Items(other)) => *other == rank,
            Some(Value::Constant(Some(constant))) => {
                constant.shape.len() < rank || (constant.shape.len() == rank && constant.shape.first() == Some(&1))
            }
            Some(Value::Constant(None)) => false,
        }
    }

    fn product(&self) -> Option<usize> {
        match self.inputs {
            [Some(Items(rank)), Some(Value::Constant(Some(weights)))] => {
                (*rank >= 2 && weights.shape.len() == 2).then_some(*rank)
            }
            // One product for each item, not of one item's rows with another's.
            [Some(Items(one)), Some(Items(other))] => (one == other && *one >= 3).then_some(*one),
            _ => None,
        }
    }

    fn integer(&self, name: &str) -> Option<i64> {
        self.integers(name)?.first().copied()
    }

    fn integers(&self, name: &str) -> Option<&[i64]> {
        self.node.attributes.get(name).map(|attribute| attribute.integers.as_slice())
    }

    fn constant(&self, index: usize) -> Option<&[i64]> {
        match self.inputs.get(index)? {
            Some(Value::Constant(Some(constant))) => constant.integers.as_deref(),
            _ => None,
        }
    }

    /// Axes as older versions state them, or as newer ones do, in that input.
    fn axes(&self, input: usize) -> Option<Vec<i64>> {
        self.integers("axes").or_else(|| self.constant(input)).filter(|axes| !axes.is_empty()).map(<[i64]>::to_vec)
    }

    fn are_inner(&self, axes: &[i64], rank: usize) -> bool {
        axes.iter().all(|axis| self.is_inner(*axis, rank))
    }

    /// Whether it is a dimension other than the first.
    fn is_inner(&self, axis: i64, rank: usize) -> bool {
        let rank = i64::try_from(rank).unwrap_or(0);
        (1 - rank..0).contains(&axis) || (1..rank).contains(&axis)
    }
}

#[cfg(test)]
mod tests;
