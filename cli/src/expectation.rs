//! What an example expects, made of what came out.

use serde_json::{Map, Value, json};
use vision_protocol::{
    Manifest,
    results::{Boxes, ResultType, ScoredLabel},
};

/// Pixels that a box or a point may be off: engines and machines round differently.
const PIXELS: f64 = 6.0;
/// The same for scores.
const SCORES: f64 = 0.05;
/// Two scores that are closer may change places on another engine.
const CLOSE: f64 = 0.001;

/// The content of `expected.json` for this result. Pictures are left out, which are compared by eye. Without a
/// `tolerance` of the author's own, one is chosen that other engines keep, and what it says nothing about is left out:
/// whatever follows on two of almost the same score, and the scores of boxes, whose sides are in pixels.
pub(crate) fn of(manifest: &Manifest, result: &Map<String, Value>, tolerance: Option<f64>) -> Value {
    let is_of_pixels = |kind: ResultType| matches!(kind, ResultType::Boxes | ResultType::Points | ResultType::Polygons);
    let has_places = manifest.result_variables.iter().any(|variable| is_of_pixels(variable.result_type));
    let tolerance = tolerance.unwrap_or(if has_places { PIXELS } else { SCORES });
    let mut expected = Map::new();
    for variable in &manifest.result_variables {
        let Some(value) = result.get(&variable.name) else { continue };
        let value = match variable.result_type {
            ResultType::Image => continue,
            ResultType::Labels => labels(value, tolerance),
            ResultType::Boxes => boxes(value, tolerance),
            _ => None,
        }
        .unwrap_or_else(|| value.clone());
        expected.insert(variable.name.clone(), value);
    }
    json!({ "Tolerance": tolerance, "Result": expected })
}

fn labels(value: &Value, tolerance: f64) -> Option<Value> {
    let labels: Vec<ScoredLabel> = serde_json::from_value(value.clone()).ok()?;
    let scores: Vec<f64> = labels.iter().map(|one| one.score).collect();
    let written = labels.iter().take(firm(&scores)).map(|one| {
        if tolerance < 1.0 {
            json!({ "label": one.label, "score": rounded(one.score, 1e3) })
        } else {
            json!({ "label": one.label })
        }
    });
    Some(written.collect())
}

fn boxes(value: &Value, tolerance: f64) -> Option<Value> {
    let found: Boxes = serde_json::from_value(value.clone()).ok()?;
    let scores: Vec<f64> = found.boxes.iter().map(|one| one.score).collect();
    let written: Vec<Value> = found
        .boxes
        .iter()
        .take(firm(&scores))
        .map(|one| {
            let [x, y, width, height] = [one.x, one.y, one.width, one.height].map(|side| rounded(side, 1.0));
            let mut written = json!({ "label": one.label, "x": x, "y": y, "width": width, "height": height });
            if tolerance < 1.0 {
                written = json!(one);
            }
            written
        })
        .collect();
    Some(json!({ "width": found.width, "height": found.height, "boxes": written }))
}

/// How many stand before the first two that may change places.
fn firm(scores: &[f64]) -> usize {
    scores.windows(2).position(|pair| pair[0] - pair[1] < CLOSE).unwrap_or(scores.len())
}

fn rounded(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(kind: &str) -> Manifest {
        let text = json!({ "Name": "x", "Version": "1.0.0", "ResultVariables": [{ "ResultType": kind, "Name": "r" }] });
        Manifest::parse(text.to_string().as_bytes()).unwrap()
    }

    fn expected(kind: &str, result: Value, tolerance: Option<f64>) -> Value {
        of(&manifest(kind), &Map::from_iter([("r".to_owned(), result)]), tolerance)
    }

    #[test]
    fn what_came_out_is_what_is_expected() {
        let boxes = json!({ "width": 10, "height": 10, "boxes":
            [{ "label": "dog", "score": 0.81, "x": 1.4, "y": 2.0, "width": 3.0, "height": 4.0 }] });
        for (kind, result, tolerance) in [
            ("Boxes", boxes.clone(), None),
            ("Boxes", boxes, Some(0.01)),
            ("Labels", json!([{ "label": "cat", "score": 0.91234 }, { "label": "dog", "score": 0.01 }]), None),
            ("Json", json!({ "any": [1, 2] }), None),
        ] {
            let expected = expected(kind, result.clone(), tolerance);
            let tolerance = expected["Tolerance"].as_f64().unwrap();
            vision_package::matches(&expected["Result"]["r"], &result, tolerance).unwrap();
        }
    }

    #[test]
    fn what_another_engine_may_turn_round_is_left_out() {
        let labels = json!([
            { "label": "cat", "score": 0.6 }, { "label": "lynx", "score": 0.2 }, { "label": "tiger", "score": 0.1995 }
        ]);
        let written = expected("Labels", labels, None);
        assert_eq!(written["Result"]["r"], json!([{ "label": "cat", "score": 0.6 }]));
        assert_eq!(expected("Image", json!("data:image/"), None)["Result"], json!({}));
    }
}
