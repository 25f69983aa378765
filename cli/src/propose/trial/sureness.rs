//! How sure an answer is, by task.

use std::collections::BTreeMap;

use image::{DynamicImage, GrayImage, imageops::FilterType};
use serde_json::Value;
use vision_protocol::manifest::Task;

use crate::local::Ran;

/// Pixels of a side at which two pictures are compared.
const SIDE: u32 = 64;

/// Whether an answer tells how well the photo was prepared. Points, vectors, numbers and masks are as sure of a photo
/// that was prepared in a wrong way.
pub(crate) fn is_measurable(task: Task) -> bool {
    matches!(
        task,
        Task::Classification | Task::Detection | Task::TextDetection | Task::TextRecognition | Task::ImageToImage
    )
}

/// Whether it says the same of a mirror image.
pub(super) fn is_of_mirrors(task: Task) -> bool {
    matches!(task, Task::Classification | Task::Detection)
}

/// How sure an answer is, of what.
pub(super) fn of(task: Task, ran: &Ran, photo: &DynamicImage) -> BTreeMap<String, f64> {
    let results = &ran.response.result;
    match task {
        Task::Detection => best_scores(results.values().find_map(|value| value["boxes"].as_array())),
        Task::TextDetection => regions(results.values().find_map(|value| value["polygons"].as_array())),
        Task::TextRecognition => {
            let text = results.get("text").and_then(Value::as_str).unwrap_or_default();
            let confidence = results.get("confidence").and_then(Value::as_f64).unwrap_or_default();
            BTreeMap::from([(format!("“{text}”"), confidence)])
        }
        Task::ImageToImage => {
            let made = ran.pictures.values().next().and_then(|picture| image::load_from_memory(picture).ok());
            let likeness = made.map_or(0.0, |made| likeness(photo, &made));
            BTreeMap::from([("as like the photo as that".to_owned(), likeness)])
        }
        _ => best_scores(results.values().find_map(Value::as_array)),
    }
}

/// The best score of each label.
fn best_scores(list: Option<&Vec<Value>>) -> BTreeMap<String, f64> {
    let mut scores = BTreeMap::new();
    for one in list.into_iter().flatten() {
        let (Some(label), Some(score)) = (one["label"].as_str(), one["score"].as_f64()) else { continue };
        let known: &mut f64 = scores.entry(label.to_owned()).or_default();
        *known = known.max(score);
    }
    scores
}

/// The mean score of all regions.
fn regions(list: Option<&Vec<Value>>) -> BTreeMap<String, f64> {
    let scores: Vec<f64> = list.into_iter().flatten().filter_map(|one| one["score"].as_f64()).collect();
    if scores.is_empty() {
        return BTreeMap::new();
    }
    BTreeMap::from([(format!("{} regions", scores.len()), scores.iter().sum::<f64>() / scores.len() as f64)])
}

/// How like a photo a picture is that was made of it: how their brightness goes together, less if the picture is duller.
/// 1 is the same, 0 nothing of it.
fn likeness(photo: &DynamicImage, made: &DynamicImage) -> f64 {
    let (photo, made) = (small(&middle(photo, made)), small(made));
    let spread = |pixels: &[f64]| pixels.iter().map(|pixel| pixel * pixel).sum::<f64>().sqrt();
    let (one, other) = (spread(&photo), spread(&made));
    if one <= 0.0 || other <= 0.0 {
        return 0.0;
    }
    let together = photo.iter().zip(&made).map(|(one, other)| one * other).sum::<f64>() / (one * other);
    together.max(0.0) * (other / one).min(1.0)
}

/// What of the photo has the aspect ratio of the picture: a model may have looked at its middle.
fn middle(photo: &DynamicImage, made: &DynamicImage) -> DynamicImage {
    let (width, height) = (f64::from(photo.width()), f64::from(photo.height()));
    let ratio = f64::from(made.width()) / f64::from(made.height().max(1));
    let (cut_width, cut_height) = (width.min(height * ratio), height.min(width / ratio));
    let [left, top] = [(width - cut_width) / 2.0, (height - cut_height) / 2.0].map(|side| side.floor() as u32);
    photo.crop_imm(left, top, (cut_width as u32).max(1), (cut_height as u32).max(1))
}

/// The brightness of a small copy, around its mean.
fn small(picture: &DynamicImage) -> Vec<f64> {
    let copy: GrayImage = picture.resize_exact(SIDE, SIDE, FilterType::Triangle).to_luma8();
    let pixels: Vec<f64> = copy.pixels().map(|pixel| f64::from(pixel.0[0])).collect();
    let mean = pixels.iter().sum::<f64>() / pixels.len() as f64;
    pixels.into_iter().map(|pixel| pixel - mean).collect()
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    #[test]
    fn a_picture_is_like_its_photo() {
        let photo = |strength: f64, width: u32| {
            DynamicImage::from(RgbImage::from_fn(width, 100, |x, y| {
                let pixel = 128.0 + strength * 60.0 * (f64::from(x + 3 * y) / 20.0).sin();
                Rgb([pixel.round() as u8; 3])
            }))
        };
        let of = |made: &DynamicImage| likeness(&photo(1.0, 200), made);
        assert!(of(&photo(1.0, 200)) > 0.99);
        assert!((of(&photo(0.5, 200)) - 0.5).abs() < 0.05, "{}", of(&photo(0.5, 200)));
        assert!(of(&photo(1.0, 200).fliph()) < 0.5);
        assert_eq!(of(&photo(0.0, 200)), 0.0);
        // The middle of it alone.
        assert!(of(&photo(1.0, 200).crop_imm(50, 0, 100, 100)) > 0.95);
    }
}
