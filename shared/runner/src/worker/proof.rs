//! Proving a new package: the component compiled, every model loaded and computed once, every example run.

mod examples;

use std::{path::Path, sync::Arc, thread};

use anyhow::{Context, bail};
use vision_protocol::{Fault, Manifest, manifest};
use wasmtime::Engine as Wasm;

use super::{
    Loaded, STACK_BYTES,
    app::{App, Folder, PACKAGE},
    models,
};
use crate::{
    engine::{Engine, Model, Port, Tensor},
    ipc::Start,
    learned::Learned,
};

/// What stands for a dimension that a model leaves open: one picture, three channels, sides of this many pixels.
const OPEN_SIDE: usize = 224;

/// Has the supervisor store a compiled component.
pub(super) type Store<'a> = &'a mut (dyn FnMut(Vec<u8>) -> anyhow::Result<()> + Send);

/// [`prove`], on a thread with enough stack for the glue.
pub(super) fn prove_in_thread(
    engine: Arc<dyn Engine>,
    wasm: Wasm,
    start: &Start,
    store: Store<'_>,
) -> anyhow::Result<Result<Loaded, Vec<Fault>>> {
    let proof = thread::scope(|scope| {
        thread::Builder::new()
            .name("proof".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || prove(engine, wasm, start, store))
            .map(thread::ScopedJoinHandle::join)
    });
    proof.context("cannot start a thread")?.unwrap_or_else(|_| bail!("the proof of the package panicked"))
}

/// Proves the package; every fault at once, as far as they can be found independently.
fn prove(
    engine: Arc<dyn Engine>,
    wasm: Wasm,
    start: &Start,
    store: Store<'_>,
) -> anyhow::Result<Result<Loaded, Vec<Fault>>> {
    let folder = match Folder::open(Path::new(PACKAGE), start.limits.clone()) {
        Ok(folder) => folder,
        Err(faults) => return Ok(Err(faults)),
    };
    let (mut faults, mut warnings, mut learned) = (Vec::new(), Vec::new(), Learned::default());
    let glue = match compile(&wasm, &folder) {
        Ok(compiled) => {
            store(compiled)?;
            start_glue(engine.clone(), &folder, wasm)
        }
        Err(found) => Err(found),
    };
    let app = glue.map_err(|mut found| faults.append(&mut found)).ok();
    let registry = app
        .as_ref()
        .map_or_else(|| Arc::new(models::Models::new(engine, folder.path, &folder.manifest)), |app| app.models.clone());
    for model in &folder.manifest.models {
        match registry.get(&model.name) {
            Some(Ok(loaded)) => {
                if let Some(zeros) = try_model(model, loaded.model(), &mut faults, &mut warnings) {
                    // A worker's runs share the rest of its memory.
                    let known = registry.learn(&model.name, &zeros, start.limits.worker_memory_bytes / 3);
                    learned.models.extend(known.map(|known| (model.name.clone(), known)));
                }
            }
            Some(Err(error)) => faults.push(Fault::new(&model.file, error.to_string())),
            None => {}
        }
    }
    registry.adopt(&learned);
    // An example of an app whose models or glue are faulty would only repeat what has been said.
    if let (Some(app), true) = (app, faults.is_empty()) {
        examples::run(&app, &folder, &mut faults, &mut warnings);
        if faults.is_empty() {
            return Ok(Ok(Loaded { app, warnings, learned }));
        }
    }
    Ok(Err(faults))
}

fn compile(wasm: &Wasm, folder: &Folder<'_>) -> Result<Vec<u8>, Vec<Fault>> {
    let fault = |message: String| vec![Fault::new(Manifest::COMPONENT, message)];
    let bytes = std::fs::read(folder.path.join(Manifest::COMPONENT))
        .map_err(|error| fault(format!("cannot be read: {error}")))?;
    wasm.precompile_component(&bytes).map_err(|error| fault(format!("cannot be compiled: {}", error.root_cause())))
}

/// As serving will do it, from the file that serving will map.
fn start_glue(engine: Arc<dyn Engine>, folder: &Folder<'_>, wasm: Wasm) -> Result<App, Vec<Fault>> {
    let app = App::map(engine, folder, wasm, &Learned::default())?;
    app.try_instance()
        .map_err(|failure| vec![Fault::new(Manifest::COMPONENT, format!("cannot be started: {}", failure.message))])?;
    Ok(app)
}

/// Computes once on zeros, which are given back if that went well. Where dimensions had to be made up, a failure may be
/// theirs, and is only a remark.
fn try_model(
    described: &manifest::Model,
    model: &dyn Model,
    faults: &mut Vec<Fault>,
    warnings: &mut Vec<Fault>,
) -> Option<models::Named> {
    warnings.extend(model.remarks().iter().map(|remark| Fault::new(&described.file, remark)));
    let made_up = model.inputs().iter().any(|port| port.shape.contains(&0));
    let zeros = model
        .inputs()
        .iter()
        .map(|port| Ok((port.name.clone(), Tensor::zeros(closed(port, described), port.element)?)))
        .collect::<Result<Vec<_>, String>>();
    let message = match zeros.and_then(|zeros| models::compute(model, zeros.clone()).map(|_| zeros)) {
        Ok(zeros) => return Some(zeros),
        Err(message) => message,
    };
    if made_up {
        let shapes: Vec<_> = model.inputs().iter().map(|port| closed(port, described)).collect();
        let message = format!("leaves dimensions open, and could not be computed on zeros of {shapes:?}: {message}");
        warnings.push(Fault::new(&described.file, message));
    } else {
        faults.push(Fault::new(&described.file, format!("cannot be computed on zeros of its own shape: {message}")));
    }
    None
}

fn closed(port: &Port, described: &manifest::Model) -> Vec<usize> {
    let input = described.input.as_ref();
    let side = |given: Option<u32>| given.map_or(OPEN_SIDE, |side| side as usize);
    let (width, height) = (side(input.and_then(|i| i.width)), side(input.and_then(|i| i.height)));
    let last = matches!(port.shape.last(), Some(1 | 3)) && port.shape.len() == 4;
    let guesses = match port.shape.len() {
        4 if last => vec![1, height, width, 3],
        4 => vec![1, 3, height, width],
        n => vec![1; n],
    };
    port.shape.iter().zip(guesses).map(|(side, guess)| if *side == 0 { guess } else { *side }).collect()
}
