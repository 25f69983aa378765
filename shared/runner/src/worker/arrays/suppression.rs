//! Non-maximum suppression.

use crate::{engine::Tensor, worker::pixels::Area};

/// What is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Suppression {
    pub(crate) score_threshold: f32,
    pub(crate) iou_threshold: f32,
    pub(crate) limit: u32,
    pub(crate) class_agnostic: bool,
}

/// A rectangle that was kept, the row it came from and its best class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) index: u32,
    pub(crate) class: u32,
    pub(crate) score: f32,
    pub(crate) area: Area,
}

/// Keeps the best of `boxes` [n, 4] (x, y, width, height) by `scores` [n, classes], each row under its best class.
pub(crate) fn non_maximum_suppression(
    boxes: &Tensor,
    scores: &Tensor,
    options: Suppression,
) -> Result<Vec<Kept>, String> {
    let ([rows, 4], [scored, classes]) = (boxes.shape(), scores.shape()) else {
        return Err(format!(
            "expected boxes [n, 4] and scores [n, classes], found {:?} and {:?}",
            boxes.shape(),
            scores.shape()
        ));
    };
    if rows != scored || *classes == 0 {
        return Err(format!("{rows} boxes do not go with {scored} rows of {classes} scores"));
    }
    let mut candidates: Vec<Kept> = scores
        .floats()?
        .chunks_exact(*classes)
        .zip(boxes.floats()?.chunks_exact(4))
        .enumerate()
        .filter_map(|(index, (scores, corners))| {
            let (class, score) = largest(scores);
            let area = Area { x: corners[0], y: corners[1], width: corners[2], height: corners[3] };
            (score >= options.score_threshold).then_some(Kept { index: index as u32, class, score, area })
        })
        .collect();
    candidates.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index)));
    let mut kept: Vec<Kept> = Vec::new();
    for candidate in candidates {
        if kept.len() == options.limit as usize {
            break;
        }
        let suppressed = kept.iter().any(|stronger| {
            (options.class_agnostic || stronger.class == candidate.class)
                && overlap(stronger.area, candidate.area) > options.iou_threshold
        });
        if !suppressed {
            kept.push(candidate);
        }
    }
    Ok(kept)
}

fn largest(scores: &[f32]) -> (u32, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (class, score) in scores.iter().enumerate() {
        if *score > best.1 {
            best = (class as u32, *score);
        }
    }
    best
}

/// Intersection over union.
fn overlap(a: Area, b: Area) -> f32 {
    let width = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
    let height = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let shared = width * height;
    shared / (a.width * a.height + b.width * b.height - shared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Data;

    fn tensor(shape: &[usize], data: &[f32]) -> Tensor {
        Tensor::new(shape, Data::Float32(data.to_vec())).unwrap()
    }

    fn kept(options: Suppression) -> Vec<(u32, u32)> {
        // Two that overlap by 81 of 119 and differ in class, one far away, one too weak.
        let boxes =
            tensor(&[4, 4], &[0.0, 0.0, 10.0, 10.0, 1.0, 1.0, 10.0, 10.0, 50.0, 50.0, 4.0, 4.0, 9.0, 9.0, 1.0, 1.0]);
        let scores = tensor(&[4, 2], &[0.6, 0.1, 0.2, 0.9, 0.7, 0.3, 0.1, 0.05]);
        let kept = non_maximum_suppression(&boxes, &scores, options).unwrap();
        kept.into_iter().map(|k| (k.index, k.class)).collect()
    }

    #[test]
    fn the_stronger_of_two_overlapping_boxes_stays() {
        let options = Suppression { score_threshold: 0.25, iou_threshold: 0.5, limit: 10, class_agnostic: true };
        assert_eq!(kept(options), [(1, 1), (2, 0)]);
        assert_eq!(kept(Suppression { class_agnostic: false, ..options }), [(1, 1), (2, 0), (0, 0)]);
        assert_eq!(kept(Suppression { iou_threshold: 0.69, ..options }), [(1, 1), (2, 0), (0, 0)]);
        assert_eq!(kept(Suppression { limit: 1, ..options }), [(1, 1)]);
        assert_eq!(kept(Suppression { score_threshold: 0.65, ..options }), [(1, 1), (2, 0)]);
    }

    #[test]
    fn shapes_that_do_not_go_together_are_named() {
        let options = Suppression { score_threshold: 0.0, iou_threshold: 0.5, limit: 10, class_agnostic: true };
        let error = non_maximum_suppression(&tensor(&[2, 4], &[0.0; 8]), &tensor(&[3, 1], &[0.0; 3]), options);
        assert!(error.unwrap_err().contains("2 boxes do not go with 3 rows"));
        let error = non_maximum_suppression(&tensor(&[8], &[0.0; 8]), &tensor(&[3, 1], &[0.0; 3]), options);
        assert!(error.unwrap_err().contains("expected boxes [n, 4]"));
    }
}
