//! Makes small components for tests from WebAssembly text: `fixtures SOURCES INTO`.
//!
//! Each `NAME.wat` is a core module of the world `vision:app/app`, or of the world `fixture` in
//! `NAME.wit` where that stands beside it, and becomes `NAME.wasm`.

use std::{env, ffi::OsStr, fs, path::Path};

use anyhow::{Context, Result, bail};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const INTERFACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/app.wit");

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [sources, into] = arguments.as_slice() else { bail!("usage: fixtures SOURCES INTO") };
    fs::create_dir_all(into)?;
    for entry in fs::read_dir(sources).with_context(|| format!("reading {}", sources.display()))? {
        let source = entry?.path();
        if source.extension() == Some(OsStr::new("wat")) {
            let bytes = component(&source).with_context(|| format!("building {}", source.display()))?;
            let name = source.with_extension("wasm");
            fs::write(Path::new(into).join(name.file_name().context("a file has a name")?), bytes)?;
        }
    }
    Ok(())
}

fn component(source: &Path) -> Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let mut package = resolve.push_source("app.wit", &fs::read_to_string(INTERFACE)?)?;
    let mut world = "app";
    let own = source.with_extension("wit");
    if own.exists() {
        package = resolve.push_source(&own.to_string_lossy(), &fs::read_to_string(&own)?)?;
        world = "fixture";
    }
    let world = resolve.select_world(&[package], Some(world))?;
    let mut module = wat::parse_file(source)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}
