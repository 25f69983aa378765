//! Results drawn on photos, for programs that show them to people. It decodes: no supervisor and no portal calls this.

use std::sync::Arc;

use vision_protocol::results::Boxes;

use super::pixels::{self, Annotation, Area, Color, File};

/// Colours that differ from each other and from most photos; a label keeps its own.
const COLORS: [[u8; 3]; 10] = [
    [230, 25, 75],
    [60, 180, 75],
    [255, 225, 25],
    [0, 130, 200],
    [245, 130, 48],
    [145, 30, 180],
    [70, 240, 240],
    [240, 50, 230],
    [210, 245, 60],
    [0, 128, 128],
];

/// The upright photo with a frame and a caption for each box, as a JPEG (or PNG, for a drawing).
///
/// # Errors
/// What is wrong with the photo.
pub fn draw_boxes(photo: &[u8], boxes: &Boxes, most_pixels: u64) -> Result<Vec<u8>, String> {
    let file: File = Arc::new(photo.to_vec());
    let picture = pixels::decode(&file, most_pixels).map_err(|error| format!("the photo {error}"))?;
    let mut labels: Vec<&str> = boxes.boxes.iter().map(|found| found.label.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    let annotations: Vec<_> = boxes
        .boxes
        .iter()
        .map(|found| Annotation {
            area: Area { x: found.x as f32, y: found.y as f32, width: found.width as f32, height: found.height as f32 },
            caption: format!("{} {:.2}", found.label, found.score),
            color: Color(COLORS[labels.binary_search(&found.label.as_str()).unwrap_or(0) % COLORS.len()]),
        })
        .collect();
    let line = (picture.width().min(picture.height()) / 250).max(2);
    picture.draw_boxes(&annotations, line).to_result()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::worker::pixels::Picture;

    #[test]
    fn a_box_is_drawn_where_it_lies() {
        let photo = Picture::filled(60, 40, Color([9, 9, 9])).to_png().unwrap();
        let found = json!([{ "label": "", "score": 0.5, "x": 10, "y": 20, "width": 30, "height": 15 }]);
        let boxes: Boxes = serde_json::from_value(json!({ "width": 60, "height": 40, "boxes": found })).unwrap();
        let drawn: File = Arc::new(draw_boxes(&photo, &boxes, 10_000).unwrap());
        let drawn = pixels::decode(&drawn, 10_000).unwrap();
        let pixel = |x: usize, y: usize| &drawn.rgb()[(y * 60 + x) * 3..][..3];
        assert_eq!((pixel(10, 34), pixel(39, 34), pixel(50, 34)), (&COLORS[0][..], &COLORS[0][..], &[9, 9, 9][..]));
        assert!(draw_boxes(b"no photo", &boxes, 10_000).unwrap_err().contains("not a picture"));
    }
}
