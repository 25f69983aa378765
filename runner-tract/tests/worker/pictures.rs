//! Photos on their way from a file to a model: when they are decoded, how much of them, and what that may take.

use std::{io::Cursor, path::Path};

use image::{DynamicImage, ImageFormat, RgbImage, imageops::FilterType};
use serde_json::{Value, json};
use vision_protocol::{limits::RunLimits, messages::ErrorCode};
use vision_runner::ipc::WireValue;

use super::support::{
    glue::{answer, component},
    models::real_models,
    package::Package,
    worker::{Failed, Worker},
};

fn photo() -> Vec<(String, WireValue)> {
    vec![("Image".to_owned(), WireValue::Picture(0))]
}

/// The result variable of a standard app.
fn look(worker: &mut Worker, file: Vec<u8>) -> Result<Value, Failed> {
    let mut outputs = worker.run(photo(), &[file], 60_000)?.outputs;
    match outputs.remove(0).1 {
        WireValue::Json(value) => Ok(value),
        other => panic!("{other:?}"),
    }
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, format).expect("memory takes bytes");
    file.into_inner()
}

/// A photo of twelve megapixels as a JPEG, which is decoded at a part of its size, and the same pixels as a BMP.
fn large_photo(small: &Path) -> [Vec<u8>; 2] {
    let large = image::open(small).expect("a picture").resize_exact(4_000, 3_000, FilterType::CatmullRom);
    let jpeg = encoded(&large, ImageFormat::Jpeg);
    let bmp = encoded(&image::load_from_memory(&jpeg).expect("a picture"), ImageFormat::Bmp);
    [jpeg, bmp]
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn a_large_photo_is_classified_as_with_all_its_pixels() {
    let Some(models) = real_models() else { return };
    let labels = models.join("classification/synset.txt");
    let package = Package::classification(&models.join("classification/squeezenet_fp32_from_fp16.onnx"), Some(&labels));
    package.change_manifest(|manifest| {
        manifest["Models"][0]["Input"] = json!({"Channels": "BGR"});
        manifest["Models"][0]["Output"] = json!({"Head": "Softmax"});
    });
    let mut worker = Worker::serve(&package, RunLimits::default());
    let files = large_photo(&models.join("../images/winml_cat.jpg"));
    let [part, whole] = files.map(|file| look(&mut worker, file).unwrap());
    for (part, whole) in part.as_array().unwrap().iter().zip(whole.as_array().unwrap()) {
        eprintln!("{part}, with all pixels {whole}");
        assert_eq!(part["label"], whole["label"]);
        assert!((number(&part["score"]) - number(&whole["score"])).abs() < 0.01, "{part}, not {whole}");
    }
}

#[test]
fn boxes_on_a_large_photo_lie_as_with_all_its_pixels() {
    let Some(models) = real_models() else { return };
    let package =
        Package::detection(&models.join("detection/yolox_nano_416.onnx"), &models.join("detection/coco.names"));
    let mut worker = Worker::serve(&package, RunLimits::default());
    let files = large_photo(&models.join("../images/darknet_dog.jpg"));
    let [part, whole] = files.map(|file| look(&mut worker, file).unwrap());
    let boxes = |found: &Value| found["boxes"].as_array().unwrap().clone();
    assert_eq!(boxes(&part).len(), boxes(&whole).len());
    for (part, whole) in boxes(&part).iter().zip(boxes(&whole)) {
        eprintln!("{part}, with all pixels {whole}");
        assert_eq!(part["label"], whole["label"]);
        assert!((number(&part["score"]) - number(&whole["score"])).abs() < 0.01, "{part}, not {whole}");
        for side in ["x", "y", "width", "height"] {
            // Of 4,000 pixels, of which the model sees 416.
            assert!((number(&part[side]) - number(&whole[side])).abs() < 2.0, "{part}, not {whole}");
        }
    }
}

fn digit_reader() -> Package {
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-apps/digit-reader");
    let package = Package::classification(&app.join("models/digits.onnx"), Some(&app.join("assets/labels.txt")));
    package.change_manifest(|manifest| {
        manifest["Models"][0]["Input"] = json!({"Width": 48, "Height": 48, "Channels": "GRAY"});
    });
    package
}

fn gradient(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| image::Rgb([(x / 8) as u8, (y / 8) as u8, ((x + y) / 16) as u8])).into()
}

#[test]
fn memory_is_charged_for_the_pixels_that_are_decoded() {
    let limits = RunLimits { host_memory_bytes: 2 << 20, ..RunLimits::default() };
    let package = digit_reader();
    let mut worker = Worker::serve(&package, limits);
    let image = gradient(2_000, 1_500);
    look(&mut worker, encoded(&image, ImageFormat::Jpeg)).unwrap();
    let failed = look(&mut worker, encoded(&image, ImageFormat::Png)).unwrap_err();
    assert_eq!(failed.code, ErrorCode::LimitExceeded, "{}", failed.message);
    assert!(failed.message.contains("more than 2 MiB"), "{}", failed.message);
    look(&mut worker, encoded(&gradient(200, 150), ImageFormat::Png)).unwrap();
}

#[test]
fn a_file_broken_behind_its_header_is_the_inputs_fault_where_its_pixels_are_needed() {
    let mut cut_off = encoded(&gradient(400, 300), ImageFormat::Png);
    cut_off.truncate(cut_off.len() / 2);
    let package = digit_reader();
    let mut worker = Worker::serve(&package, RunLimits::default());
    let failed = look(&mut worker, cut_off.clone()).unwrap_err();
    assert_eq!(failed.code, ErrorCode::InvalidInput, "{}", failed.message);
    assert!(failed.message.starts_with("Image: the file cannot be decoded"), "{}", failed.message);
    look(&mut worker, encoded(&gradient(400, 300), ImageFormat::Png)).unwrap();
    // Glue that looks at nothing.
    let blind = Package::with_glue(&component(&answer(""), ""));
    let mut worker = Worker::serve(&blind, RunLimits::default());
    worker.run(photo(), &[cut_off], 20_000).unwrap();
}
