//! Optimised plans: one for a model of fixed shapes, or one for each shape of inputs that was seen.
//!
//! A plan could be made with the open sides as symbols, once for all, but what tract makes of it is slower by half to
//! four times: see decision 6.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tract_onnx::{
    prelude::*,
    tract_core::{floats::FloatPrecisionTranslator, transform::ModelTransform},
};
use vision_runner::engine::EngineError;

use super::diagnosis::Diagnosis;

/// How many input shapes of a model with open dimensions keep their plan: the sizes of batch, powers of two, and some.
const KEPT: usize = 8;

/// An optimised model.
pub(super) type Plan = Arc<TypedRunnableModel>;
/// The shapes of all inputs.
pub(super) type Shapes = Vec<Vec<usize>>;
/// A plan that is made once, by the first that needs it.
type Making = Arc<OnceLock<Result<Plan, EngineError>>>;

/// The plans of one model.
pub(super) enum Plans {
    /// All inputs have fixed shapes.
    Fixed(Plan),
    /// The latest used comes first.
    Open { model: Box<InferenceModel>, recent: Mutex<VecDeque<(Shapes, Making)>> },
}

impl Plans {
    pub(super) fn open(model: InferenceModel) -> Self {
        Self::Open { model: Box::new(model), recent: Mutex::default() }
    }

    /// The plan for inputs of these shapes.
    pub(super) fn of(&self, shapes: &[Vec<usize>], diagnosis: &Diagnosis) -> Result<Plan, EngineError> {
        let (model, recent) = match self {
            Self::Fixed(plan) => return Ok(Arc::clone(plan)),
            Self::Open { model, recent } => (model, recent),
        };
        let making = {
            let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner);
            let place = recent.iter().position(|(known, _)| known == shapes);
            let entry = place.and_then(|place| recent.remove(place));
            let entry = entry.unwrap_or_else(|| (shapes.to_vec(), Making::default()));
            let making = Arc::clone(&entry.1);
            recent.push_front(entry);
            recent.truncate(KEPT);
            making
        };
        // Whoever needs another shape is not kept waiting.
        let make = || plan(model.as_ref().clone(), shapes).map_err(|error| diagnosis.explain(&error));
        making.get_or_init(make).clone()
    }

    /// How many times the weights are held.
    pub(super) fn copies(&self) -> u64 {
        match self {
            Self::Fixed(_) => 1,
            Self::Open { recent, .. } => 1 + recent.lock().unwrap_or_else(PoisonError::into_inner).len() as u64,
        }
    }
}

/// The optimised model for inputs of these shapes.
pub(super) fn plan(mut model: InferenceModel, shapes: &[Vec<usize>]) -> TractResult<Plan> {
    for (index, shape) in shapes.iter().enumerate() {
        let fact = model.input_fact(index)?.clone().with_shape(shape.as_slice());
        model.set_input_fact(index, fact)?;
    }
    widened(model.into_typed()?)?.into_optimized()?.into_runnable()
}

/// 16-bit floating point is computed in 32 bits.
pub(super) fn widened(mut model: TypedModel) -> TractResult<TypedModel> {
    let halves = model.nodes().iter().flat_map(|node| &node.outputs).any(|o| o.fact.datum_type == DatumType::F16);
    if halves {
        FloatPrecisionTranslator::new(DatumType::F16, DatumType::F32).transform(&mut model)?;
    }
    Ok(model)
}
