//! `vision test`.

use serde_json::{Value, json};

use crate::support::{Room, data, sample, vision};

const EXAMPLE: &str = "sample/examples/house-number/expected.json";

#[test]
fn a_sample_app_passes_fails_and_is_updated() {
    let room = Room::new();
    let app = sample("digit-reader", &room);
    let said = vision(&["test", &app]).ends(0);
    assert!(said.out.contains("house-number") && said.out.contains("examples are good"), "{}", said.out);

    room.write(EXAMPLE, json!({ "Tolerance": 0.1, "Result": { "labels": [{ "label": "cat" }] } }).to_string());
    let said = vision(&["test", &app, "--json"]).ends(1).json();
    let tested = said["examples"].as_array().expect("a list");
    let failed: Vec<_> = tested.iter().filter(|one| one["outcome"] == "fail").collect();
    assert_eq!((failed.len(), &failed[0]["name"]), (1, &json!("house-number")), "{said}");
    assert!(failed[0]["difference"].as_str().is_some_and(|words| words.starts_with("labels[0].label: ")), "{said}");
    assert_eq!(failed[0]["expected"]["labels"][0]["label"], "cat");
    let actual = failed[0]["actual"]["labels"][0]["label"].clone();
    let said = vision(&["test", &app, "--example", "house-number"]).ends(1);
    assert!(said.out.contains("FAIL") && said.out.contains("0 of 1 examples are good"), "{}", said.out);

    let said = vision(&["test", &app, "--update", "--example", "house-number"]).ends(0);
    assert!(said.out.contains("house-number  updated"), "{}", said.out);
    let written: Value = serde_json::from_slice(&room.read(EXAMPLE)).expect("JSON");
    assert_eq!((&written["Tolerance"], &written["Result"]["labels"][0]["label"]), (&json!(0.1), &actual), "{written}");
    vision(&["test", &app]).ends(0);
}

#[test]
fn what_cannot_be_tested_is_told() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let app = room.yolox(&data);
    let said = vision(&["test", &app]).ends(2);
    assert!(said.errors.contains("no examples") && said.errors.contains("--update"), "{}", said.errors);
    let zip = room.path("app.zip");
    vision(&["pack", &app, "--output", &zip]).ends(0);
    let said = vision(&["test", &zip, "--update"]).ends(2);
    assert!(said.errors.contains("only the examples of a folder"), "{}", said.errors);
    let app = sample("digit-reader", &room);
    let said = vision(&["test", &app, "--example", "none"]).ends(2);
    assert!(said.errors.contains("no example “none”") && said.errors.contains("house-number"), "{}", said.errors);
}
