//! Colours and edges, of pictures whose colours and edges are known.

use image::{Rgb, RgbImage};
use serde_json::{Value, json};
use vision_runner::ipc::WireValue;

use super::{DEADLINE_MS, Done, Package, Worker, picture, png, run, serve};

/// Bands of four colours, with their shares of the width in percent, name and hex.
const BANDS: [(u32, Rgb<u8>, &str, &str); 4] = [
    (40, Rgb([70, 130, 180]), "steel blue", "#4682b4"),
    (30, Rgb([255, 99, 71]), "tomato", "#ff6347"),
    (20, Rgb([245, 222, 179]), "wheat", "#f5deb3"),
    (10, Rgb([25, 25, 112]), "midnight blue", "#191970"),
];

fn bands() -> RgbImage {
    RgbImage::from_fn(200, 120, |x, _| {
        let mut right = 0;
        let band = BANDS.iter().find(|band| {
            right += 2 * band.0;
            x < right
        });
        band.expect("the shares add up to 100").1
    })
}

fn palette(done: &Done) -> &Value {
    match &done.outputs[0] {
        (name, WireValue::Json(rows)) if name == "palette" => rows,
        other => panic!("{other:?}"),
    }
}

#[test]
fn painted_colours_are_found_with_share_and_name() {
    let package = Package::sample("palette");
    let mut worker = serve(&package);
    let photo = png(&bands());
    let done = run(&mut worker, &photo, &[("Colours", 4.0)]);
    let expected: Vec<Value> = BANDS
        .iter()
        .map(|(share, _, name, hex)| json!({"colour": name, "hex": hex, "percent": f64::from(*share)}))
        .collect();
    assert_eq!(palette(&done).as_array().unwrap().len(), BANDS.len());
    vision_package::matches(&Value::from(expected), palette(&done), 0.0).unwrap();
    let again = run(&mut worker, &photo, &[("Colours", 4.0)]);
    assert_eq!((palette(&done), &done.pictures), (palette(&again), &again.pictures));
    // There are no more than four, whatever is asked for.
    assert_eq!(palette(&run(&mut worker, &photo, &[("Colours", 12.0)])).as_array().unwrap().len(), 4);
    assert_eq!(palette(&run(&mut worker, &photo, &[("Colours", 2.0)])).as_array().unwrap().len(), 2);
}

#[test]
fn edges_are_lines_where_colours_meet() {
    let package = Package::sample("palette");
    let mut worker = serve(&package);
    let photo = png(&bands());
    let columns = |threshold: f64, worker: &mut Worker| {
        let lines = picture(&run(worker, &photo, &[("EdgeThreshold", threshold)]), "edges");
        assert_eq!(lines.dimensions(), (200, 120));
        (0..200).filter(|&x| lines.get_pixel(x, 60).0[0] < 128).collect::<Vec<u32>>()
    };
    let found = columns(10.0, &mut worker);
    assert_eq!(found.len(), 3, "{found:?}");
    for (column, border) in found.iter().zip([80, 140, 180]) {
        assert!(column.abs_diff(border) <= 1, "{found:?}");
    }
    // Steel blue and tomato are about as bright.
    assert_eq!(columns(60.0, &mut worker).len(), 2);
}

#[test]
fn a_number_of_colours_beyond_reason_is_refused_in_words() {
    let package = Package::sample("palette");
    let mut worker = serve(&package);
    let inputs = vec![("Image".to_owned(), WireValue::Picture(0)), ("Colours".to_owned(), WireValue::Number(400.0))];
    let failed = worker.run(inputs, &[png(&bands())], DEADLINE_MS).unwrap_err();
    assert!(failed.message.contains("ask for 2 to 12"), "{}", failed.message);
}
