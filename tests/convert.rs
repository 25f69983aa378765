//! `vision convert`, held against ONNX Runtime: a converted model answers as its original does.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::support::{command::Vision, data::TestData, python::Reference, require};

/// Where nothing was rounded in the original, but for the halves of its 16-bit numbers.
const EXACT: f64 = 1e-3;
/// Where each operator rounded to 8 bits: a few operators, and a whole network of them.
const ROUNDED: f64 = 0.03;
const ROUNDED_OFTEN: f64 = 0.2;

/// Converts, which tract must take and compute; what was said.
#[track_caller]
fn converted(vision: &Vision, old: &Path, new: &Path, options: &[&str]) -> Value {
    let (old, new) = (old.to_str().expect("a path in UTF-8"), new.to_str().expect("a path in UTF-8"));
    let said = vision.run(&[&["convert", old, new, "--json"], options].concat());
    assert_eq!(said.code, 0, "{old}: {said:?}");
    let said = said.json();
    assert_eq!(said["tract"]["outcome"], "computes", "{old}: {said}");
    if env::var_os("ORT_DYLIB_PATH").is_some() {
        assert_eq!(said["agreement"]["with"], "ONNX Runtime", "{old}: {said}");
    }
    assert_eq!(vision.run(&["inspect", new]).code, 0, "{new}");
    said
}

/// The outputs of a comparison in ONNX Runtime; none may be further apart than that.
#[track_caller]
fn compared(reference: &Reference, old: &Path, new: &Path, photo: Option<&Path>, most: f64) -> Value {
    let arguments: Vec<&Path> = [Path::new("compare"), old, new].into_iter().chain(photo).collect();
    let outputs = reference.ask("converted.py", &arguments);
    for (name, output) in outputs.as_object().expect("outputs by name") {
        assert!(output["apart"].as_f64().is_some_and(|apart| apart < most), "{}: {name}: {output}", old.display());
    }
    outputs
}

#[test]
fn every_operator_that_is_converted_computes_what_it_did() {
    let reference = require!(Reference::find());
    let vision = require!(Vision::find());
    let home = vision.home().to_owned();
    let made = reference.ask("converted.py", &[Path::new("make"), &home]);
    for name in made.as_array().expect("names").iter().map(|name| name.as_str().expect("a name")) {
        let (old, new) = (home.join(format!("{name}.onnx")), home.join(format!("{name}-new.onnx")));
        let (options, kind, most): (&[&str], _, _) = match name {
            "open_sides" => (&["--fix-size", "x=1,3,6,8"], "sizes", EXACT),
            "halves" => (&[], "fp16", EXACT),
            "clashing" => (&[], "shapes", EXACT),
            "experimental" => (&[], "experimental", EXACT),
            "raised" | "experimental_raised" => (&[], "opset", EXACT),
            _ if name.starts_with("upsample") || name.starts_with("resize") => (&[], "upsample", EXACT),
            _ => (&[], "quantised", ROUNDED),
        };
        let said = converted(&vision, &old, &new, options);
        let kinds: Vec<_> = said["changes"].as_array().expect("changes").iter().map(|change| &change["kind"]).collect();
        assert!(kinds.contains(&&json!(kind)), "{name}: {said}");
        // What tract makes of the new one, against what ONNX Runtime makes of the old one.
        if let Some(difference) = said["agreement"]["difference"].as_f64() {
            assert!(difference < most, "{name}: {said}");
        }
        if name == "resize10_nearest" {
            // tract takes the old one and answers otherwise, which is said.
            for (model, said) in [(&old, true), (&new, false)] {
                let inspected = vision.run(&["inspect", model.to_str().expect("a path in UTF-8")]).ok();
                assert_eq!(inspected.contains("`vision convert` mends that"), said, "{inspected}");
            }
        }
        if name != "open_sides" {
            let outputs = compared(&reference, &old, &new, None, most);
            assert!(outputs.as_object().is_some_and(|outputs| !outputs.is_empty()), "{name}");
        }
    }
}

#[test]
fn a_quantised_network_finds_the_same_in_photos() {
    let data = require!(TestData::find());
    let reference = require!(Reference::find());
    let vision = require!(Vision::find());
    let old = data.model("classification/shufflenet-v2-12-int8.onnx");
    let by_hand = data.model("classification/shufflenet-v2-12_fp32_from_int8.onnx");
    let new = vision.home().join("shufflenet.onnx");
    converted(&vision, &old, &new, &[]);
    for photo in ["winml_dog.jpg", "winml_cat.jpg"] {
        let photo = data.image(photo);
        for (other, most) in [(&old, ROUNDED_OFTEN), (&by_hand, EXACT)] {
            let outputs = compared(&reference, other, &new, Some(&photo), most);
            let first = &outputs["output"]["first"];
            assert_eq!(first[0], first[1], "{}: {outputs}", photo.display());
        }
    }
}

#[test]
fn an_upsample_of_old_is_computed_as_before() {
    let data = require!(TestData::find());
    let reference = require!(Reference::find());
    let vision = require!(Vision::find());
    let old = data.model("segmentation/selfie_segmentation_landscape.onnx");
    let new: PathBuf = vision.home().join("selfie.onnx");
    let said = converted(&vision, &old, &new, &[]);
    assert_eq!(said["opset"], json!({ "before": 9, "after": 11 }), "{said}");
    compared(&reference, &old, &new, None, 1e-6);
    assert!(fs::metadata(&new).is_ok_and(|file| file.len() > 400_000));
}
