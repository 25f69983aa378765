//! Classification: one label of many, and several at once.

use image::{Rgb, RgbImage};
use serde_json::json;
use vision_protocol::manifest::Task;

use super::lab::{Lab, assert_labels, number};

#[test]
fn imagenet_with_logits() {
    let Some(lab) = Lab::find() else { return };
    let input = json!({"Divisor": 255, "Mean": [0.485, 0.456, 0.406], "Std": [0.229, 0.224, 0.225]});
    let said = json!({"Input": input, "Output": {"Head": "Logits"}});
    let model = "classification/shufflenet-v2-12_fp32_from_int8.onnx";
    let app = lab.app(Task::Classification, model, &lab.labels("classification/synset.txt"), &said);
    let [found, expected] = lab.both(&app, &lab.image("winml_cat.jpg"));
    assert_labels(&found.values["labels"], &expected.values["labels"], 0.01);
}

#[test]
fn a_digit_in_grey() {
    let Some(lab) = Lab::find() else { return };
    let digit =
        RgbImage::from_fn(56, 56, |x, y| Rgb([if (26..32).contains(&x) && (8..48).contains(&y) { 255 } else { 0 }; 3]));
    let photo = lab.file("one.png");
    digit.save(&photo).unwrap();
    for head in ["Logits", "SigmoidLogits"] {
        let said = json!({"Output": {"Head": head, "Top": 3}});
        let app = lab.app(Task::Classification, "classification/mnist-8.onnx", "", &said);
        let [found, expected] = lab.both(&app, &photo);
        assert_labels(&found.values["labels"], &expected.values["labels"], 0.01);
        assert_eq!(found.values["labels"][0]["label"], "class 1", "{head}");
    }
}

#[test]
fn all_labels_that_fit_and_no_others() {
    let Some(lab) = Lab::find() else { return };
    let photo = lab.image("winml_cat.jpg");
    let labels = lab.labels("classification/synset.txt");
    let said = json!({"Input": {"Channels": "BGR"}, "Output": {"Head": "Sigmoid", "ScoreThreshold": 0.02}});
    let app = lab.app(Task::Classification, "classification/squeezenet_fp32_from_fp16.onnx", &labels, &said);
    let [found, expected] = lab.both(&app, &photo);
    assert_labels(&found.values["labels"], &expected.values["labels"], 0.01);
    let found = found.values["labels"].as_array().unwrap();
    assert!(found.iter().all(|one| number(&one["score"]) >= 0.02), "{found:?}");
}
