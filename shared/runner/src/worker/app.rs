//! One package, ready to run.

use std::{path::Path, sync::Arc};

use vision_protocol::{Fault, Manifest, limits::RunLimits};
use wasmtime::{Engine as Wasm, component::Component};

use super::{
    assets::Assets,
    bindings::AppPre,
    host::Host,
    models::Models,
    wasm::{self, Ticker},
};
use crate::engine::Engine;

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
    pub(super) fn new(
        engine: Arc<dyn Engine>,
        folder: &Folder<'_>,
        wasm: Wasm,
        component: &Component,
    ) -> Result<Self, Vec<Fault>> {
        let fault = |message: String| vec![Fault::new(Manifest::COMPONENT, message)];
        let pre = wasm::link(&wasm, component)
            .map_err(|error| fault(format!("does not fit the interface: {}", error.root_cause())))?;
        let ticker = Ticker::start(&wasm).map_err(|error| fault(format!("cannot be served: {error}")))?;
        Ok(Self {
            pre,
            wasm,
            ticker,
            models: Arc::new(Models::new(engine, folder.path, &folder.manifest)),
            assets: Arc::new(Assets::new(folder.path, &folder.manifest, folder.limits.glue_memory_bytes)),
            limits: Arc::new(folder.limits.clone()),
        })
    }
}
