//! COCO: all annotations in one file.
//!
//! What is said of a photo is written first and the list of photos after it: one of which nothing is said any more, because
//! the consent was withdrawn meanwhile, is in neither.

use serde_json::{Value, json};

use super::{
    super::{super::Result, Verdict},
    Archive, Photo, Source,
    items::{Classes, Mark, marks},
};

/// `annotations.json` and `predictions.json`.
pub(super) async fn coco(source: &Source, archive: &mut Archive, photos: &[Photo]) -> Result<()> {
    let mut classes = Classes::default();
    let mut judged: Vec<Option<Verdict>> = Vec::with_capacity(photos.len());
    archive.begin("annotations.json", true).await?;
    archive.write(&br#"{"info":{"description":"Feedback","version":"1.0"},"licenses":[],"annotations":["#[..]).await?;
    let mut number: u64 = 0;
    for (index, photo) in photos.iter().enumerate() {
        let item = source.item(photo.run).await?;
        let truth = item.as_ref().and_then(|item| marks(&item.truth, photo.size()));
        judged.push(item.as_ref().filter(|_| truth.is_some()).map(|item| item.verdict));
        for mark in truth.into_iter().flatten() {
            number += 1;
            let mut annotation = located(&mark, index, &mut classes);
            annotation["id"] = number.into();
            annotation["area"] = (mark.width * mark.height).into();
            annotation["iscrowd"] = 0.into();
            annotation["segmentation"] = json!([]);
            list(archive, &annotation, number == 1).await?;
        }
        // Classes that only the app names are listed too, for its predictions.
        for mark in item.iter().filter_map(|item| marks(&item.predicted, photo.size())).flatten() {
            classes.number(&mark.label);
        }
    }
    archive.write(&br#"],"images":["#[..]).await?;
    let mut first = true;
    for (index, (photo, verdict)) in photos.iter().zip(&judged).enumerate() {
        let Some(verdict) = verdict else { continue };
        let image = json!({
            "id": index + 1, "file_name": photo.file(), "width": photo.width, "height": photo.height,
            "run": photo.run, "verdict": verdict,
        });
        list(archive, &image, std::mem::take(&mut first)).await?;
    }
    let categories = classes.names().iter().enumerate();
    let categories: Vec<Value> = categories.map(|(index, name)| json!({ "id": index + 1, "name": name })).collect();
    archive.write(format!("],\"categories\":{}}}", Value::from(categories))).await?;
    predictions(source, archive, photos, &judged, &mut classes).await
}

async fn predictions(
    source: &Source,
    archive: &mut Archive,
    photos: &[Photo],
    judged: &[Option<Verdict>],
    classes: &mut Classes,
) -> Result<()> {
    archive.begin("predictions.json", true).await?;
    archive.write(&b"["[..]).await?;
    let mut first = true;
    let listed = photos.iter().zip(judged).enumerate().filter(|(_, (_, verdict))| verdict.is_some());
    for (index, (photo, _)) in listed {
        let Some(item) = source.item(photo.run).await? else { continue };
        for mark in marks(&item.predicted, photo.size()).into_iter().flatten() {
            let mut prediction = located(&mark, index, classes);
            prediction["score"] = mark.score.into();
            list(archive, &prediction, std::mem::take(&mut first)).await?;
        }
    }
    archive.write(&b"]"[..]).await?;
    Ok(())
}

fn located(mark: &Mark, index: usize, classes: &mut Classes) -> Value {
    json!({
        "image_id": index + 1,
        "category_id": classes.number(&mark.label) + 1,
        "bbox": [mark.x, mark.y, mark.width, mark.height],
    })
}

async fn list(archive: &mut Archive, value: &Value, first: bool) -> Result<()> {
    let text = if first { value.to_string() } else { format!(",{value}") };
    archive.write(text).await
}
