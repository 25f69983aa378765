//! YOLO and Pascal VOC: a file per photo.

use std::fmt::Write as _;

use super::{
    super::super::Result,
    Archive, Photo, Source,
    items::{Classes, Item, Mark, marks},
};

/// `labels/`, `predictions/` and `data.yaml`.
pub(super) async fn yolo(source: &Source, archive: &mut Archive, photos: &[Photo]) -> Result<()> {
    let mut classes = Classes::default();
    for photo in photos {
        let Some(item) = source.item(photo.run).await? else { continue };
        if photo.width == 0 || photo.height == 0 {
            continue;
        }
        let said =
            [("labels", marks(&item.truth, photo.size())), ("predictions", marks(&item.predicted, photo.size()))];
        for (folder, marks) in said {
            let Some(marks) = marks else { continue };
            let lines: String = marks.iter().map(|mark| line(mark, photo, &mut classes)).collect();
            archive.text(&format!("{folder}/{}.txt", photo.run), lines).await?;
        }
    }
    let mut data = String::from("path: .\ntrain: images\nval: images\nnames:\n");
    for (number, name) in classes.names().iter().enumerate() {
        // A JSON string is a YAML string.
        let _ = writeln!(data, "  {number}: {}", serde_json::Value::from(name.as_str()));
    }
    archive.text("data.yaml", data).await
}

/// Class, centre and size in parts of the photo, and the score if there is one.
fn line(mark: &Mark, photo: &Photo, classes: &mut Classes) -> String {
    let (width, height) = photo.size();
    let (x, y) = ((mark.x + mark.width / 2.0) / width, (mark.y + mark.height / 2.0) / height);
    let class = classes.number(&mark.label);
    let score = mark.score.map(|score| format!(" {score:.4}")).unwrap_or_default();
    format!("{class} {x:.6} {y:.6} {:.6} {:.6}{score}\n", mark.width / width, mark.height / height)
}

/// `Annotations/` and `Predictions/`.
pub(super) async fn voc(source: &Source, archive: &mut Archive, photos: &[Photo]) -> Result<()> {
    for photo in photos {
        let Some(item) = source.item(photo.run).await? else { continue };
        let said =
            [("Annotations", marks(&item.truth, photo.size())), ("Predictions", marks(&item.predicted, photo.size()))];
        for (folder, marks) in said {
            let Some(marks) = marks else { continue };
            archive.text(&format!("{folder}/{}.xml", photo.run), xml(photo, &item, &marks)).await?;
        }
    }
    Ok(())
}

fn xml(photo: &Photo, item: &Item, marks: &[Mark]) -> String {
    let mut text = format!(
        "<annotation>\n  <folder>images</folder>\n  <filename>{}</filename>\n  <source><database>Feedback on {}, {}\
         </database></source>\n  <size><width>{}</width><height>{}</height><depth>3</depth></size>\n  \
         <segmented>0</segmented>\n",
        photo.file(),
        escaped(&item.version),
        item.verdict.name(),
        photo.width,
        photo.height
    );
    for mark in marks {
        let score = mark.score.map(|score| format!("<score>{score}</score>")).unwrap_or_default();
        // Pixels are counted from 1, and the last one is within the box.
        let _ = writeln!(
            text,
            "  <object><name>{}</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>{score}\
             <bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>",
            escaped(&mark.label),
            mark.x.round() + 1.0,
            mark.y.round() + 1.0,
            (mark.x + mark.width).round(),
            (mark.y + mark.height).round()
        );
    }
    text.push_str("</annotation>\n");
    text
}

/// A text in XML, which has no place for most control characters.
fn escaped(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
