//! The committed components speak the interface of `shared/wit` and nothing else, and are what
//! their sources build to.

use std::{env, fs, path::Path};

use vision_glue::standard;
use vision_protocol::manifest::Task;
use wit_component::{DecodedWasm, OutputToString, WitPrinter};
use wit_parser::{Resolve, WorldId, WorldItem, WorldKey};

fn decoded(component: &[u8]) -> (Resolve, WorldId) {
    match wit_component::decode(component).expect("a component") {
        DecodedWasm::Component(resolve, world) => (resolve, world),
        DecodedWasm::WitPackage(..) => panic!("a package of interfaces, not a component"),
    }
}

/// Names of imported or exported interfaces and functions. Types alone give no access to anything.
fn names<'a>(resolve: &Resolve, items: impl Iterator<Item = (&'a WorldKey, &'a WorldItem)>) -> Vec<String> {
    let callable = items.filter(|(_, item)| !matches!(item, WorldItem::Type { .. }));
    callable.map(|(key, _)| resolve.name_world_key(key)).collect()
}

/// Every interface, type and function that a component imports and exports, as text.
fn interface(component: &[u8]) -> String {
    let (resolve, world) = decoded(component);
    let main = resolve.worlds[world].package.expect("a world lies in a package");
    let mut nested: Vec<_> = resolve.packages.iter().map(|(id, _)| id).filter(|&id| id != main).collect();
    nested.sort_by_key(|&id| resolve.packages[id].name.to_string());
    let mut printer = WitPrinter::new(OutputToString::default());
    printer.print(&resolve, main, &nested).expect("an interface prints");
    String::from(printer.output)
}

#[test]
fn standard_glue_imports_only_our_world() {
    for task in Task::ALL {
        let (resolve, world) = decoded(standard(task));
        let world = &resolve.worlds[world];
        let imports = names(&resolve, world.imports.iter());
        assert!(!imports.is_empty(), "{}", task.name());
        for import in imports {
            assert!(import.starts_with("vision:app/") && import.ends_with("@0.1.0"), "{}: {import}", task.name());
        }
        assert_eq!(names(&resolve, world.exports.iter()), ["run"], "{}", task.name());
    }
}

#[test]
fn standard_glue_is_small() {
    for task in Task::ALL {
        assert!(standard(task).len() < 100_000, "{}: {} bytes", task.name(), standard(task).len());
    }
}

#[test]
fn standard_glue_uses_functions_as_the_interface_has_them() {
    let mut resolve = Resolve::default();
    let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/app.wit");
    let package = resolve.push_source("app.wit", &fs::read_to_string(wit).unwrap()).unwrap();
    for task in Task::ALL {
        let (theirs, world) = decoded(standard(task));
        for (key, _) in &theirs.worlds[world].imports {
            let WorldKey::Interface(id) = key else { continue };
            let name = theirs.interfaces[*id].name.as_ref().expect("an imported interface has a name");
            let ours = &resolve.interfaces[resolve.packages[package].interfaces[name]];
            for (function, theirs) in &theirs.interfaces[*id].functions {
                let ours = ours.functions.get(function).unwrap_or_else(|| panic!("{name} has no {function}"));
                let parameters = |function: &wit_parser::Function| {
                    function.params.iter().map(|parameter| parameter.name.clone()).collect::<Vec<_>>()
                };
                assert_eq!(parameters(ours), parameters(theirs), "{name}.{function}");
            }
        }
    }
}

/// Set by the step that rebuilds the components: where the fresh ones lie.
#[test]
fn fresh_builds_have_the_same_worlds() {
    let Some(folder) = env::var_os("VISION_GLUE_REBUILT") else {
        eprintln!("skipped: VISION_GLUE_REBUILT names no folder with fresh builds");
        return;
    };
    for task in Task::ALL {
        let fresh = fs::read(Path::new(&folder).join(task.name()).with_extension("wasm")).expect("a fresh build");
        assert_eq!(interface(&fresh), interface(standard(task)), "{}", task.name());
    }
}
