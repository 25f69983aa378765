//! What a task asks of the rest of the manifest, because its glue will.

use super::super::{Head, Manifest, ModelOutput, Task};
use crate::{
    parameters::{Parameter, ParameterType},
    results::ResultVariable,
};

pub(super) fn task_semantics(manifest: &Manifest, task: Task, fault: &mut impl FnMut(&str, String)) {
    if manifest.models.len() != 1 {
        fault("Models", format!("the standard glue for {} takes exactly one model", task.name()));
    }
    parameter_semantics(&manifest.app_parameters, task, fault);
    result_semantics(manifest, task, fault);
    let Some(model) = manifest.models.first() else { return };
    let plain = ModelOutput::default();
    let output = model.output.as_ref().unwrap_or(&plain);
    if let Some(head) = output.head
        && !task.heads().contains(&head)
    {
        let known = task.heads().iter().map(|head| head.name()).collect::<Vec<_>>().join(", ");
        let advice = if known.is_empty() { "leave it out".to_owned() } else { format!("it has {known}") };
        fault("Models[0].Output.Head", format!("does not belong to the task {}: {advice}", task.name()));
    }
    for (key, given, wanted) in [
        ("Class", output.class.is_some(), task == Task::Segmentation),
        ("Gallery", output.gallery.is_some(), task == Task::Embedding),
        ("Attributes", !output.attributes.is_empty(), task == Task::Attributes),
        ("Blank", output.blank.is_some(), task == Task::TextRecognition),
        ("Unclip", output.unclip.is_some(), task == Task::TextDetection),
    ] {
        if given && !wanted {
            fault(&format!("Models[0].Output.{key}"), format!("has no meaning for the task {}", task.name()));
        }
    }
    needs(model.labels.is_some(), output, task, fault);
}

/// What a task cannot do without.
fn needs(has_labels: bool, output: &ModelOutput, task: Task, fault: &mut impl FnMut(&str, String)) {
    if output.head == Some(Head::Yolov2) && output.anchors.is_empty() {
        fault("Models[0].Output.Anchors", "is missing: YOLOv2 needs the width and height of each anchor".to_owned());
    }
    if task == Task::Attributes && output.attributes.is_empty() {
        fault("Models[0].Output.Attributes", "is missing: say what the model's outputs tell".to_owned());
    }
    if task == Task::TextRecognition && !has_labels {
        let message = "is missing: name a file with the characters that the model knows, one per line";
        fault("Models[0].Labels", message.to_owned());
    }
    if task == Task::Embedding && output.gallery.is_some() && !has_labels {
        fault("Models[0].Labels", "is missing: name a file with a label for each vector of the gallery".to_owned());
    }
}

fn parameter_semantics(parameters: &[Parameter], task: Task, fault: &mut impl FnMut(&str, String)) {
    let name = task.name();
    if task == Task::Generation {
        let kinds = |name: &'static str| parameters.iter().filter(move |p| p.name == name).map(|p| p.parameter_type);
        if !kinds(Task::SEED).any(|kind| kind == ParameterType::Number) {
            let message = format!("the standard glue for {name} reads a Number named “{}”", Task::SEED);
            fault("AppParameters", message);
        }
        if kinds(Task::CLASS).any(|kind| !matches!(kind, ParameterType::Number | ParameterType::Select)) {
            let message =
                format!("the standard glue for {name} reads “{}” as a Number or a Select of labels", Task::CLASS);
            fault("AppParameters", message);
        }
        return;
    }
    let is_photo = |p: &Parameter| p.parameter_type == ParameterType::Image && p.name == Task::PHOTO && p.required;
    if !parameters.iter().any(is_photo) {
        let message = format!("the standard glue for {name} reads a required Image named “{}”", Task::PHOTO);
        fault("AppParameters", message);
    }
}

fn result_semantics(manifest: &Manifest, task: Task, fault: &mut impl FnMut(&str, String)) {
    let wanted = task.results(manifest.models.first());
    let is =
        |one: &ResultVariable, other: &ResultVariable| one.name == other.name && one.result_type == other.result_type;
    let given = &manifest.result_variables;
    if given.len() != wanted.len() || !wanted.iter().all(|wanted| given.iter().any(|given| is(wanted, given))) {
        let all = wanted.iter().map(|one| format!("one {:?} named “{}”", one.result_type, one.name));
        let all = all.collect::<Vec<_>>().join(" and ");
        fault("ResultVariables", format!("the standard glue for {} answers with {all}", task.name()));
    }
}
