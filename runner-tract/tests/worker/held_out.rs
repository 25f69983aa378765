//! Sample apps on drawings that their models were never trained on: `sample-apps/training/held-out`, with what was drawn.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use image::ImageFormat;
use serde_json::Value;
use vision_protocol::limits::RunLimits;
use vision_runner::ipc::WireValue;

use super::support::{package::Package, worker::Worker};

const DEADLINE_MS: u64 = 60_000;
/// Of 104 drawings; 103 were right when the model was made.
const LEAST_SILHOUETTES: usize = 100;
/// Shares of the drawn products, in hundredths; 100 and 91 when the models were made.
const LEAST_FOUND: usize = 95;
const LEAST_NAMED: usize = 87;

fn held_out(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-apps/training/held-out").join(name)
}

/// One of the JSON results of an app on a photo.
fn result(worker: &mut Worker, photo: Vec<u8>, name: &str) -> Value {
    let inputs = vec![("Image".to_owned(), WireValue::Picture(0))];
    let done = worker.run(inputs, &[photo], DEADLINE_MS).expect("the app answers");
    match done.outputs.into_iter().find(|(output, _)| output == name) {
        Some((_, WireValue::Json(value))) => value,
        other => panic!("{other:?}"),
    }
}

#[test]
fn leaves_and_small_animals_are_told_apart() {
    const SIDE: u32 = 64;
    let package = Package::sample("silhouettes");
    let labels = fs::read_to_string(package.folder.path().join("assets/labels.txt")).unwrap();
    let mut worker = Worker::serve(&package, RunLimits::default());
    // A column for each label, from above drawings of growing difficulty.
    let sheet = image::open(held_out("silhouettes.png")).unwrap();
    let (mut right, mut wrong) = (0, Vec::new());
    for (column, label) in (0..).zip(labels.lines()) {
        for row in 0..sheet.height() / SIDE {
            let mut photo = Cursor::new(Vec::new());
            let tile = sheet.crop_imm(column * SIDE, row * SIDE, SIDE, SIDE);
            tile.write_to(&mut photo, ImageFormat::Png).unwrap();
            let found = result(&mut worker, photo.into_inner(), "labels");
            match found[0]["label"].as_str() {
                Some(said) if said == label => right += 1,
                said => wrong.push(format!("{label} {row}: {said:?}")),
            }
        }
    }
    assert_eq!(right + wrong.len(), 26 * 4, "a sheet of 26 labels");
    assert!(right >= LEAST_SILHOUETTES, "{right} are right, but not {wrong:?}");
}

/// Left, top, right and bottom of a box, in pixels.
fn edges(one: &Value) -> [f64; 4] {
    let [x, y, width, height] = ["x", "y", "width", "height"].map(|key| one[key].as_f64().expect("a number"));
    [x, y, x + width, y + height]
}

/// How much of two boxes lies in both, as a share of what lies in either.
fn overlap(one: [f64; 4], other: [f64; 4]) -> f64 {
    let area = |[left, top, right, bottom]: [f64; 4]| (right - left).max(0.0) * (bottom - top).max(0.0);
    let inner = area([one[0].max(other[0]), one[1].max(other[1]), one[2].min(other[2]), one[3].min(other[3])]);
    inner / (area(one) + area(other) - inner)
}

#[test]
fn products_are_found_and_looked_up() {
    // Kept until the runs are done: they read its assets.
    let package = Package::sample("product-finder");
    let mut worker = Worker::serve(&package, RunLimits::default());
    let scenes: Value = serde_json::from_slice(&fs::read(held_out("products/scenes.json")).unwrap()).unwrap();
    let (mut drawn, mut found, mut right, mut boxes, mut wrong) = (0, 0, 0, 0, Vec::new());
    for scene in scenes.as_array().unwrap() {
        let photo = fs::read(held_out("products").join(scene["photo"].as_str().unwrap())).unwrap();
        let answer = result(&mut worker, photo, "boxes");
        let answer: Vec<_> =
            answer["boxes"].as_array().unwrap().iter().map(|one| (&one["label"], edges(one))).collect();
        boxes += answer.len();
        for product in scene["products"].as_array().unwrap() {
            drawn += 1;
            match answer.iter().find(|(_, area)| overlap(edges(product), *area) >= 0.5) {
                Some((label, _)) if **label == product["label"] => (found, right) = (found + 1, right + 1),
                Some((label, _)) => {
                    found += 1;
                    wrong.push(format!("{}: {} is called {label}", scene["photo"], product["label"]));
                }
                None => wrong.push(format!("{}: {} is not found", scene["photo"], product["label"])),
            }
        }
    }
    eprintln!("{found} of {drawn} products found, {right} named rightly, {boxes} boxes; {wrong:?}");
    assert!(drawn >= 50, "{drawn} products are too few to tell");
    assert!(found * 100 >= drawn * LEAST_FOUND, "{found} of {drawn} are found; {wrong:?}");
    assert!(right * 100 >= drawn * LEAST_NAMED, "{right} of {drawn} are named rightly; {wrong:?}");
    assert!((boxes - found) * 100 <= drawn * 8, "{boxes} boxes for {found} products that were found");
}
