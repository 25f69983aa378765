//! The tract engine: ONNX files to optimised plans, and plans to answers.

mod convert;
mod diagnosis;
mod plans;

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use tract_onnx::{
    pb::{GraphProto, ModelProto, NodeProto, tensor_proto::DataType},
    prelude::*,
    tract_hir::infer::Factoid,
};
use vision_runner::engine::{Engine, EngineError, Model, Port, Tensor};

use diagnosis::Diagnosis;
use plans::{Plans, Shapes};

/// Computes on the CPU with tract.
#[derive(Clone, Copy, Debug, Default)]
pub struct TractEngine;

struct TractModel {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    remarks: Vec<String>,
    file_bytes: u64,
    plans: Plans,
    diagnosis: Diagnosis,
}

impl Engine for TractEngine {
    fn name(&self) -> &'static str {
        "tract"
    }

    fn load(&self, onnx: &Path) -> Result<Box<dyn Model>, EngineError> {
        guarded(|| TractModel::load(onnx)).map(|model| Box::new(model) as Box<dyn Model>)
    }
}

impl TractModel {
    fn load(path: &Path) -> Result<Self, EngineError> {
        let file_bytes = std::fs::metadata(path)
            .map_err(|error| EngineError::new(format!("the file cannot be read: {error}")))?
            .len();
        let onnx = onnx();
        let proto = onnx
            .proto_model_for_path(path)
            .map_err(|error| EngineError::new(format!("is not an ONNX model ({})", error.root_cause())))?;
        let graph = proto.graph.as_ref().ok_or_else(|| EngineError::new("is not an ONNX model: it holds no graph"))?;
        let diagnosis = Diagnosis::of(graph);
        diagnosis::incomplete(graph)?;
        diagnosis::unsupported(graph, |operator| onnx.op_register.0.contains_key(operator))?;
        let build = |model| Self::build(model, graph, remarks(&proto, graph), file_bytes, &diagnosis);
        let as_stated = parse(&onnx, &proto).and_then(build);
        match as_stated {
            Ok(model) => Ok(model),
            // Some files state shapes of inner values that clash with a fixed input.
            Err(first) => {
                let lenient = onnx.with_ignore_output_shapes(true).with_ignore_value_info(true);
                parse(&lenient.with_ignore_output_types(true), &proto)
                    .and_then(build)
                    .map_err(|_| diagnosis.explain(&first))
            }
        }
    }

    fn build(
        mut model: InferenceModel,
        graph: &GraphProto,
        remarks: Vec<String>,
        file_bytes: u64,
        diagnosis: &Diagnosis,
    ) -> TractResult<Self> {
        name_open_sides(&mut model)?;
        let mut inputs = Vec::new();
        for (index, outlet) in model.input_outlets()?.iter().enumerate() {
            let fact = model.input_fact(index)?;
            inputs.push(Port {
                name: model.node(outlet.node).name.clone(),
                shape: fact.shape.dims().map(|dim| dim.concretize().map_or(0, |dim| side(&dim))).collect(),
                element: convert::element(fact.datum_type.concretize().unwrap_or(DatumType::F32))?,
            });
        }
        let names = graph.output.iter().map(|output| output.name.clone());
        let fixed = inputs.iter().enumerate().all(|(index, port)| {
            !port.shape.contains(&0) && model.input_fact(index).is_ok_and(|fact| !fact.shape.is_open())
        });
        let (plans, outputs) = if fixed {
            let shapes: Shapes = inputs.iter().map(|port| port.shape.clone()).collect();
            let plan = plans::plan(model, &shapes)?;
            let outputs = convert::outputs(plan.model(), names)?;
            (Plans::Fixed(plan), outputs)
        } else {
            // Analysed with its symbols, which tells most of the output shapes.
            let outputs = match model.clone().into_typed().and_then(plans::widened) {
                Ok(typed) => convert::outputs(&typed, names)?,
                Err(_) => convert::stated_outputs(graph)?,
            };
            forget_stated(&mut model);
            let plans = Plans::open(model);
            if inputs.iter().all(|port| !port.shape.iter().skip(1).any(|side| *side == 0)) {
                // Only the number of items is open: it will be one, and the first run finds its plan made. What is
                // wrong with it is told when it is asked for.
                let one: Shapes =
                    inputs.iter().map(|port| port.shape.iter().map(|side| (*side).max(1)).collect()).collect();
                drop(plans.of(&one, diagnosis));
            }
            (plans, outputs)
        };
        Ok(Self { inputs, outputs, remarks, file_bytes, plans, diagnosis: diagnosis.clone() })
    }
}

impl Model for TractModel {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn infer(&self, mut inputs: Vec<(String, Tensor)>) -> Result<Vec<(String, Tensor)>, EngineError> {
        guarded(|| {
            let mut values = TVec::new();
            let mut shapes = Shapes::new();
            for port in &self.inputs {
                let position = inputs
                    .iter()
                    .position(|(name, _)| *name == port.name)
                    .ok_or_else(|| EngineError::new(format!("the input “{}” is missing", port.name)))?;
                let (_, tensor) = inputs.swap_remove(position);
                shapes.push(tensor.shape().to_vec());
                values.push(tensor);
            }
            let explain = |error: TractError| self.diagnosis.explain(&error);
            let plan = self.plans.of(&shapes, &self.diagnosis)?;
            let values = values
                .iter()
                .enumerate()
                .map(|(index, tensor)| convert::into_tract(tensor, plan.model().input_fact(index)?.datum_type))
                .collect::<TractResult<TVec<TValue>>>()
                .map_err(explain)?;
            let answers = plan.run(values).map_err(explain)?;
            self.outputs
                .iter()
                .zip(answers)
                .map(|(port, value)| Ok((port.name.clone(), convert::from_tract(&value)?)))
                .collect::<TractResult<_>>()
                .map_err(explain)
        })
    }

    fn memory_bytes(&self) -> u64 {
        self.file_bytes * self.plans.copies()
    }

    fn remarks(&self) -> &[String] {
        &self.remarks
    }
}

/// External data is not followed: a package's models are single files.
fn parse(onnx: &tract_onnx::Onnx, proto: &ModelProto) -> TractResult<InferenceModel> {
    let parsed = onnx.parse(proto, None)?;
    if !parsed.unresolved_inputs.is_empty() {
        return Err(TractError::msg(format!("nothing provides the values {}", parsed.unresolved_inputs.join(", "))));
    }
    Ok(parsed.model)
}

/// Gives each side that the file leaves open without a name a symbol of its own.
fn name_open_sides(model: &mut InferenceModel) -> TractResult<()> {
    for index in 0..model.input_outlets()?.len() {
        let mut fact = model.input_fact(index)?.clone();
        for (axis, dim) in fact.shape.dims().cloned().collect::<Vec<_>>().into_iter().enumerate() {
            if dim.concretize().is_none() {
                let name = format!("input{index}_side{axis}");
                fact.shape.set_dim(axis, model.symbols.sym(&name).into());
            }
        }
        model.set_input_fact(index, fact)?;
    }
    Ok(())
}

/// Drops what the file states about inner values and outputs: it is in terms of the file's own symbols, which clash
/// with the sides of a real input. What feeds the graph keeps its facts.
fn forget_stated(model: &mut InferenceModel) {
    for node in model.nodes.iter_mut().filter(|node| !node.inputs.is_empty()) {
        for output in &mut node.outputs {
            output.fact = InferenceFact::default();
        }
    }
}

fn side(dim: &TDim) -> usize {
    dim.to_i64().ok().and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

fn remarks(proto: &ModelProto, graph: &GraphProto) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut onnx_operators = proto.opset_import.iter().filter(|set| matches!(set.domain.as_str(), "" | "ai.onnx"));
    let halves = graph.initializer.iter().filter(|tensor| tensor.data_type == DataType::Float16 as i32).count();
    if halves > 0 {
        remarks.push(format!(
            "{halves} weights are 16-bit floating point; they are computed in 32 bits here, so the model needs twice its \
             size in memory and results may differ in the last digits"
        ));
    }
    if onnx_operators.any(|set| set.version == 10)
        && let Some(node) = graph.node.iter().find(|node| node.op_type == "Resize" && is_nearest(node))
    {
        remarks.push(format!(
            "the Resize of operator set 10 (node “{}”) rounds otherwise here than in ONNX Runtime, unless it doubles: \
             `vision convert` mends that",
            diagnosis::node_name(node)
        ));
    }
    remarks
}

fn is_nearest(node: &NodeProto) -> bool {
    node.attribute.iter().all(|attribute| attribute.name != "mode" || attribute.s == b"nearest")
}

fn guarded<T>(work: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(EngineError::new(panic_message(panic.as_ref()))))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let text = text.unwrap_or("it did not say why");
    match text.strip_prefix("failed to allocate Layout { size: ").and_then(|rest| rest.split_once(',')) {
        Some((bytes, _)) => format!("needs {bytes} bytes of memory in one piece, which a worker does not have"),
        None => format!("tract gave up: {text}"),
    }
}
