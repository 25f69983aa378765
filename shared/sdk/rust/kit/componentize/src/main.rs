//! Wraps a core WebAssembly module that carries its world into a component: `componentize CORE.wasm COMPONENT.wasm`.

use std::{env, fs};

use anyhow::{Context, Result, bail};
use wit_component::ComponentEncoder;

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [core, component] = arguments.as_slice() else { bail!("usage: componentize CORE.wasm COMPONENT.wasm") };
    let module = fs::read(core).with_context(|| format!("reading {}", core.display()))?;
    let bytes = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .with_context(|| format!("{} is no module of the world vision:app/app", core.display()))?;
    fs::write(component, bytes).with_context(|| format!("writing {}", component.display()))
}
