//! Tasks that answer with a picture: segmentation, image to image, generation.

use std::path::Path;

use image::RgbImage;
use serde_json::{Value, json};
use vision_protocol::manifest::Task;
use vision_runner::ipc::WireValue;

use super::lab::{Answer, Lab, assert_labels, difference, look, run};
use crate::support::package::Package;

const VOC: &str = "background\naeroplane\nbicycle\nbird\nboat\nbottle\nbus\ncar\ncat\nchair\ncow\ndiningtable\ndog\nhorse\n\
                   motorbike\nperson\npottedplant\nsheep\nsofa\ntrain\ntvmonitor\n";

/// Intersection over union of the pixels that `is` holds for.
fn overlap(one: &RgbImage, other: &RgbImage, is: impl Fn(&[u8; 3]) -> bool) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let (mut shared, mut either) = (0_u32, 0_u32);
    for (one, other) in one.pixels().zip(other.pixels()) {
        let (one, other) = (is(&one.0), is(&other.0));
        shared += u32::from(one && other);
        either += u32::from(one || other);
    }
    f64::from(shared) / f64::from(either.max(1))
}

fn pictures(found: &Answer, expected: &Answer) -> (RgbImage, RgbImage) {
    let picture = |answer: &Answer| answer.picture.clone().expect("a picture");
    (picture(found), picture(expected))
}

fn deeplab(lab: &Lab, output: &Value) -> Package {
    let said = json!({"Input": {"Divisor": 127.5, "Mean": [1]}, "Output": output});
    lab.app(Task::Segmentation, "segmentation/deeplab_v3_1_default_1_op13.onnx", VOC, &said)
}

#[test]
fn a_map_of_all_classes() {
    let Some(lab) = Lab::find() else { return };
    let [found, expected] = lab.both(&deeplab(&lab, &json!({})), &lab.image("darknet_dog.jpg"));
    assert_labels(&found.values["labels"], &expected.values["labels"], 0.01);
    let (mask, reference) = pictures(&found, &expected);
    // The photo has 768 x 576 pixels, the model's frame 257 x 257.
    assert_eq!(mask.dimensions(), (343, 257));
    for (name, color) in [("background", [0, 0, 0]), ("bicycle", [0, 128, 0]), ("dog", [64, 0, 128])] {
        let overlap = overlap(&mask, &reference, |pixel| *pixel == color);
        eprintln!("{name}: {overlap}");
        assert!(overlap >= 0.98, "{name}: {overlap}");
    }
}

#[test]
fn a_mask_of_one_class_of_many() {
    let Some(lab) = Lab::find() else { return };
    let [found, expected] = lab.both(&deeplab(&lab, &json!({"Class": 15})), &lab.image("darknet_person.jpg"));
    assert_eq!(found.values["labels"][0]["label"], "person");
    assert_labels(&found.values["labels"], &expected.values["labels"], 0.01);
    masks_agree(&found, &expected);
}

#[test]
fn a_mask_of_the_one_class_that_there_is() {
    let Some(lab) = Lab::find() else { return };
    let photo = lab.image("skimage_astronaut.png");
    let model = "segmentation/selfie_segmentation_landscape_op13.onnx";
    for (fit, labels, label) in [("Stretch", "", "foreground"), ("Letterbox", "person", "person")] {
        let said = json!({"Input": {"Divisor": 255, "Fit": fit}});
        let [found, expected] = lab.both(&lab.app(Task::Segmentation, model, labels, &said), &photo);
        assert_eq!(found.values["labels"][0]["label"], label);
        assert_labels(&found.values["labels"], &expected.values["labels"], 0.01);
        let (mask, _) = pictures(&found, &expected);
        // The photo is square, and the mask shows no padding.
        assert_eq!(mask.width(), mask.height(), "{fit}");
        masks_agree(&found, &expected);
    }
}

fn masks_agree(found: &Answer, expected: &Answer) {
    let (mask, reference) = pictures(found, expected);
    let overlap = overlap(&mask, &reference, |pixel| pixel[0] > 127);
    let difference = difference(&mask, &reference);
    eprintln!("intersection over union {overlap}, mean difference {difference} of 255");
    assert!(overlap >= 0.98 && difference < 2.0, "{overlap}, {difference}");
}

fn assert_alike(found: &Answer, expected: &Answer, size: (u32, u32), most: f64) {
    let (picture, reference) = pictures(found, expected);
    assert_eq!(picture.dimensions(), size);
    let difference = difference(&picture, &reference);
    eprintln!("mean difference {difference} of 255");
    assert!(difference < most, "{difference}");
}

#[test]
fn a_dark_photo_becomes_bright() {
    let Some(lab) = Lab::find() else { return };
    let said = json!({"Input": {"Divisor": 255}});
    let app = lab.app(Task::ImageToImage, "lowlight/tbefn_240x320.onnx", "", &said);
    let photo = lab.file("dark.png");
    let mut dark = image::open(lab.image("darknet_dog.jpg")).unwrap().to_rgb8();
    dark.iter_mut().for_each(|channel| *channel /= 5);
    dark.save(&photo).unwrap();
    let [found, expected] = lab.both(&app, &photo);
    assert_alike(&found, &expected, (320, 240), 3.0);
    let brightness = |picture: &RgbImage| picture.iter().map(|c| f64::from(*c)).sum::<f64>() / picture.len() as f64;
    let after = brightness(found.picture.as_ref().unwrap());
    assert!(after > 1.5 * brightness(&dark), "{after}");
}

#[test]
fn a_model_of_the_luma_keeps_the_colours() {
    let Some(lab) = Lab::find() else { return };
    let said = json!({"Input": {"Divisor": 255, "Fit": "Crop"}, "Output": {"Head": "Luma"}});
    let app = lab.app(Task::ImageToImage, "super_resolution/super_resolution.onnx", "", &said);
    let [found, expected] = lab.both(&app, &lab.image("winml_cat.jpg"));
    assert_alike(&found, &expected, (672, 672), 3.0);
    let picture = found.picture.unwrap();
    let colourful = picture.pixels().filter(|p| p.0.iter().max().unwrap() - p.0.iter().min().unwrap() > 20).count();
    assert!(colourful > 10_000, "{colourful} pixels have a colour");
    let plain = json!({"Input": {"Divisor": 255, "Fit": "Crop"}});
    let app = lab.app(Task::ImageToImage, "super_resolution/super_resolution.onnx", "", &plain);
    let grey = look(&app, &lab.image("winml_cat.jpg")).picture.unwrap();
    assert!(grey.pixels().all(|pixel| pixel.0.iter().max().unwrap() - pixel.0.iter().min().unwrap() < 9));
}

#[test]
fn a_picture_is_made_of_a_class_and_a_seed() {
    let Some(lab) = Lab::find() else { return };
    let output = json!({"Divisor": 127.5, "Mean": [1]});
    let labels = "dawn\nnoon\ndusk\n";
    let generate = |package: &Package, class: WireValue, seed: f64| {
        let inputs = vec![("Class".to_owned(), class), ("Seed".to_owned(), WireValue::Number(seed))];
        run(package, inputs, &[])
    };
    for kind in ["generator", "generator-of-ones"] {
        let app = lab.made_app(Task::Generation, kind, None, labels, &json!({"Output": output}));
        let found = generate(&app, WireValue::Number(2.0), 7.0).unwrap();
        let expected = lab.reference(&app, &json!({"Class": 2, "Seed": 7}));
        // Noise suffers most from being written as JPEG.
        assert_alike(&found, &expected, (24, 24), 6.0);
        let again = generate(&app, WireValue::Text("dusk".to_owned()), 7.0).unwrap();
        assert_eq!(again.picture, found.picture);
        let other = generate(&app, WireValue::Number(2.0), 8.0).unwrap();
        assert!(difference(&other.picture.unwrap(), &found.picture.unwrap()) > 10.0);
        let failed = generate(&app, WireValue::Number(3.0), 7.0).unwrap_err();
        assert!(failed.message.contains("Class is 3, but there are 3 classes"), "{}", failed.message);
    }
}

#[test]
fn an_output_that_is_no_picture_is_named() {
    let Some(lab) = Lab::find() else { return };
    let app = lab.app(Task::ImageToImage, "segmentation/deeplab_v3_1_default_1_op13.onnx", "", &json!({}));
    let photo = std::fs::read(Path::new(&lab.image("darknet_dog.jpg"))).unwrap();
    let failed = run(&app, vec![("Image".to_owned(), WireValue::Picture(0))], &[photo]).unwrap_err();
    assert!(failed.message.contains("output “ResizeBilinear_3”: a picture has 1 or 3 channels"), "{}", failed.message);
}
