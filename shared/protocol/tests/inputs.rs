//! Checking the inputs of a run against an app's parameters.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made ends its test")]

use serde_json::{Value, json};
use vision_protocol::{
    messages::NamedValue,
    parameters::{InputValue, Parameter, check_inputs},
    results::ResultType,
};

fn parameters() -> Vec<Parameter> {
    serde_json::from_value(json!([
        {"ParameterType": "Image", "Name": "Image"},
        {"ParameterType": "Number", "Name": "Age", "Min": 0.5, "Max": 10, "Step": 0.1, "Required": false},
        {"ParameterType": "Text", "Name": "Note", "MaxLength": 5, "Required": false},
        {"ParameterType": "Text", "Name": "Title"},
        {"ParameterType": "Date", "Name": "Day", "Min": "2024-02-28", "Required": false},
        {"ParameterType": "Select", "Name": "Size", "Options": ["S", "M"], "Default": "M"},
        {"ParameterType": "Boolean", "Name": "Fast", "Required": false},
    ]))
    .unwrap()
}

fn data(values: Value) -> Vec<NamedValue> {
    let Value::Object(values) = values else { panic!("an object") };
    values.into_iter().map(|(name, value)| NamedValue { name, value }).collect()
}

fn fault(name: &str, value: Value) -> String {
    let mut inputs = json!({"Image": "https://example.org/a.jpg", "Title": "x"});
    inputs[name] = value;
    match check_inputs(&parameters(), &data(inputs)) {
        Ok(_) => String::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}

#[test]
fn good_inputs_come_in_the_order_of_the_parameters() {
    let inputs = json!({
        "Fast": true, "Day": "2024-02-29", "Title": "x", "Note": null, "Age": 0.7,
        "Image": "http://127.0.0.1:8080/files/1?release=1",
    });
    let checked = check_inputs(&parameters(), &data(inputs)).unwrap();
    let names: Vec<&str> = checked.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Image", "Age", "Title", "Day", "Size", "Fast"]);
    assert_eq!(checked[1].1, InputValue::Number(0.7));
    assert_eq!(checked[4].1, InputValue::Select("M".to_owned()));
}

#[test]
fn every_fault_is_listed() {
    let mut inputs = data(json!({"Age": 11, "Size": "L", "Fast": "on", "Colour": 1}));
    inputs.push(NamedValue { name: "Age".to_owned(), value: json!(1) });
    let faults: Vec<String> =
        check_inputs(&parameters(), &inputs).unwrap_err().iter().map(ToString::to_string).collect();
    for expected in [
        "Colour: the app has no such parameter",
        "Age: is given more than once",
        "Image: is needed",
        "Title: is needed",
        "Age: must be from 0.5 to 10",
        "Size: must be one of: S, M",
        "Fast: must be true or false",
    ] {
        assert!(faults.iter().any(|fault| fault == expected), "{expected} is not in {faults:#?}");
    }
    assert_eq!(faults.len(), 7, "{faults:#?}");
}

#[test]
fn bounds_are_kept() {
    for good in [json!(0.5), json!(10), json!(3.3)] {
        assert_eq!(fault("Age", good), "");
    }
    assert_eq!(fault("Age", json!(0.55)), "Age: must go in steps of 0.1 from 0.5");
    assert_eq!(fault("Age", json!("3")), "Age: must be a number");
    assert_eq!(fault("Note", json!("äöüßé")), "");
    assert_eq!(fault("Note", json!("")), "");
    assert_eq!(fault("Note", json!("sechs!")), "Note: must have at most 5 characters");
    assert_eq!(fault("Title", json!(" ")), "Title: is needed");
    assert_eq!(fault("Day", json!("2024-02-27")), "Day: must be at least 2024-02-28");
    for bad in ["2024-02-30", "2025-02-29", "20240301", "2024-W10-5", "2024-03-01T10:00", "1.3.2024", "+02024-3-1"] {
        assert_eq!(fault("Day", json!(bad)), "Day: must be a day, as YYYY-MM-DD", "{bad}");
    }
}

#[test]
fn images_are_web_addresses() {
    for bad in ["photo.jpg", "file:///etc/passwd", "data:image/png;base64,AAAA", "ftp://example.org/a", ""] {
        assert_ne!(fault("Image", json!(bad)), "", "{bad}");
    }
}

#[test]
fn form_fields_become_values() {
    let parameters = parameters();
    let parse = |index: usize, text| parameters[index].parse_text(text);
    assert_eq!(parse(1, " 3.5 "), Ok(Some(json!(3.5))));
    assert_eq!(parse(1, ""), Ok(None));
    assert_eq!(parse(2, " two words "), Ok(Some(json!(" two words "))));
    assert_eq!(parse(4, " 2024-03-01 "), Ok(Some(json!("2024-03-01"))));
    assert_eq!(parse(6, "on"), Ok(Some(json!(true))));
    assert_eq!(parse(6, ""), Ok(Some(json!(false))));
    for bad in ["three", "NaN", "inf", "1e999"] {
        assert_eq!(parse(1, bad), Err("must be a number".to_owned()), "{bad}");
    }
}

#[test]
fn results_are_held_to_their_type() {
    ResultType::Date.check(&json!("2024-02-29")).unwrap();
    ResultType::Date.check(&json!("2024-02-29T10:00")).unwrap_err();
    ResultType::Labels.check(&json!([{"label": "cat", "score": 0.5}])).unwrap();
    ResultType::Labels.check(&json!([{"label": "cat"}])).unwrap_err();
    let area = json!({"label": "cat", "score": 1, "x": 0, "y": 0, "width": 1, "height": 1});
    ResultType::Boxes.check(&json!({"width": 10, "height": 10, "boxes": [area]})).unwrap();
    ResultType::Boxes.check(&json!([])).unwrap_err();
    ResultType::Table.check(&json!([{"a": 1}, {"a": 2}])).unwrap();
    ResultType::Table.check(&json!([1])).unwrap_err();
    ResultType::Image.check(&json!("data:image/png;base64,AAAA")).unwrap();
    ResultType::Image.check(&json!("javascript:alert(1)")).unwrap_err();
    ResultType::Number.check(&json!("1")).unwrap_err();
}

#[test]
fn a_flood_of_unknown_parameters_is_cut() {
    let inputs: Vec<_> =
        (0..5_000).map(|index| NamedValue { name: format!("Ghost{index}"), value: Value::Null }).collect();
    let faults = check_inputs(&parameters(), &inputs).unwrap_err();
    assert_eq!(faults.len(), 101);
    assert_eq!(faults[0].to_string(), "Ghost0: the app has no such parameter");
    assert_eq!(faults[100].message, "and 4902 more faults");
}
