//! Finding shapes: the first model.

use vision_app::{
    Anchor, Color, Image, Model, Normalization, Rectangle, Result, Suppression, Tensor, assets, non_maximum_suppression,
};

const FRAME: u32 = 192;
const STRIDES: [u32; 3] = [8, 16, 32];
const MIN_SCORE: f32 = 0.4;
/// Numbers before a cell's scores: centre, size, objectness.
const GEOMETRY: usize = 5;

/// A shape on the photo.
pub(crate) struct Found {
    pub(crate) label: String,
    pub(crate) score: f32,
    /// In pixels of the photo.
    pub(crate) area: Rectangle,
}

/// The shapes on a photo, best first.
pub(crate) fn shapes(image: &Image) -> Result<Vec<Found>> {
    let labels = assets::lines("assets/labels.txt")?;
    let boxed = image.letterbox(FRAME, FRAME, Color::gray(114), Anchor::TopLeft)?;
    let normalization = Normalization { mean: vec![0.5; 3], deviation: vec![0.25; 3], ..Normalization::default() };
    let answers = Model::load("shapes")?.run(&boxed.picture.to_tensor(&normalization)?)?;
    let (areas, scores) = candidates(&answers.first()?.numbers()?, labels.len());
    if areas.is_empty() {
        return Ok(Vec::new());
    }
    let rows = areas.len() as u32 / 4;
    let kept = non_maximum_suppression(
        &Tensor::new(&[rows, 4], &areas)?,
        &Tensor::new(&[rows, labels.len() as u32], &scores)?,
        // A token has one shape, however it may look to the model.
        Suppression { score_threshold: MIN_SCORE, class_agnostic: true, ..Suppression::default() },
    )?;
    let found = kept.into_iter().map(|one| Found {
        label: labels[one.class as usize].clone(),
        score: one.score,
        area: boxed.on_original(one.area),
    });
    Ok(found.collect())
}

/// Boxes and scores of the cells that score high enough: each cell holds offsets in cells, sizes on a log scale,
/// objectness and a score per class.
fn candidates(numbers: &[f32], classes: usize) -> (Vec<f32>, Vec<f32>) {
    let (mut areas, mut scores) = (Vec::new(), Vec::new());
    let mut cells = numbers.chunks_exact(GEOMETRY + classes);
    for stride in STRIDES {
        let side = FRAME / stride;
        for (place, cell) in (0..side * side).zip(cells.by_ref()) {
            let (row, column, stride) = (place / side, place % side, stride as f32);
            let weighed = cell[GEOMETRY..].iter().map(|score| score * cell[4]);
            if weighed.clone().fold(0.0, f32::max) >= MIN_SCORE {
                let (x, y) = ((cell[0] + column as f32) * stride, (cell[1] + row as f32) * stride);
                let (width, height) = (cell[2].exp() * stride, cell[3].exp() * stride);
                areas.extend([x - width / 2.0, y - height / 2.0, width, height]);
                scores.extend(weighed);
            }
        }
    }
    (areas, scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_by_level_row_and_column() {
        let cells: u32 = STRIDES.map(|stride| (FRAME / stride).pow(2)).iter().sum();
        let mut numbers = vec![0.0; cells as usize * 7];
        // The second row's third cell of the coarsest level: 6 x 6 cells of 32 pixels.
        let start = (cells as usize - 36 + 6 + 2) * 7;
        numbers[start..start + 7].copy_from_slice(&[0.5, 0.5, 0.0, 0.0, 0.9, 0.1, 0.8]);
        let (areas, scores) = candidates(&numbers, 2);
        assert_eq!(areas, [64.0, 32.0, 32.0, 32.0]);
        assert_eq!(scores, [0.9 * 0.1, 0.9 * 0.8]);
    }
}
