//! The first stage: where on the photo products are.

use vision_app::{
    Anchor, Color, Image, Model, Normalization, Rectangle, Result, Suppression, Tensor, non_maximum_suppression,
};

const FRAME: u32 = 224;
const STRIDES: [u32; 3] = [8, 16, 32];
const MIN_SCORE: f32 = 0.45;
/// Numbers of a cell: centre, size, objectness, and the score of the one class.
const CELL: usize = 6;

/// A product on the photo.
pub(crate) struct Found {
    pub(crate) score: f32,
    /// In pixels of the photo, and within it.
    pub(crate) area: Rectangle,
}

/// The products on a photo, best first.
pub(crate) fn products(image: &Image) -> Result<Vec<Found>> {
    let boxed = image.letterbox(FRAME, FRAME, Color::gray(114), Anchor::TopLeft)?;
    let normalization = Normalization { mean: vec![0.5; 3], deviation: vec![0.25; 3], ..Normalization::default() };
    let answers = Model::load("products")?.run(&boxed.picture.to_tensor(&normalization)?)?;
    let (areas, scores) = candidates(&answers.first()?.numbers()?);
    if scores.is_empty() {
        return Ok(Vec::new());
    }
    let rows = scores.len() as u32;
    let kept = non_maximum_suppression(
        &Tensor::new(&[rows, 4], &areas)?,
        &Tensor::new(&[rows, 1], &scores)?,
        Suppression { score_threshold: MIN_SCORE, iou_threshold: 0.5, ..Suppression::default() },
    )?;
    let size = (image.width() as f32, image.height() as f32);
    let found = kept.into_iter().map(|one| Found { score: one.score, area: within(boxed.on_original(one.area), size) });
    Ok(found.collect())
}

/// Boxes and scores of the cells that score high enough: each cell holds offsets in cells and sizes on a log scale.
fn candidates(numbers: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let (mut areas, mut scores) = (Vec::new(), Vec::new());
    let (cells, _) = numbers.as_chunks::<CELL>();
    let mut cells = cells.iter();
    for stride in STRIDES {
        let side = FRAME / stride;
        for (place, [x, y, width, height, object, class]) in (0..side * side).zip(cells.by_ref()) {
            let score = object * class;
            if score >= MIN_SCORE {
                let (row, column, stride) = (place / side, place % side, stride as f32);
                let (x, y) = ((x + column as f32) * stride, (y + row as f32) * stride);
                let (width, height) = (width.exp() * stride, height.exp() * stride);
                areas.extend([x - width / 2.0, y - height / 2.0, width, height]);
                scores.push(score);
            }
        }
    }
    (areas, scores)
}

/// The part of a rectangle that lies on a picture of this size.
fn within(area: Rectangle, (width, height): (f32, f32)) -> Rectangle {
    let (x, y) = (area.x.clamp(0.0, width), area.y.clamp(0.0, height));
    let (right, bottom) = ((area.x + area.width).clamp(x, width), (area.y + area.height).clamp(y, height));
    Rectangle { x, y, width: right - x, height: bottom - y }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_by_level_row_and_column() {
        let cells: u32 = STRIDES.map(|stride| (FRAME / stride).pow(2)).iter().sum();
        assert_eq!(cells, 1029);
        let mut numbers = vec![0.0; cells as usize * CELL];
        // The second row's third cell of the coarsest level: 7 x 7 cells of 32 pixels.
        let start = (cells as usize - 49 + 7 + 2) * CELL;
        numbers[start..start + CELL].copy_from_slice(&[0.5, 0.5, 0.0, 0.0, 0.9, 0.8]);
        let (areas, scores) = candidates(&numbers);
        assert_eq!(areas, [64.0, 32.0, 32.0, 32.0]);
        assert_eq!(scores, [0.9 * 0.8]);
    }

    #[test]
    fn what_leaves_the_photo_is_cut_off() {
        let area = within(Rectangle { x: -4.0, y: 90.0, width: 20.0, height: 20.0 }, (200.0, 100.0));
        assert_eq!((area.x, area.y, area.width, area.height), (0.0, 90.0, 16.0, 10.0));
    }
}
