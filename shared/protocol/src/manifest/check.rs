//! Reading a manifest with every fault at once.

use std::collections::HashSet;

use serde_json::Value;

use super::{Head, Manifest, Model, ModelInput, ModelOutput, Task, mend};
use crate::{
    fault::Fault,
    parameters::{ParameterType, is_identifier},
    results::StandardLayout,
};

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
            manifest.app_parameters.push(task.parameter());
        }
        if manifest.result_variables.is_empty() {
            manifest.result_variables.push(task.result());
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
        model_semantics(model, &format!("Models[{index}]"), &mut fault);
    }
    if let Some(task) = manifest.task {
        task_semantics(manifest, task, &mut fault);
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

fn model_semantics(model: &Model, place: &str, fault: &mut impl FnMut(&str, String)) {
    if !is_identifier(&model.name) {
        fault(
            &format!("{place}.Name"),
            "must start with a letter and hold only letters, digits and _, at most 60".to_owned(),
        );
    }
    if !(model.file.starts_with("models/") && model.file.ends_with(".onnx")) {
        fault(&format!("{place}.File"), "must lie under models/ and end in .onnx".to_owned());
    }
    if model.labels.as_ref().is_some_and(|labels| !labels.starts_with("assets/")) {
        fault(&format!("{place}.Labels"), "must lie under assets/".to_owned());
    }
    if let Some(input) = &model.input {
        input_semantics(input, &format!("{place}.Input"), fault);
    }
    if let Some(output) = &model.output {
        output_semantics(output, &format!("{place}.Output"), fault);
    }
}

fn input_semantics(input: &ModelInput, place: &str, fault: &mut impl FnMut(&str, String)) {
    for (key, side) in [("Width", input.width), ("Height", input.height)] {
        if side.is_some_and(|side| !(1..=8192).contains(&side)) {
            fault(&format!("{place}.{key}"), "must be from 1 to 8192".to_owned());
        }
    }
    for (key, list) in [("Mean", &input.mean), ("Std", &input.std)] {
        if list.len() > 1 && list.len() != 3 || list.iter().any(|n| !n.is_finite()) {
            fault(&format!("{place}.{key}"), "must be one number, or one per channel".to_owned());
        }
    }
    if input.divisor.is_some_and(|divisor| !divisor.is_finite() || divisor == 0.0) {
        fault(&format!("{place}.Divisor"), "must not be 0".to_owned());
    }
    if input.std.contains(&0.0) {
        fault(&format!("{place}.Std"), "must not be 0".to_owned());
    }
}

fn output_semantics(output: &ModelOutput, place: &str, fault: &mut impl FnMut(&str, String)) {
    if output.strides.contains(&0) {
        fault(&format!("{place}.Strides"), "must be larger than 0".to_owned());
    }
    for (key, threshold) in [("ScoreThreshold", output.score_threshold), ("IouThreshold", output.iou_threshold)] {
        if threshold.is_some_and(|threshold| !(0.0..=1.0).contains(&threshold)) {
            fault(&format!("{place}.{key}"), "must be from 0 to 1".to_owned());
        }
    }
    if output.top == Some(0) {
        fault(&format!("{place}.Top"), "must be at least 1".to_owned());
    }
}

fn task_semantics(manifest: &Manifest, task: Task, fault: &mut impl FnMut(&str, String)) {
    if manifest.models.len() != 1 {
        fault("Models", format!("the standard glue for {} takes exactly one model", task.name()));
    }
    let wanted = task.parameter().name;
    if !manifest
        .app_parameters
        .iter()
        .any(|p| p.parameter_type == ParameterType::Image && p.name == wanted && p.required)
    {
        fault(
            "AppParameters",
            format!("the standard glue for {} reads a required Image named “{wanted}”", task.name()),
        );
    }
    let result = task.result();
    if !(manifest.result_variables.len() == 1
        && manifest.result_variables[0].name == result.name
        && manifest.result_variables[0].result_type == result.result_type)
    {
        let message = format!(
            "the standard glue for {} answers with one {:?} named “{}”",
            task.name(),
            result.result_type,
            result.name
        );
        fault("ResultVariables", message);
    }
    let head = manifest.models.first().and_then(|m| m.output.as_ref()).and_then(|o| o.head);
    let fits = match head {
        None => true,
        Some(Head::Logits | Head::Softmax) => task == Task::Classification,
        Some(Head::Yolox | Head::Yolov8 | Head::Ssd) => task == Task::Detection,
    };
    if !fits {
        fault("Models[0].Output.Head", format!("does not belong to the task {}", task.name()));
    }
}
