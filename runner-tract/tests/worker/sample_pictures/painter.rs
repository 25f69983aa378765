//! The painter, held against the slow effect that it has learned to imitate.

use std::fs;

use image::{Rgb, RgbImage, imageops};

use super::{Package, open, picture, png, run, samples, serve};

/// What a painting must reach against the effect, in dB: a little less than the model of today does.
const PAINTED_DB: f64 = 25.5;

/// The peak signal-to-noise ratio, in dB.
fn likeness(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let squares: f64 = one.iter().zip(other.iter()).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 * one.len() as f64 / squares).log10()
}

#[test]
fn a_photo_is_painted_as_the_slow_effect_paints_it() {
    let file = fs::read(samples().join("stylizer/examples/portrait/photo.jpg")).unwrap();
    let painting = open(&fs::read(samples().join("training/references/painted-portrait.jpg")).unwrap());
    let photo = imageops::resize(&open(&file), painting.width(), painting.height(), imageops::FilterType::Triangle);
    let package = Package::sample("stylizer");
    let mut worker = serve(&package);
    let made = picture(&run(&mut worker, &file, &[]), "picture");
    let (before, after) = (likeness(&photo, &painting), likeness(&made, &painting));
    eprintln!("{after:.2} dB from the effect, the photo itself {before:.2} dB");
    assert!(after > PAINTED_DB && after > before + 3.0, "{after}, {before}");
}

#[test]
fn a_painting_has_its_photos_aspect_ratio() {
    let package = Package::sample("stylizer");
    let mut worker = serve(&package);
    let photo = png(&RgbImage::from_fn(600, 300, |x, y| Rgb([(x / 3) as u8, (y / 2) as u8, 90])));
    let made = picture(&run(&mut worker, &photo, &[]), "picture");
    assert_eq!(made.width(), 2 * made.height());
}
