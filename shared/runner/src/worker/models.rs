//! The models of the package, each loaded once and shared by all runs.

use std::{
    any::Any,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use vision_protocol::Manifest;

use crate::engine::{Engine, EngineError, Model, Tensor};

/// Models by the names that the manifest gives them.
pub(super) struct Models {
    engine: Arc<dyn Engine>,
    entries: BTreeMap<String, Entry>,
}

struct Entry {
    file: PathBuf,
    loaded: OnceLock<Result<Arc<dyn Model>, EngineError>>,
}

impl Models {
    pub(super) fn new(engine: Arc<dyn Engine>, package: &Path, manifest: &Manifest) -> Self {
        let entries = manifest
            .models
            .iter()
            .map(|model| (model.name.clone(), Entry { file: package.join(&model.file), loaded: OnceLock::new() }))
            .collect();
        Self { engine, entries }
    }

    /// The model of that name, loaded now if it was not yet. `None` if the manifest has none of that name.
    pub(super) fn get(&self, name: &str) -> Option<Result<Arc<dyn Model>, EngineError>> {
        let entry = self.entries.get(name)?;
        let load = || guarded(|| self.engine.load(&entry.file)).map(Arc::from);
        Some(entry.loaded.get_or_init(load).clone())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Loads all of them, for runs to come. A failure is told to the run that asks for the model.
    pub(super) fn warm(&self) {
        for name in self.names() {
            self.get(name);
        }
    }
}

/// Computes once, with the inputs checked against the model's ports; an empty name is the first input's.
pub(super) fn compute(model: &dyn Model, inputs: Vec<(String, Tensor)>) -> Result<Vec<(String, Tensor)>, String> {
    let ports = model.inputs();
    let mut named: Vec<(String, Tensor)> = Vec::with_capacity(inputs.len());
    for (name, tensor) in inputs {
        let port = if name.is_empty() { ports.first() } else { ports.iter().find(|port| port.name == name) };
        let Some(port) = port else {
            let known = ports.iter().map(|port| port.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(format!("the model has no input “{name}”; it has: {known}"));
        };
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
        if named.iter().any(|(earlier, _)| *earlier == port.name) {
            return Err(format!("the input “{}” is given twice", port.name));
        }
        named.push((port.name.clone(), tensor));
    }
    if let Some(missing) = ports.iter().find(|port| !named.iter().any(|(name, _)| *name == port.name)) {
        return Err(format!("the input “{}” is missing", missing.name));
    }
    guarded(|| model.infer(named)).map_err(|error| error.to_string())
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
