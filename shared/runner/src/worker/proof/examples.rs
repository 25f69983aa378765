//! Running a package's examples.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Map, Value};
use vision_protocol::{
    Fault, Manifest,
    parameters::{InputValue, Parameter, ParameterType},
    results::ResultType,
};

use crate::{
    ipc::{Attachment, WireValue},
    worker::{
        app::{App, Folder},
        execution::{Parcel, Report},
        host::Clock,
    },
};

const FOLDER: &str = "examples";
const INPUTS: &str = "inputs.json";
const EXPECTED: &str = "expected.json";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Expected {
    #[serde(default)]
    tolerance: f64,
    #[serde(default)]
    result: Map<String, Value>,
}

/// Runs every example and holds its result against the manifest and against what it expects.
pub(super) fn run(app: &App, folder: &Folder<'_>, faults: &mut Vec<Fault>, warnings: &mut Vec<Fault>) {
    let examples = folders(&folder.path.join(FOLDER));
    if examples.is_empty() {
        warnings.push(Fault::new(FOLDER, "there are none: the app was not tried on anything"));
    }
    for path in examples {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Err(message) = one(app, &folder.manifest, &path) {
            faults.push(Fault::new(format!("{FOLDER}/{name}"), message));
        }
    }
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut folders: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn one(app: &App, manifest: &Manifest, folder: &Path) -> Result<(), String> {
    let inputs: Map<String, Value> = read(&folder.join(INPUTS))?;
    let expected: Option<Expected> =
        if folder.join(EXPECTED).is_file() { Some(read(&folder.join(EXPECTED))?) } else { None };
    let clock = Clock::new(Duration::from_millis(app.limits.deadline_ms), Arc::new(AtomicBool::new(false)));
    let Report { outcome, logs, .. } = app.execute(parcel(manifest, &inputs, folder)?, clock, Duration::ZERO);
    let outputs = outcome.map_err(|failure| {
        let last = logs.last().filter(|line| !failure.message.contains(&line.message));
        let last = last.map_or(String::new(), |line| format!(" (logged last: {})", line.message));
        format!("the run failed: {}{last}", failure.message)
    })?;
    let results = results(manifest, outputs)?;
    if let Some(expected) = expected {
        // Pictures are compared by eye, not by byte.
        let is_picture =
            |name: &str| manifest.result_variables.iter().any(|v| v.name == name && v.result_type == ResultType::Image);
        let wanted: Map<String, Value> = expected.result.into_iter().filter(|(name, _)| !is_picture(name)).collect();
        vision_package::matches(&Value::Object(wanted), &Value::Object(results), expected.tolerance)
            .map_err(|difference| format!("the result is not the expected one: {difference}"))?;
    }
    Ok(())
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = std::fs::read(path).map_err(|error| format!("{name} cannot be read: {error}"))?;
    serde_json::from_slice(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text))
        .map_err(|error| format!("{name} is not valid: {error}"))
}

fn parcel(manifest: &Manifest, inputs: &Map<String, Value>, folder: &Path) -> Result<Parcel, String> {
    let mut parcel = Parcel { values: Vec::new(), attachments: Vec::new() };
    for parameter in &manifest.app_parameters {
        let given = inputs.get(&parameter.name).filter(|value| !value.is_null());
        let Some(value) = given.or(parameter.default.as_ref()) else { continue };
        let value = input(parameter, value, folder, &mut parcel.attachments)
            .map_err(|message| format!("{}: {message}", parameter.name))?;
        parcel.values.push((parameter.name.clone(), value));
    }
    Ok(parcel)
}

fn input(
    parameter: &Parameter,
    value: &Value,
    folder: &Path,
    attachments: &mut Vec<Attachment>,
) -> Result<WireValue, String> {
    if parameter.parameter_type == ParameterType::Image {
        // The checking of the archive has made sure that it is a plain name of a file beside the inputs.
        let file = value.as_str().filter(|name| !name.contains('/')).ok_or("must name a file of the example")?;
        let bytes = std::fs::read(folder.join(file)).map_err(|error| format!("{file} cannot be read: {error}"))?;
        attachments.push(bytes.into());
        return Ok(WireValue::Picture(attachments.len() - 1));
    }
    Ok(match parameter.check(value)? {
        InputValue::Number(number) => WireValue::Number(number),
        InputValue::Text(text) | InputValue::Select(text) => WireValue::Text(text),
        InputValue::Date(day) => WireValue::Date(day.to_string()),
        InputValue::Boolean(yes) => WireValue::Boolean(yes),
        InputValue::Image(_) => return Err("must name a file of the example".to_owned()),
    })
}

/// The results as a caller gets them, each of the type that the manifest gives it.
fn results(manifest: &Manifest, outputs: Parcel) -> Result<Map<String, Value>, String> {
    let mut results = Map::new();
    for (name, value) in outputs.values {
        let value = match value {
            WireValue::Text(text) | WireValue::Date(text) => Value::String(text),
            WireValue::Number(number) => Value::from(number),
            WireValue::Boolean(yes) => Value::Bool(yes),
            WireValue::Json(json) => json,
            WireValue::Picture(_) => Value::from("data:image/"),
        };
        results.insert(name, value);
    }
    for variable in &manifest.result_variables {
        let value = results
            .get(&variable.name)
            .ok_or_else(|| format!("the app did not answer with the result variable “{}”", variable.name))?;
        variable.result_type.check(value).map_err(|message| format!("result “{}”: {message}", variable.name))?;
    }
    Ok(results)
}
