//! Comparing results with expectations.

use serde_json::json;
use vision_package::matches;

#[test]
fn what_is_expected_is_enough() {
    let actual = json!({"labels": [{"label": "cat", "score": 0.85}, {"label": "dog", "score": 0.1}], "note": "x"});
    for expected in [
        json!({}),
        json!({"labels": []}),
        json!({"labels": [{"label": "cat"}]}),
        json!({"labels": [{"label": "cat", "score": 0.83}, {"score": 0.12}]}),
        actual.clone(),
    ] {
        matches(&expected, &actual, 0.02).unwrap();
    }
    matches(&json!(1), &json!(1.0), 0.0).unwrap();
    matches(&json!(null), &json!(null), 0.0).unwrap();
}

#[test]
fn differences_say_where_they_are() {
    let actual = json!({"boxes": {"boxes": [{"label": "cat", "x": 10.0}]}});
    for (expected, message) in [
        (json!({"boxes": {"boxes": [{"x": 14}]}}), "boxes.boxes[0].x: expected 14 within 3, found 10.0"),
        (json!({"boxes": {"boxes": [{"label": "dog"}]}}), "boxes.boxes[0].label: expected \"dog\", found \"cat\""),
        (json!({"boxes": {"boxes": [{}, {}]}}), "boxes.boxes[1]: expected {}, found nothing"),
        (json!({"labels": []}), "labels: expected [], found nothing"),
        (json!({"boxes": []}), "boxes: expected [], found {\"boxes\":[{\"label\":\"cat\",\"x\":10.0}]}"),
        (json!(3), "expected 3, found {\"boxes\":{\"boxes\":[{\"label\":\"cat\",\"x\":10.0}]}}"),
    ] {
        assert_eq!(matches(&expected, &actual, 3.0).unwrap_err(), message);
    }
    matches(&json!(true), &json!("true"), 1.0).unwrap_err();
}
