//! Parameters, results and models as rows of a form, and back.

use serde_json::{Map, Number, Value};
use vision_protocol::fault::Fault;

use super::Row;
use crate::web::fields::as_typed;

/// A parameter, as its row shows it.
pub(crate) struct ParameterRow {
    pub(crate) index: usize,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) required: bool,
    pub(crate) default: String,
    pub(crate) min: String,
    pub(crate) max: String,
    pub(crate) step: String,
    pub(crate) max_length: String,
    /// One per line.
    pub(crate) options: String,
    pub(crate) faults: Vec<Fault>,
}

/// A result variable, as its row shows it.
pub(crate) struct ResultRow {
    pub(crate) index: usize,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) faults: Vec<Fault>,
}

/// A model, as its row shows it.
pub(crate) struct ModelRow {
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) labels: String,
    /// JSON.
    pub(crate) input: String,
    /// JSON.
    pub(crate) output: String,
    pub(crate) faults: Vec<Fault>,
}

/// Kinds of parameter, with what people read.
pub(crate) const PARAMETER_TYPES: [(&str, &str); 6] = [
    ("Image", "Image: a photo"),
    ("Number", "Number"),
    ("Text", "Text"),
    ("Select", "Select: one of some options"),
    ("Boolean", "Boolean: yes or no"),
    ("Date", "Date: a day"),
];

/// Kinds of result, with what people read.
pub(crate) const RESULT_TYPES: [(&str, &str); 11] = [
    ("Labels", "Labels with scores"),
    ("Boxes", "Boxes on the photo"),
    ("Points", "Points on the photo"),
    ("Polygons", "Polygons: outlines on the photo"),
    ("Image", "Image: a picture"),
    ("Text", "Text"),
    ("Number", "Number"),
    ("Boolean", "Boolean: yes or no"),
    ("Date", "Date: a day"),
    ("Table", "Table"),
    ("Json", "JSON"),
];

fn typed(value: &Value, key: &str) -> String {
    match &value[key] {
        Value::Null => String::new(),
        value => as_typed(value),
    }
}

/// The faults of one element of a list, and the rest.
pub(crate) fn split(faults: Vec<Fault>, list: &str, index: usize) -> (Vec<Fault>, Vec<Fault>) {
    let place = format!("app.json: {list}[{index}]");
    let short = |fault: &Fault| fault.place.strip_prefix(&place).map(|rest| rest.trim_start_matches('.').to_owned());
    let (mut here, mut rest) = (Vec::new(), Vec::new());
    for fault in faults {
        match short(&fault) {
            Some(key) => here.push(Fault::new(key, fault.message)),
            None => rest.push(fault),
        }
    }
    (here, rest)
}

/// Takes from `faults` what stands at the elements of a list, and hands each to its row.
fn with_faults<T>(
    values: &[Value],
    list: &str,
    faults: &mut Vec<Fault>,
    make: impl Fn(usize, &Value, Vec<Fault>) -> T,
) -> Vec<T> {
    let row = |(index, value)| {
        let (here, rest) = split(std::mem::take(faults), list, index);
        *faults = rest;
        make(index, value, here)
    };
    values.iter().enumerate().map(row).collect()
}

/// Parameters as rows; their faults are taken from `faults`.
pub(crate) fn parameter_rows(values: &[Value], faults: &mut Vec<Fault>) -> Vec<ParameterRow> {
    with_faults(values, "AppParameters", faults, |index, value, faults| ParameterRow {
        index,
        kind: typed(value, "ParameterType"),
        name: typed(value, "Name"),
        label: typed(value, "Label"),
        description: typed(value, "Description"),
        required: value["Required"].as_bool().unwrap_or(true),
        default: typed(value, "Default"),
        min: typed(value, "Min"),
        max: typed(value, "Max"),
        step: typed(value, "Step"),
        max_length: typed(value, "MaxLength"),
        options: lines(&value["Options"]),
        faults,
    })
}

fn lines(value: &Value) -> String {
    value.as_array().into_iter().flatten().map(as_typed).collect::<Vec<_>>().join("\n")
}

/// Results as rows; their faults are taken from `faults`.
pub(crate) fn result_rows(values: &[Value], faults: &mut Vec<Fault>) -> Vec<ResultRow> {
    with_faults(values, "ResultVariables", faults, |index, value, faults| ResultRow {
        index,
        kind: typed(value, "ResultType"),
        name: typed(value, "Name"),
        label: typed(value, "Label"),
        description: typed(value, "Description"),
        faults,
    })
}

/// Models as rows; their faults are taken from `faults`.
pub(crate) fn model_rows(values: &[Value], faults: &mut Vec<Fault>) -> Vec<ModelRow> {
    let json = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => serde_json::to_string_pretty(value).unwrap_or_default(),
    };
    with_faults(values, "Models", faults, |index, value, faults| ModelRow {
        index,
        name: typed(value, "Name"),
        file: typed(value, "File"),
        labels: typed(value, "Labels"),
        input: json(&value["Input"]),
        output: json(&value["Output"]),
        faults,
    })
}

/// A number where it is one; otherwise the text, so that the check says what is wrong with it.
fn number(text: &str) -> Value {
    let number = text.parse::<i64>().map(Number::from).ok();
    let number = number.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
    number.map_or_else(|| Value::from(text), Value::Number)
}

/// A value of a parameter, by the parameter's type.
fn value_of(kind: &str, text: &str) -> Value {
    match (kind, text) {
        ("Number", text) => number(text),
        ("Boolean", "true" | "on" | "yes") => Value::Bool(true),
        ("Boolean", "false" | "off" | "no") => Value::Bool(false),
        (_, text) => Value::from(text),
    }
}

fn put(map: &mut Map<String, Value>, key: &str, text: &str, make: impl FnOnce(&str) -> Value) {
    if !text.is_empty() {
        map.insert(key.to_owned(), make(text));
    }
}

/// A row as a parameter of `app.json`.
pub(crate) fn parameter(row: &Row) -> Value {
    let mut map = Map::new();
    let kind = row.text("ParameterType");
    for key in ["ParameterType", "Name"] {
        map.insert(key.to_owned(), Value::from(row.text(key)));
    }
    for key in ["Label", "Description"] {
        put(&mut map, key, row.text(key), |text| Value::from(text.replace("\r\n", "\n")));
    }
    if !row.is_on("Required") {
        map.insert("Required".to_owned(), Value::Bool(false));
    }
    for key in ["Default", "Min", "Max"] {
        put(&mut map, key, row.text(key), |text| value_of(kind, text));
    }
    for key in ["Step", "MaxLength"] {
        put(&mut map, key, row.text(key), number);
    }
    let options: Vec<&str> = row.text("Options").lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if !options.is_empty() {
        map.insert("Options".to_owned(), options.into());
    }
    Value::Object(map)
}

/// A row as a result variable of `app.json`.
pub(crate) fn result(row: &Row) -> Value {
    let mut map = Map::new();
    for key in ["ResultType", "Name"] {
        map.insert(key.to_owned(), Value::from(row.text(key)));
    }
    for key in ["Label", "Description"] {
        put(&mut map, key, row.text(key), |text| Value::from(text.replace("\r\n", "\n")));
    }
    Value::Object(map)
}

/// A row as a model of `app.json`. What is no JSON stays text, so that the check says what is wrong with it.
pub(crate) fn model(row: &Row) -> Value {
    let mut map = Map::new();
    for key in ["Name", "File"] {
        map.insert(key.to_owned(), Value::from(row.text(key)));
    }
    put(&mut map, "Labels", row.text("Labels"), |text| Value::from(text));
    for key in ["Input", "Output"] {
        put(&mut map, key, row.text(key), |text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)));
    }
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_row_cannot_say_right_is_left_to_the_check() {
        assert_eq!(value_of("Number", "7"), json!(7));
        assert_eq!(value_of("Number", "0.5"), json!(0.5));
        assert_eq!(value_of("Number", "seven"), json!("seven"));
        assert_eq!(value_of("Boolean", "true"), json!(true));
        assert_eq!(value_of("Text", "7"), json!("7"));
    }

    #[test]
    fn faults_stand_at_their_rows() {
        let fault = |place: &str| Fault::new(place, "is wrong");
        let mut faults = vec![
            fault("app.json: AppParameters[1].Min"),
            fault("app.json: AppParameters[10].Min"),
            fault("app.json: AppParameters"),
        ];
        let values = [json!({"Name": "a"}), json!({"Name": "b", "Default": 3.0, "Options": ["x", "y"]})];
        let rows = parameter_rows(&values, &mut faults);
        assert_eq!(rows[1].faults, [fault("Min")]);
        assert_eq!((rows[1].default.as_str(), rows[1].options.as_str()), ("3", "x\ny"));
        assert!(rows[0].faults.is_empty() && faults.len() == 2);
    }
}
