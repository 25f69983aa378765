//! The parameter schema of an app, and the checking of inputs against it. One piece of code makes
//! the form, checks it in the portal, and checks it again in the runner.

use std::collections::HashSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::{
    fault::{Fault, shortened},
    messages::NamedValue,
};

/// Longest text where the parameter sets no `MaxLength`, in characters.
pub const DEFAULT_MAX_LENGTH: u32 = 10_000;

/// One input of an app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Parameter {
    /// What kind of value it takes.
    pub parameter_type: ParameterType,
    /// The name under which glue receives it.
    pub name: String,
    /// What people see above the field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// A sentence of help below it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether it must be given: yes, unless the manifest says false.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub required: bool,
    /// The value that the form starts with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Smallest number or earliest day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    /// Largest number or latest day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
    /// Distance between allowed numbers, counted from `Min` or 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// Longest text, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// The choices of a Select.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// Kinds of parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ParameterType {
    /// A number.
    Number,
    /// Text.
    Text,
    /// A day.
    Date,
    /// A picture.
    Image,
    /// One of some options.
    Select,
    /// Yes or no.
    Boolean,
}

/// A checked input.
#[derive(Clone, Debug, PartialEq)]
pub enum InputValue {
    /// A finite number within its bounds.
    Number(f64),
    /// Text within its length.
    Text(String),
    /// A day within its bounds.
    Date(Date),
    /// Where the picture can be fetched.
    Image(Url),
    /// One of the options.
    Select(String),
    /// Yes or no.
    Boolean(bool),
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_true(value: &bool) -> bool {
    *value
}

impl Parameter {
    /// What people see above the field: the label or, without one, the name.
    pub fn title(&self) -> &str {
        if self.label.is_empty() { &self.name } else { &self.label }
    }

    /// Checks one value. An image's value must be an absolute URL.
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub fn check(&self, value: &Value) -> Result<InputValue, String> {
        match self.parameter_type {
            ParameterType::Number => self.check_number(value).map(InputValue::Number),
            ParameterType::Text => self.check_text(value).map(InputValue::Text),
            ParameterType::Date => self.check_date(value).map(InputValue::Date),
            ParameterType::Select => match value.as_str() {
                Some(choice) if self.options.iter().any(|o| o == choice) => Ok(InputValue::Select(choice.to_owned())),
                _ => Err(format!("must be one of: {}", self.options.join(", "))),
            },
            ParameterType::Boolean => {
                value.as_bool().map(InputValue::Boolean).ok_or("must be true or false".to_owned())
            }
            ParameterType::Image => value
                .as_str()
                .and_then(|text| Url::parse(text).ok())
                .filter(|url| matches!(url.scheme(), "http" | "https"))
                .map(InputValue::Image)
                .ok_or("must be the http address of an image".to_owned()),
        }
    }

    /// Turns the text of a form's field into the JSON value that [`Parameter::check`] takes; `None` if it was left empty.
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub fn parse_text(&self, text: &str) -> Result<Option<Value>, String> {
        let trimmed = text.trim();
        Ok(match self.parameter_type {
            ParameterType::Boolean => Some(Value::Bool(matches!(trimmed, "on" | "true" | "1" | "yes"))),
            _ if trimmed.is_empty() => None,
            ParameterType::Number => Some(
                trimmed
                    .parse::<f64>()
                    .ok()
                    .and_then(serde_json::Number::from_f64)
                    .map(Value::Number)
                    .ok_or("must be a number")?,
            ),
            ParameterType::Text => Some(Value::String(text.to_owned())),
            ParameterType::Date | ParameterType::Select | ParameterType::Image => {
                Some(Value::String(trimmed.to_owned()))
            }
        })
    }

    fn check_number(&self, value: &Value) -> Result<f64, String> {
        let number = value.as_f64().filter(|n| n.is_finite()).ok_or("must be a number")?;
        let (min, max) = (self.min.as_ref().and_then(Value::as_f64), self.max.as_ref().and_then(Value::as_f64));
        if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
            return Err(out_of_bounds(self.min.as_ref(), self.max.as_ref()));
        }
        if let Some(step) = self.step {
            let steps = (number - min.unwrap_or(0.0)) / step;
            if (steps - steps.round()).abs() > 1e-6 * steps.abs().max(1.0) {
                return Err(format!(
                    "must go in steps of {step}{}",
                    min.map(|m| format!(" from {m}")).unwrap_or_default()
                ));
            }
        }
        Ok(number)
    }

    fn check_text(&self, value: &Value) -> Result<String, String> {
        let text = value.as_str().ok_or("must be text")?;
        let longest = self.max_length.unwrap_or(DEFAULT_MAX_LENGTH);
        if text.chars().count() > longest as usize {
            return Err(format!("must have at most {longest} characters"));
        }
        Ok(text.to_owned())
    }

    fn check_date(&self, value: &Value) -> Result<Date, String> {
        let date = parse_date(value).ok_or("must be a day, as YYYY-MM-DD")?;
        let (min, max) = (self.min.as_ref().and_then(parse_date), self.max.as_ref().and_then(parse_date));
        if min.is_some_and(|min| date < min) || max.is_some_and(|max| date > max) {
            return Err(out_of_bounds(self.min.as_ref(), self.max.as_ref()));
        }
        Ok(date)
    }

    /// What is wrong with the parameter itself; `place` is its path in the manifest.
    pub(crate) fn faults(&self, place: &str, faults: &mut Vec<Fault>) {
        use ParameterType::{Boolean, Date, Image, Number, Select, Text};
        let mut fault = |key: &str, message: String| faults.push(Fault::new(format!("{place}.{key}"), message));
        let kind = self.parameter_type;
        if !is_identifier(&self.name) {
            fault("Name", "must start with a letter and hold only letters, digits and _, at most 60".to_owned());
        }
        for (key, bound) in [("Min", &self.min), ("Max", &self.max)] {
            match (kind, bound) {
                (_, None) => {}
                (Number, Some(value)) if value.as_f64().is_some_and(f64::is_finite) => {}
                (Date, Some(value)) if parse_date(value).is_some() => {}
                (Number, Some(_)) => fault(key, "must be a number".to_owned()),
                (Date, Some(_)) => fault(key, "must be a day, as YYYY-MM-DD".to_owned()),
                _ => fault(key, format!("has no meaning for a {kind:?} parameter; remove it")),
            }
        }
        let numbers = self.min.as_ref().and_then(Value::as_f64).zip(self.max.as_ref().and_then(Value::as_f64));
        let days = self.min.as_ref().and_then(parse_date).zip(self.max.as_ref().and_then(parse_date));
        if numbers.is_some_and(|(min, max)| min > max) || days.is_some_and(|(min, max)| min > max) {
            fault("Min", "must not be larger than Max".to_owned());
        }
        if self.step.is_some() && kind != Number {
            fault("Step", format!("has no meaning for a {kind:?} parameter; remove it"));
        }
        if self.step.is_some_and(|step| !(step.is_finite() && step > 0.0)) {
            fault("Step", "must be larger than 0".to_owned());
        }
        if self.max_length.is_some() && kind != Text {
            fault("MaxLength", format!("has no meaning for a {kind:?} parameter; remove it"));
        }
        match kind {
            Select if self.options.is_empty() => fault("Options", "a Select needs at least one option".to_owned()),
            Select => {
                let mut seen = HashSet::new();
                if !self.options.iter().all(|option| !option.is_empty() && seen.insert(option)) {
                    fault("Options", "must be different from each other, and none empty".to_owned());
                }
            }
            _ if !self.options.is_empty() => {
                fault("Options", format!("has no meaning for a {kind:?} parameter; remove it"));
            }
            _ => {}
        }
        match (&self.default, kind) {
            (None, _) => {}
            (Some(_), Image) => fault("Default", "an Image has no default; remove it".to_owned()),
            (Some(value), Number | Text | Date | Select | Boolean) => {
                if let Err(message) = self.check(value) {
                    fault("Default", message);
                }
            }
        }
    }
}

/// A day as `YYYY-MM-DD` and nothing else.
pub(crate) fn parse_date(value: &Value) -> Option<Date> {
    let text = value.as_str()?;
    let is_day = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    is_day.then(|| text.parse().ok())?
}

fn out_of_bounds(min: Option<&Value>, max: Option<&Value>) -> String {
    let show = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    match (min.map(show), max.map(show)) {
        (Some(min), Some(max)) => format!("must be from {min} to {max}"),
        (Some(min), None) => format!("must be at least {min}"),
        (None, Some(max)) => format!("must be at most {max}"),
        (None, None) => String::new(),
    }
}

/// Whether a name can stand in templates and glue as it is.
pub(crate) fn is_identifier(name: &str) -> bool {
    name.len() <= 60
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Checks all inputs of a run. Parameters that were left out and need not be given are absent from the
/// result, unless they have a default.
///
/// # Errors
/// Every fault at once, each at its parameter's name.
pub fn check_inputs(parameters: &[Parameter], data: &[NamedValue]) -> Result<Vec<(String, InputValue)>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut checked = Vec::new();
    let mut seen = HashSet::new();
    for input in data {
        if !parameters.iter().any(|p| p.name == input.name) {
            faults.push(Fault::new(&input.name, "the app has no such parameter"));
        } else if !seen.insert(&input.name) {
            faults.push(Fault::new(&input.name, "is given more than once"));
        }
    }
    for parameter in parameters {
        let given = data.iter().find(|d| d.name == parameter.name).map(|d| &d.value).filter(|v| !v.is_null());
        // A form leaves an empty field out; whoever sends empty text instead has not answered either.
        let given = given.filter(|v| !(parameter.required && v.as_str().is_some_and(|text| text.trim().is_empty())));
        match given.or(parameter.default.as_ref()) {
            Some(value) => match parameter.check(value) {
                Ok(value) => checked.push((parameter.name.clone(), value)),
                Err(message) => faults.push(Fault::new(&parameter.name, message)),
            },
            None if parameter.required => faults.push(Fault::new(&parameter.name, "is needed")),
            None => {}
        }
    }
    if faults.is_empty() { Ok(checked) } else { Err(shortened(faults)) }
}
