//! The sample app that reads text, on a scan that its models were not trained on.

use std::{fs, path::Path};

use serde_json::Value;
use vision_protocol::limits::RunLimits;
use vision_runner::ipc::WireValue;

use super::support::{
    models::real_models,
    package::Package,
    worker::{Done, Worker},
};

/// What stands on scikit-image's page, but for its last line, of which only the upper half is on the picture.
const PAGE: [&str; 7] = [
    "Region-based segmentation",
    "Let us first determine markers of the coins and the",
    "background. These markers are pixels that we can label",
    "unambiguously as either object or background. Here,",
    "the markers are found at the two extreme parts of the",
    "histogram of grey values:",
    ">>> markers = np.zeros_like(coins)",
];
/// Of the characters, how many are read wrongly at most.
const WRONG: f64 = 0.08;

fn read(photo: &Path) -> Done {
    let package = Package::sample("text-reader");
    let mut worker = Worker::serve(&package, RunLimits::default());
    let inputs = vec![("Image".to_owned(), WireValue::Picture(0))];
    worker.run(inputs, &[fs::read(photo).expect("the photo can be read")], 60_000).expect("the app answers")
}

fn output<'a>(done: &'a Done, name: &str) -> &'a WireValue {
    done.outputs.iter().find(|output| output.0 == name).map(|output| &output.1).expect("a result of that name")
}

/// Fewest insertions, deletions and replacements that make one text of the other.
fn edits(found: &str, truth: &str) -> usize {
    let truth: Vec<char> = truth.chars().collect();
    let mut row: Vec<usize> = (0..=truth.len()).collect();
    for (line, a) in found.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], line + 1);
        for (column, b) in truth.iter().enumerate() {
            let replaced = corner + usize::from(a != *b);
            corner = row[column + 1];
            row[column + 1] = replaced.min(corner + 1).min(row[column] + 1);
        }
    }
    row[truth.len()]
}

#[test]
fn a_scanned_page_is_read() {
    let Some(models) = real_models() else { return };
    let done = read(&models.join("../images/skimage_page.png"));
    let WireValue::Text(text) = output(&done, "text") else { panic!("{:?}", done.outputs) };
    eprintln!("{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() >= PAGE.len(), "{text}");
    let wrong: usize = PAGE.iter().zip(&lines).map(|(truth, found)| edits(found, truth)).sum();
    let all = PAGE.concat().len();
    let rate = wrong as f64 / all as f64;
    assert!(rate <= WRONG, "{wrong} of {all} characters are wrong:\n{text}");

    // Every line is outlined where it stands: below the one before, and as wide as its text.
    let WireValue::Json(found) = output(&done, "lines") else { panic!("{:?}", done.outputs) };
    let lines = found["polygons"].as_array().expect("a list of lines");
    let corner = |line: &Value, at: usize| line["points"][0][at].as_f64().expect("a number");
    for pair in lines.windows(2).take(PAGE.len() - 1) {
        assert!(corner(&pair[0], 1) < corner(&pair[1], 1), "{found}");
    }
    assert_eq!((found["width"].as_f64(), found["height"].as_f64()), (Some(384.0), Some(191.0)));
}

#[test]
fn a_photo_without_print_has_no_text() {
    let Some(models) = real_models() else { return };
    let done = read(&models.join("../images/skimage_chelsea.png"));
    assert_eq!(output(&done, "text"), &WireValue::Text(String::new()));
}
