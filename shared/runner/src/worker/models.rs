//! The models of the package, each loaded once and shared by all runs.

mod apart;
mod batching;
mod learning;
mod onnx;
mod stacked;

use std::{
    any::Any,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    thread,
    time::Instant,
};

use vision_protocol::Manifest;

use crate::{
    engine::{Engine, EngineError, Model, Port, Tensor},
    learned::{Learned, LearnedModel},
    worker::{host::Clock, stopwatch::milliseconds},
};

use batching::Loading;

pub(super) use batching::{Answer, Shared, Unfinished};
pub(super) use learning::watch_memory;

/// Tensors by the names of a model's inputs or outputs.
pub(super) type Named = Vec<(String, Tensor)>;

/// Models by the names that the manifest gives them.
pub(super) struct Models {
    engine: Arc<dyn Engine>,
    entries: BTreeMap<String, Entry>,
}

struct Entry {
    file: PathBuf,
    /// The batch that an earlier proof has learned.
    batch: OnceLock<usize>,
    loaded: OnceLock<Result<Arc<Shared>, EngineError>>,
}

impl Models {
    pub(super) fn new(engine: Arc<dyn Engine>, package: &Path, manifest: &Manifest) -> Self {
        let entry = |file| Entry { file: package.join(file), batch: OnceLock::new(), loaded: OnceLock::new() };
        let entries = manifest.models.iter().map(|model| (model.name.clone(), entry(&model.file))).collect();
        Self { engine, entries }
    }

    /// Takes over what a proof has learned: how many items of several runs go into one call.
    pub(super) fn adopt(&self, learned: &Learned) {
        for (name, entry) in &self.entries {
            let Some(known) = learned.models.get(name) else { continue };
            match entry.loaded.get() {
                Some(Ok(shared)) => shared.batch_up_to(known.batch),
                _ => drop(entry.batch.set(known.batch)),
            }
        }
    }

    /// The model of that name, loaded now if it was not yet. `None` if the manifest has none of that name.
    pub(super) fn get(&self, name: &str) -> Option<Result<Arc<Shared>, EngineError>> {
        let entry = self.entries.get(name)?;
        let load = || {
            let (began, before) = (Instant::now(), learning::resident());
            let model = guarded(|| self.engine.load(&entry.file))?;
            let (ms, resident) = (milliseconds(began.elapsed()), learning::resident());
            let loading = Loading { ms, bytes: resident.saturating_sub(before), resident };
            let cores = thread::available_parallelism().map_or(1, usize::from);
            let shared = Shared::new(model, self.engine.instances(cores), loading);
            shared.batch_up_to(entry.batch.get().copied().unwrap_or(1));
            Ok(Arc::new(shared))
        };
        Some(entry.loaded.get_or_init(load).clone())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// What there is to learn about that model, which computes `one` item: for the proof of a package.
    pub(super) fn learn(&self, name: &str, one: &Named, most_bytes: u64) -> Option<LearnedModel> {
        let (entry, shared) = (self.entries.get(name)?, self.get(name)?.ok()?);
        let stay_apart = || std::fs::read(&entry.file).is_ok_and(|file| apart::stay_apart(&file));
        Some(learning::learn(&shared, one, most_bytes, stay_apart))
    }

    /// Loads all of them, for runs to come. A failure is told to the run that asks for the model.
    pub(super) fn warm(&self) {
        for name in self.names() {
            self.get(name);
        }
    }
}

impl Shared {
    /// Computes once, when it is this run's turn and with others where that is quicker. An empty name is the first
    /// input's.
    pub(super) fn compute(&self, inputs: Named, clock: &Clock) -> Result<Answer, Unfinished> {
        let inputs =
            arranged(self.model().inputs(), inputs).map_err(|message| Unfinished::Failed(EngineError::new(message)))?;
        self.infer(inputs, clock)
    }
}

/// Computes once, past all queues.
pub(super) fn compute(model: &dyn Model, inputs: Named) -> Result<Named, String> {
    let inputs = arranged(model.inputs(), inputs)?;
    guarded(|| model.infer(inputs)).map_err(|error| error.to_string())
}

/// The inputs in the model's order, checked against its ports.
fn arranged(ports: &[Port], mut inputs: Named) -> Result<Named, String> {
    if let Some((name, _)) = inputs.iter().find(|(name, _)| !name.is_empty() && !ports.iter().any(|p| p.name == *name))
    {
        let known = ports.iter().map(|port| port.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(format!("the model has no input “{name}”; it has: {known}"));
    }
    let mut named = Vec::with_capacity(ports.len());
    for (index, port) in ports.iter().enumerate() {
        let is_its = |name: &str| name == port.name || (name.is_empty() && index == 0);
        let Some(place) = inputs.iter().position(|(name, _)| is_its(name)) else {
            return Err(format!("the input “{}” is missing", port.name));
        };
        let (_, tensor) = inputs.swap_remove(place);
        if inputs.iter().any(|(name, _)| is_its(name)) {
            return Err(format!("the input “{}” is given twice", port.name));
        }
        let shape = tensor.shape();
        let fits = port.shape.len() == shape.len()
            && port.shape.iter().zip(shape).all(|(wanted, given)| *wanted == 0 || wanted == given);
        if !fits || port.element != tensor.element() {
            return Err(format!(
                "the input “{}” takes {} {}, not {} {shape:?}",
                port.name,
                port.element.name(),
                shown(&port.shape),
                tensor.element().name(),
            ));
        }
        named.push((port.name.clone(), tensor));
    }
    Ok(named)
}

/// A shape with `?` for dimensions that the model leaves open.
fn shown(shape: &[usize]) -> String {
    let sides = shape.iter().map(|side| if *side == 0 { "?".to_owned() } else { side.to_string() });
    format!("[{}]", sides.collect::<Vec<_>>().join(", "))
}

fn guarded<T>(work: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(EngineError::new(format!("the engine gave up: {}", words(panic.as_ref())))))
}

/// What a panic said.
pub(super) fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it did not say why")
}
