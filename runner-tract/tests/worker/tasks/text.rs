//! Where text stands, and what it says.

use image::{Rgb, RgbImage};
use serde_json::{Value, json};
use vision_protocol::manifest::Task;

use super::lab::{Lab, number};

fn corners(region: &Value) -> Vec<[f64; 2]> {
    serde_json::from_value(region["points"].clone()).expect("corners")
}

/// Whether two regions have the same corners, whichever is named first.
fn agree(one: &Value, other: &Value) -> bool {
    let near = |a: &[f64; 2], b: &[f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]) <= 2.0;
    (number(&one["score"]) - number(&other["score"])).abs() <= 0.01
        && corners(one).iter().all(|a| corners(other).iter().any(|b| near(a, b)))
}

#[test]
fn lines_of_a_page_are_outlined() {
    let Some(lab) = Lab::find() else { return };
    let input = json!({
        "Width": 640, "Height": 320, "Divisor": 255, "Mean": [0.485, 0.456, 0.406], "Std": [0.229, 0.224, 0.225],
    });
    let app = lab.app(Task::TextDetection, "ocr/text_detection_ch_ppocrv3_2023may.onnx", "", &json!({"Input": input}));
    let [found, expected] = lab.both(&app, &lab.image("skimage_page.png"));
    let regions = |answer: &Value| answer["polygons"].as_array().expect("regions").clone();
    let (found, expected) = (&found.values["regions"], &expected.values["regions"]);
    eprintln!("{} regions, {} expected", regions(found).len(), regions(expected).len());
    for (here, there) in [(found, expected), (expected, found)] {
        for region in regions(here).iter().filter(|region| number(&region["score"]) > 0.51) {
            assert!(regions(there).iter().any(|other| agree(region, other)), "{region} is not in {there}");
        }
    }
    assert!(regions(found).len() >= 5, "{found}");
    // As one reads: no region stands above one that came before it by more than a line.
    let tops: Vec<f64> = regions(found).iter().map(|region| corners(region)[0][1]).collect();
    assert!(tops.windows(2).all(|pair| pair[1] > pair[0] - 12.0), "{tops:?}");
}

#[test]
fn stripes_are_read_as_characters() {
    let Some(lab) = Lab::find() else { return };
    let said = json!({"Input": {"Divisor": 255, "Fit": "Stretch"}});
    let app = lab.made_app(Task::TextRecognition, "characters", None, "a\nb\nÄ\n", &said);
    let (none, a, b, c) = ([0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]);
    let stripes = [none, a, a, none, a, b, none, c, c, none, b, none];
    let photo = RgbImage::from_fn(96, 8, |x, _| Rgb(stripes[x as usize / 8]));
    let path = lab.file("stripes.png");
    photo.save(&path).unwrap();
    let [found, expected] = lab.both(&app, &path);
    assert_eq!((&found.values["text"], &expected.values["text"]), (&json!("aabÄb"), &json!("aabÄb")));
    let sure = number(&found.values["confidence"]);
    assert!((sure - number(&expected.values["confidence"])).abs() < 0.001 && sure > 0.9, "{sure}");
}
