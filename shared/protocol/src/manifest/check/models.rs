//! Whether what is said about a model makes sense in itself.

use super::super::{Attribute, Head, Model, ModelInput, ModelOutput};
use crate::parameters::is_identifier;

pub(super) fn model_semantics(model: &Model, place: &str, fault: &mut impl FnMut(&str, String)) {
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
    normalization_semantics(input.divisor, &input.mean, &input.std, place, fault);
}

fn normalization_semantics(
    divisor: Option<f32>,
    mean: &[f32],
    std: &[f32],
    place: &str,
    fault: &mut impl FnMut(&str, String),
) {
    for (key, list) in [("Mean", mean), ("Std", std)] {
        if list.len() > 1 && list.len() != 3 || list.iter().any(|n| !n.is_finite()) {
            fault(&format!("{place}.{key}"), "must be one number, or one per channel".to_owned());
        }
    }
    if divisor.is_some_and(|divisor| !divisor.is_finite() || divisor == 0.0) {
        fault(&format!("{place}.Divisor"), "must not be 0".to_owned());
    }
    if std.contains(&0.0) {
        fault(&format!("{place}.Std"), "must not be 0".to_owned());
    }
}

fn output_semantics(output: &ModelOutput, place: &str, fault: &mut impl FnMut(&str, String)) {
    if output.strides.contains(&0) {
        fault(&format!("{place}.Strides"), "must be larger than 0".to_owned());
    }
    for (key, threshold) in [
        ("ScoreThreshold", output.score_threshold),
        ("IouThreshold", output.iou_threshold),
        ("MaskThreshold", output.mask_threshold),
    ] {
        if threshold.is_some_and(|threshold| !(0.0..=1.0).contains(&threshold)) {
            fault(&format!("{place}.{key}"), "must be from 0 to 1".to_owned());
        }
    }
    if output.top == Some(0) {
        fault(&format!("{place}.Top"), "must be at least 1".to_owned());
    }
    if output.anchors.iter().flatten().any(|side| !(side.is_finite() && *side > 0.0)) {
        fault(&format!("{place}.Anchors"), "must be larger than 0".to_owned());
    }
    if output.unclip.is_some_and(|unclip| !(0.0..=10.0).contains(&unclip)) {
        fault(&format!("{place}.Unclip"), "must be from 0 to 10".to_owned());
    }
    if output.gallery.as_ref().is_some_and(|gallery| !gallery.starts_with("assets/")) {
        fault(&format!("{place}.Gallery"), "must lie under assets/".to_owned());
    }
    normalization_semantics(output.divisor, &output.mean, &output.std, place, fault);
    for (index, attribute) in output.attributes.iter().enumerate() {
        attribute_semantics(attribute, &format!("{place}.Attributes[{index}]"), fault);
    }
}

fn attribute_semantics(attribute: &Attribute, place: &str, fault: &mut impl FnMut(&str, String)) {
    if attribute.name.trim().is_empty() {
        fault(&format!("{place}.Name"), "must not be empty".to_owned());
    }
    let of_classes = [Head::Logits, Head::Softmax, Head::Sigmoid, Head::SigmoidLogits];
    match attribute.head {
        None => {}
        Some(Head::Value) if attribute.classes.is_empty() => {}
        Some(Head::Value) => fault(&format!("{place}.Classes"), "has no meaning for a Value".to_owned()),
        Some(head) if !of_classes.contains(&head) => {
            let known = of_classes.map(Head::name).join(", ");
            fault(&format!("{place}.Head"), format!("must be Value, {known}"));
        }
        Some(_) if attribute.classes.is_empty() => {
            fault(&format!("{place}.Classes"), "is missing: name the classes in the model's order".to_owned());
        }
        Some(_) => {}
    }
    for (key, number) in [("Scale", attribute.scale), ("Offset", attribute.offset)] {
        if number.is_some_and(|number| !number.is_finite()) {
            fault(&format!("{place}.{key}"), "must be a number".to_owned());
        }
    }
}
