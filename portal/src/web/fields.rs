//! The form that an app's parameters make, with what was typed and what is wrong with it.

use std::collections::HashMap;

use serde_json::Value;
use vision_protocol::{
    fault::Fault,
    ids::RunId,
    parameters::{DEFAULT_MAX_LENGTH, Parameter, ParameterType},
};

use super::{
    forms::{wrong_at, wrong_elsewhere},
    results::file_url,
};
use crate::domain::running::{BATCH_PHOTOS, RunView, Shown, takes_batches};

/// Before a parameter's name in the names of form fields, so that none clashes with the form's own.
pub(crate) const FIELD_PREFIX: &str = "p.";

/// Before a parameter's name: the run whose photo is taken unless another one is chosen.
pub(crate) const KEPT_PREFIX: &str = "k.";

/// The box that asks for this one run not to be kept.
pub(crate) const DISCARD_FIELD: &str = "discard";

/// Longest text that gets a single line.
const ONE_LINE: u32 = 120;

/// A form that begins a run.
pub(crate) struct RunForm {
    /// Where it is sent.
    pub(crate) action: String,
    /// One per parameter.
    pub(crate) fields: Vec<FormField>,
    /// What is wrong, but at no field.
    pub(crate) other_faults: Vec<Fault>,
    /// Whether many photos may be given in one go.
    pub(crate) takes_batches: bool,
    /// Whether the run is asked not to be kept.
    pub(crate) discard: bool,
    /// The run that the form was filled in from.
    pub(crate) from: Option<RunId>,
}

/// One field.
pub(crate) struct FormField {
    kind: ParameterType,
    /// The parameter's name.
    pub(crate) name: String,
    /// The name in the form.
    pub(crate) input: String,
    /// The id of the element.
    pub(crate) id: String,
    /// What people read above it.
    pub(crate) title: String,
    /// What people read below it.
    pub(crate) description: String,
    /// Whether it must be filled in.
    pub(crate) required: bool,
    /// What it holds at first.
    pub(crate) value: String,
    /// The choices of a Select.
    pub(crate) options: Vec<String>,
    /// Longest text.
    pub(crate) max_length: u32,
    min: Option<String>,
    max: Option<String>,
    step: Option<f64>,
    /// What is wrong with it.
    pub(crate) wrong: Option<String>,
    /// The photo that is taken unless another one is chosen.
    pub(crate) kept: Option<KeptPhoto>,
}

/// A photo of an earlier run.
pub(crate) struct KeptPhoto {
    /// The name in the form.
    pub(crate) input: String,
    /// The run.
    pub(crate) run: RunId,
    /// Where the photo is.
    pub(crate) url: String,
}

/// What was typed, by parameter.
pub(crate) type Typed = HashMap<String, String>;

impl RunForm {
    /// A form nobody has filled in yet.
    pub(crate) fn new(action: String, parameters: &[Parameter]) -> Self {
        Self {
            action,
            fields: parameters.iter().map(FormField::new).collect(),
            other_faults: Vec::new(),
            takes_batches: takes_batches(parameters),
            discard: false,
            from: None,
        }
    }

    /// The same form with what an earlier run was given. A parameter that the app did not have then stays as it is.
    pub(crate) fn filled_from(mut self, run: &RunView) -> Self {
        self.from = Some(run.id);
        for field in &mut self.fields {
            let Some(input) = run.inputs.iter().find(|input| input.parameter.name == field.name) else { continue };
            match &input.value {
                Some(Shown::File(file)) if field.is_image() => {
                    field.kept = Some(KeptPhoto {
                        input: format!("{KEPT_PREFIX}{}", field.name),
                        run: run.id,
                        url: file_url(run.id, file.blob),
                    });
                }
                Some(Shown::Plain(value)) if !field.is_image() => field.value = as_typed(value),
                Some(_) => {}
                None => field.value = String::new(),
            }
        }
        self
    }

    /// Photos that may be given in one go.
    pub(crate) fn most_photos(&self) -> usize {
        if self.takes_batches { BATCH_PHOTOS } else { 1 }
    }

    /// The same form with other values to begin with. A file cannot be among them.
    pub(crate) fn filled(mut self, values: &Typed) -> Self {
        for field in &mut self.fields {
            if let Some(value) = values.get(&field.name) {
                field.value = value.clone();
            }
        }
        self
    }

    /// The same form with what was typed and what is wrong with it.
    pub(crate) fn refused(mut self, typed: &Typed, faults: &[Fault]) -> Self {
        for field in &mut self.fields {
            field.value = typed.get(&field.name).cloned().unwrap_or_default();
            field.wrong = wrong_at(faults, &field.name);
        }
        self.discard = typed.contains_key(DISCARD_FIELD);
        let names: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
        self.other_faults = wrong_elsewhere(faults, &names);
        self
    }
}

impl FormField {
    fn new(parameter: &Parameter) -> Self {
        Self {
            kind: parameter.parameter_type,
            name: parameter.name.clone(),
            input: format!("{FIELD_PREFIX}{}", parameter.name),
            id: format!("p-{}", parameter.name),
            title: parameter.title().to_owned(),
            description: with_range(parameter),
            required: parameter.required,
            value: parameter.default.as_ref().map(as_typed).unwrap_or_default(),
            options: parameter.options.clone(),
            max_length: parameter.max_length.unwrap_or(DEFAULT_MAX_LENGTH),
            min: parameter.min.as_ref().map(as_typed),
            max: parameter.max.as_ref().map(as_typed),
            step: parameter.step,
            wrong: None,
            kept: None,
        }
    }

    pub(crate) fn is_boolean(&self) -> bool {
        self.kind == ParameterType::Boolean
    }

    pub(crate) fn is_image(&self) -> bool {
        self.kind == ParameterType::Image
    }

    /// Whether the browser has to ask for a file.
    pub(crate) fn needs_file(&self) -> bool {
        self.required && self.kept.is_none()
    }

    pub(crate) fn is_select(&self) -> bool {
        self.kind == ParameterType::Select
    }

    pub(crate) fn is_long_text(&self) -> bool {
        self.kind == ParameterType::Text && self.max_length > ONE_LINE
    }

    pub(crate) fn is_checked(&self) -> bool {
        matches!(self.value.as_str(), "on" | "true")
    }

    pub(crate) fn is_chosen(&self, option: &str) -> bool {
        self.value == option
    }

    /// A Select without a default begins with nothing chosen.
    pub(crate) fn has_blank_option(&self) -> bool {
        !self.required || self.value.is_empty()
    }

    pub(crate) fn input_type(&self) -> &'static str {
        match self.kind {
            ParameterType::Number => "number",
            ParameterType::Date => "date",
            _ => "text",
        }
    }

    /// Attributes for the browser's own check. Their values were checked with the manifest: numbers, days.
    pub(crate) fn bounds(&self) -> String {
        let mut attributes = String::new();
        let mut add = |name: &str, value: &str| {
            attributes.push_str(&format!(" {name}=\"{}\"", value.replace(['"', '<', '&'], "")));
        };
        if let Some(min) = &self.min {
            add("min", min);
        }
        if let Some(max) = &self.max {
            add("max", max);
        }
        match self.kind {
            ParameterType::Number => {
                add("step", &self.step.map_or_else(|| "any".to_owned(), |step| step.to_string()));
                add("inputmode", "decimal");
            }
            ParameterType::Text => add("maxlength", &self.max_length.to_string()),
            _ => {}
        }
        attributes
    }

    /// Attributes that tie the field to its help and to what is wrong. Ids are made of parameter names: identifiers.
    pub(crate) fn aria(&self) -> String {
        let help = if self.description.is_empty() { String::new() } else { format!("{}-help ", self.id) };
        let invalid = if self.wrong.is_some() { " aria-invalid=\"true\"" } else { "" };
        format!(" aria-describedby=\"{help}{}-wrong\"{invalid}", self.id)
    }
}

/// The help of a parameter, and what may be given: people read it before the browser refuses them.
fn with_range(parameter: &Parameter) -> String {
    let (min, max) = (parameter.min.as_ref().map(as_typed), parameter.max.as_ref().map(as_typed));
    let mut range = match (&min, &max) {
        (Some(min), Some(max)) => format!("From {min} to {max}"),
        (Some(min), None) => format!("From {min} on"),
        (None, Some(max)) => format!("Up to {max}"),
        (None, None) => String::new(),
    };
    match (parameter.step, parameter.max_length) {
        (Some(step), _) if range.is_empty() => range = format!("In steps of {step}"),
        (Some(step), _) => range.push_str(&format!(", in steps of {step}")),
        (None, Some(longest)) => range = format!("At most {longest} characters"),
        (None, None) => {}
    }
    if range.is_empty() {
        return parameter.description.clone();
    }
    match parameter.description.trim_end() {
        "" => format!("{range}."),
        help if help.ends_with(['.', '!', '?', ':', ')']) => format!("{help} {range}."),
        help => format!("{help}. {range}."),
    }
}

/// A JSON value as a person would type it.
pub(crate) fn as_typed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |n| n.to_string()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_given_stands_in_the_help() {
        let help = |parameter: Value| with_range(&serde_json::from_value(parameter).unwrap());
        let number = json!({"ParameterType": "Number", "Name": "n", "Description": "Years", "Min": 0, "Max": 120.0, "Step": 0.5});
        assert_eq!(help(number), "Years. From 0 to 120, in steps of 0.5.");
        assert_eq!(help(json!({"ParameterType": "Date", "Name": "d", "Min": "2020-01-01"})), "From 2020-01-01 on.");
        let text = json!({"ParameterType": "Text", "Name": "t", "Description": "A word.", "MaxLength": 9});
        assert_eq!(help(text), "A word. At most 9 characters.");
        assert_eq!(help(json!({"ParameterType": "Number", "Name": "n", "Step": 2.0})), "In steps of 2.");
        assert_eq!(help(json!({"ParameterType": "Boolean", "Name": "b", "Description": "Yes"})), "Yes");
    }
}
