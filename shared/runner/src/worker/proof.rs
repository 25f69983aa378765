//! Proving a new package: the component compiled, every model loaded and computed once, every example run.

mod examples;

use std::{path::Path, sync::Arc};

use vision_protocol::{Fault, Manifest, limits::RunLimits, manifest};
use wasmtime::component::Component;

use super::{
    app::{App, Folder},
    models, wasm,
};
use crate::engine::{Engine, Model, Port, Tensor};

/// What stands for a dimension that a model leaves open: one picture, three channels, sides of this many pixels.
const OPEN_SIDE: usize = 224;

/// A package that was found good.
pub(super) struct Proof {
    /// The compiled component.
    pub(super) compiled: Vec<u8>,
    /// Remarks for the author.
    pub(super) warnings: Vec<Fault>,
}

/// Proves the package in that folder; every fault at once, as far as they can be found independently.
pub(super) fn prove(engine: Arc<dyn Engine>, package: &Path, limits: RunLimits) -> Result<Proof, Vec<Fault>> {
    let folder = Folder::open(package, limits)?;
    let (mut faults, mut warnings) = (Vec::new(), Vec::new());
    let glue = compile(engine.clone(), &folder).map_err(|mut found| faults.append(&mut found)).ok();
    let registry = glue.as_ref().map_or_else(
        || Arc::new(models::Models::new(engine, package, &folder.manifest)),
        |(app, _)| app.models.clone(),
    );
    for model in &folder.manifest.models {
        match registry.get(&model.name) {
            Some(Ok(loaded)) => try_model(model, loaded.as_ref(), &mut faults, &mut warnings),
            Some(Err(error)) => faults.push(Fault::new(&model.file, error.to_string())),
            None => {}
        }
    }
    // An example of an app whose models or glue are faulty would only repeat what has been said.
    if let (Some((app, compiled)), true) = (glue, faults.is_empty()) {
        examples::run(&app, &folder, &mut faults, &mut warnings);
        if faults.is_empty() {
            return Ok(Proof { compiled, warnings });
        }
    }
    Err(faults)
}

fn compile(engine: Arc<dyn Engine>, folder: &Folder<'_>) -> Result<(App, Vec<u8>), Vec<Fault>> {
    let fault = |message: String| vec![Fault::new(Manifest::COMPONENT, message)];
    let bytes = std::fs::read(folder.path.join(Manifest::COMPONENT))
        .map_err(|error| fault(format!("cannot be read: {error}")))?;
    let wasm = wasm::engine(&folder.limits, 1).map_err(|error| fault(format!("cannot be compiled: {error:#}")))?;
    let component = Component::from_binary(&wasm, &bytes)
        .map_err(|error| fault(format!("cannot be compiled: {}", error.root_cause())))?;
    let compiled = component.serialize().map_err(|error| fault(format!("cannot be compiled: {error:#}")))?;
    let app = App::new(engine, folder, wasm, &component)?;
    app.try_instance().map_err(|failure| fault(format!("cannot be started: {}", failure.message)))?;
    Ok((app, compiled))
}

/// Computes once on zeros. Where dimensions had to be made up, a failure may be theirs, and is only a remark.
fn try_model(described: &manifest::Model, model: &dyn Model, faults: &mut Vec<Fault>, warnings: &mut Vec<Fault>) {
    warnings.extend(model.remarks().iter().map(|remark| Fault::new(&described.file, remark)));
    let made_up = model.inputs().iter().any(|port| port.shape.contains(&0));
    let zeros = model
        .inputs()
        .iter()
        .map(|port| Ok((port.name.clone(), Tensor::zeros(closed(port, described), port.element)?)))
        .collect::<Result<Vec<_>, String>>();
    let Err(message) = zeros.and_then(|zeros| models::compute(model, zeros)) else { return };
    if made_up {
        let shapes: Vec<_> = model.inputs().iter().map(|port| closed(port, described)).collect();
        let message = format!("leaves dimensions open, and could not be computed on zeros of {shapes:?}: {message}");
        warnings.push(Fault::new(&described.file, message));
    } else {
        faults.push(Fault::new(&described.file, format!("cannot be computed on zeros of its own shape: {message}")));
    }
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
