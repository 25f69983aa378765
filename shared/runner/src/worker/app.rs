//! One package, ready to run.

use std::{path::Path, sync::Arc};

use vision_protocol::{Fault, Manifest, limits::RunLimits};
use wasmtime::Engine as Wasm;

use super::{
    assets::Assets,
    bindings::AppPre,
    host::Host,
    models::Models,
    wasm::{self, Ticker},
};
use crate::{engine::Engine, learned::Learned};

/// The package's folder: in its cell a worker stands in it, and can go nowhere else.
pub(super) const PACKAGE: &str = ".";
/// Where the supervisor leaves the compiled component, within the package's folder.
const COMPILED: &str = ".compiled/app.cwasm";

/// What all runs of a package share.
pub(super) struct App {
    pub(super) pre: AppPre<Host>,
    pub(super) wasm: Wasm,
    pub(super) ticker: Ticker,
    pub(super) models: Arc<Models>,
    pub(super) assets: Arc<Assets>,
    pub(super) limits: Arc<RunLimits>,
}

/// A package folder with its manifest, and the limits that both operator and manifest set.
pub(super) struct Folder<'a> {
    pub(super) path: &'a Path,
    pub(super) manifest: Manifest,
    pub(super) limits: RunLimits,
}

impl<'a> Folder<'a> {
    pub(super) fn open(path: &'a Path, mut limits: RunLimits) -> Result<Self, Vec<Fault>> {
        let text = std::fs::read(path.join(Manifest::FILE))
            .map_err(|error| vec![Fault::new(Manifest::FILE, format!("cannot be read: {error}"))])?;
        let manifest = Manifest::parse(&text)?;
        if let Some(own) = &manifest.limits {
            let memory = own.memory_mib.map_or(u64::MAX, |mib| mib.saturating_mul(1 << 20));
            limits.glue_memory_bytes = limits.glue_memory_bytes.min(memory);
            limits.deadline_ms = limits.deadline_ms.min(own.deadline_ms.unwrap_or(u64::MAX));
        }
        Ok(Self { path, manifest, limits })
    }
}

impl App {
    /// Maps the compiled component. Its memory images come with it: there is nothing to be made, let alone compiled.
    pub(super) fn map(
        engine: Arc<dyn Engine>,
        folder: &Folder<'_>,
        wasm: Wasm,
        learned: &Learned,
    ) -> Result<Self, Vec<Fault>> {
        let fault = |message: String| vec![Fault::new(Manifest::COMPONENT, message)];
        let component = wasm::map(&wasm, &folder.path.join(COMPILED))
            .map_err(|error| fault(format!("cannot be loaded: {error:#}")))?;
        let pre = wasm::link(&wasm, &component)
            .map_err(|error| fault(format!("does not fit the interface: {}", error.root_cause())))?;
        let ticker = Ticker::start(&wasm).map_err(|error| fault(format!("cannot be served: {error}")))?;
        let models = Models::new(engine, folder.path, &folder.manifest);
        models.adopt(learned);
        Ok(Self {
            pre,
            wasm,
            ticker,
            models: Arc::new(models),
            assets: Arc::new(Assets::new(folder.path, &folder.manifest, folder.limits.glue_memory_bytes)),
            limits: Arc::new(folder.limits.clone()),
        })
    }
}
