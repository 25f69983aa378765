//! Wraps core WebAssembly modules that carry their world into components:
//! `componentize CORE.wasm COMPONENT.wasm [CORE.wasm COMPONENT.wasm…]`.

use std::{env, fs};

use anyhow::{Context, Result, bail};
use wit_component::ComponentEncoder;

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let (pairs, []) = arguments.as_chunks() else { bail!("usage: componentize CORE.wasm COMPONENT.wasm…") };
    for [core, component] in pairs {
        let module = fs::read(core).with_context(|| format!("reading {}", core.display()))?;
        let bytes = ComponentEncoder::default().validate(true).module(&module)?.encode()?;
        fs::write(component, bytes).with_context(|| format!("writing {}", component.display()))?;
    }
    Ok(())
}
