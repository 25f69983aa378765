//! The glue component: which interfaces it asks for, and whether it can be run. Its code is not looked at here;
//! the runner compiles and instantiates it.

use wasmparser::{
    BinaryReaderError, Chunk, ComponentExternalKind, ComponentTypeRef, Encoding, Parser, Payload, TypeBounds,
};

use vision_protocol::{Fault, Manifest};

use crate::sniff;

/// Interfaces of `vision:app` that a host offers.
pub const INTERFACES: [&str; 6] = ["tensors", "images", "inference", "assets", "logging", "values"];
/// Versions of `vision:app` that a host offers begin so.
pub const VERSION: &str = "0.1.";
/// The function that a component must export.
pub const ENTRY: &str = "run";

/// Everything that is wrong with a component, from its imports and exports.
pub fn check(bytes: &[u8]) -> Vec<Fault> {
    let fault = |message: String| Fault::new(Manifest::COMPONENT, message);
    if !bytes.starts_with(b"\0asm") {
        let kind = sniff::kind(&bytes[..bytes.len().min(sniff::HEAD)]).unwrap_or("something else");
        return vec![fault(format!("is {kind}, not a WebAssembly component"))];
    }
    let outline = match outline(bytes) {
        Ok(outline) => outline,
        Err(error) => return vec![fault(format!("is damaged: {error}"))],
    };
    if outline.encoding == Some(Encoding::Module) {
        return vec![fault(
            "is a core module, not a component: `wasm-tools component new app.wasm -o app.component.wasm` makes one \
             of a module that was built against vision:app"
                .to_owned(),
        )];
    }
    let mut faults: Vec<Fault> = outline.imports.iter().filter_map(|import| import_fault(import)).map(fault).collect();
    if !outline.runs {
        faults.push(fault(format!("does not export the function “{ENTRY}” of the world vision:app/app")));
    }
    faults
}

/// The interfaces and functions that a component imports, by name; none of what is no component.
pub fn imports(bytes: &[u8]) -> Vec<String> {
    outline(bytes)
        .map(|outline| outline.imports.iter().map(|import| (*import).to_owned()).collect())
        .unwrap_or_default()
}

#[derive(Default)]
struct Outline<'a> {
    encoding: Option<Encoding>,
    imports: Vec<&'a str>,
    runs: bool,
}

/// The imports and exports of the outermost component; what is nested in it is skipped.
fn outline(bytes: &[u8]) -> Result<Outline<'_>, String> {
    let mut outline = Outline::default();
    let mut parser = Parser::new(0);
    let mut rest = bytes;
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(rest, true).map_err(text)? else {
            return Err("it ends too early".to_owned());
        };
        rest = &rest[consumed..];
        match payload {
            Payload::Version { encoding, .. } => {
                outline.encoding = Some(encoding);
                if encoding == Encoding::Module {
                    return Ok(outline);
                }
            }
            Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
                let length = unchecked_range.end - unchecked_range.start;
                rest = rest.get(length..).ok_or("a module within it is cut off")?;
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    let import = import.map_err(text)?;
                    // The name of a type that the world uses gives access to nothing.
                    if !matches!(import.ty, ComponentTypeRef::Type(TypeBounds::Eq(_))) {
                        outline.imports.push(import.name.name);
                    }
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    let export = export.map_err(text)?;
                    outline.runs |= export.name.name == ENTRY && export.kind == ComponentExternalKind::Func;
                }
            }
            Payload::End(_) => return Ok(outline),
            _ => {}
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn text(error: BinaryReaderError) -> String {
    error.to_string()
}

fn import_fault(import: &str) -> Option<String> {
    let (package, rest) = import.split_once('/').unwrap_or((import, ""));
    let (interface, version) = rest.split_once('@').unwrap_or((rest, ""));
    if package == "vision:app" {
        if !INTERFACES.contains(&interface) {
            return Some(format!("imports {import}, which is not an interface of vision:app"));
        }
        let good = version.strip_prefix(VERSION).is_some_and(|patch| patch.parse::<u32>().is_ok());
        return (!good).then(|| format!("imports {import}; runners offer vision:app {VERSION}x"));
    }
    if package.starts_with("wasi:") {
        return Some(format!(
            "imports {import}: apps get no WASI (files, network, clocks, environment); build the glue without it, in \
             JavaScript and Python with `--stub-wasi`"
        ));
    }
    Some(format!("imports {import}; apps may import only the interfaces of vision:app"))
}
