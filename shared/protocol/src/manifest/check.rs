//! Reading a manifest with every fault at once.

mod models;
mod task;

use std::collections::HashSet;

use serde_json::Value;

use super::{Manifest, mend};
use crate::{fault::Fault, parameters::is_identifier, results::StandardLayout};

pub(super) fn parse(text: &[u8]) -> Result<Manifest, Vec<Fault>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| vec![Fault::new(Manifest::FILE, format!("is not valid JSON: {error}"))])?;
    if !value.is_object() {
        return Err(vec![Fault::new(Manifest::FILE, "must be a JSON object, { … }")]);
    }
    let mend::Mended { manifest, mut faults, places } = mend::read(value);
    let Some(mut manifest) = manifest else { return Err(faults) };
    if let Some(task) = manifest.task {
        if manifest.app_parameters.is_empty() {
            manifest.app_parameters = task.parameters();
        }
        if manifest.result_variables.is_empty() {
            manifest.result_variables = task.results(manifest.models.first());
        }
    }
    let mut found = Vec::new();
    semantics(&manifest, &mut found);
    let prefix = format!("{}: ", Manifest::FILE);
    faults.extend(found.into_iter().filter(|fault| !places.touch(fault.place.trim_start_matches(&prefix))));
    if faults.is_empty() { Ok(manifest) } else { Err(faults) }
}

fn semantics(manifest: &Manifest, faults: &mut Vec<Fault>) {
    let mut fault =
        |place: &str, message: String| faults.push(Fault::new(format!("{}: {place}", Manifest::FILE), message));
    for (key, text, longest) in [
        ("Name", &manifest.name, 80),
        ("Description", &manifest.description, 2_000),
        ("Category", &manifest.category, 40),
    ] {
        if text.chars().count() > longest {
            fault(key, format!("must have at most {longest} characters"));
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            fault(key, "must not hold control characters".to_owned());
        }
    }
    if manifest.name.trim().is_empty() {
        fault("Name", "must not be empty".to_owned());
    }
    if let Some(layout) = &manifest.result_layout
        && layout != Manifest::TEMPLATE
        && StandardLayout::by_name(layout).is_none()
    {
        let names = StandardLayout::ALL.map(|(name, _)| name).join(", ");
        fault("ResultLayout", format!("must be {} or one of: {names}", Manifest::TEMPLATE));
    }
    if manifest.result_variables.is_empty() {
        fault("ResultVariables", "an app needs at least one result".to_owned());
    }
    duplicates("AppParameters", manifest.app_parameters.iter().map(|p| p.name.as_str()), &mut fault);
    duplicates("ResultVariables", manifest.result_variables.iter().map(|r| r.name.as_str()), &mut fault);
    duplicates("Models", manifest.models.iter().map(|m| m.name.as_str()), &mut fault);
    for (index, result) in manifest.result_variables.iter().enumerate() {
        if !is_identifier(&result.name) {
            let message = "must start with a letter and hold only letters, digits and _, at most 60";
            fault(&format!("ResultVariables[{index}].Name"), message.to_owned());
        }
    }
    for (index, model) in manifest.models.iter().enumerate() {
        models::model_semantics(model, &format!("Models[{index}]"), &mut fault);
    }
    if let Some(task) = manifest.task {
        task::task_semantics(manifest, task, &mut fault);
    }
    if let Some(limits) = &manifest.limits {
        for (key, limit) in [("DeadlineMs", limits.deadline_ms), ("MemoryMiB", limits.memory_mib)] {
            if limit == Some(0) {
                fault(&format!("Limits.{key}"), "must be at least 1".to_owned());
            }
        }
    }
    for (index, parameter) in manifest.app_parameters.iter().enumerate() {
        parameter.faults(&format!("{}: AppParameters[{index}]", Manifest::FILE), faults);
    }
}

fn duplicates<'a>(list: &str, names: impl Iterator<Item = &'a str>, fault: &mut impl FnMut(&str, String)) {
    let mut seen = HashSet::new();
    for (index, name) in names.enumerate() {
        if !seen.insert(name) {
            fault(&format!("{list}[{index}].Name"), format!("“{name}” stands here twice; names must differ"));
        }
    }
}
