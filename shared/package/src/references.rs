//! Whether manifest and archive agree: every file that is named is there, and every file there is named.

use serde_json::Value;
use vision_protocol::{Fault, Manifest};

use crate::layout::{self, Role};

/// Checks what a manifest names. `manifest` is as it was written, so that a faulty one is checked too.
pub(crate) fn check(manifest: &Value, paths: &[&str], faults: &mut Vec<Fault>) {
    let mut named = Vec::new();
    let models = manifest.get("Models").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (index, model) in models.iter().enumerate() {
        for key in ["File", "Labels", "Output.Gallery"] {
            let value = key.split('.').try_fold(model, |value, key| value.get(key));
            let Some(file) = value.and_then(Value::as_str) else { continue };
            named.push(file);
            if !paths.contains(&file) {
                let place = format!("{}: Models[{index}].{key}", Manifest::FILE);
                faults.push(Fault::new(place, missing(file, paths)));
            }
        }
    }
    for path in paths.iter().filter(|path| layout::role(path) == Role::Model && !named.contains(path)) {
        let message = format!("is not named by any of the Models in {}: name it, or remove it", Manifest::FILE);
        faults.push(Fault::new(*path, message));
    }
    template(manifest, paths, faults);
    if manifest.get("Task").is_none() && !paths.contains(&Manifest::COMPONENT) {
        let message = format!(
            "is missing: bring a component, or let {} name a standard one, such as \"Task\": \"classification\"",
            Manifest::FILE
        );
        faults.push(Fault::new(Manifest::COMPONENT, message));
    }
    if paths.contains(&"icon.png") && paths.contains(&"icon.svg") {
        faults.push(Fault::new("icon.svg", "stands beside icon.png: one icon is enough, remove the other"));
    }
}

fn template(manifest: &Value, paths: &[&str], faults: &mut Vec<Fault>) {
    let chosen = manifest.get("ResultLayout").and_then(Value::as_str) == Some(Manifest::TEMPLATE);
    match (chosen, paths.contains(&Manifest::TEMPLATE)) {
        (true, false) => {
            let place = format!("{}: ResultLayout", Manifest::FILE);
            faults.push(Fault::new(place, format!("names {0}, but the archive has no {0}", Manifest::TEMPLATE)));
        }
        (false, true) => {
            let message = format!(
                "is not used: write \"ResultLayout\": \"{}\" into {}, or remove it",
                Manifest::TEMPLATE,
                Manifest::FILE
            );
            faults.push(Fault::new(Manifest::TEMPLATE, message));
        }
        _ => {}
    }
}

fn missing(file: &str, paths: &[&str]) -> String {
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_lowercase();
    match paths.iter().find(|path| name(path) == name(file)) {
        Some(meant) => format!("names “{file}”, which is not in the archive; is “{meant}” meant?"),
        None => format!("names “{file}”, which is not in the archive"),
    }
}
