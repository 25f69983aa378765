//! Boxes that scored high enough, before overlapping ones are thinned out.

use vision_glue_common::{
    bindings::vision::app::tensors::{ElementType, Kept, Suppression, Tensor, non_maximum_suppression},
    values::bytes,
};

/// What scores below is dropped, if the manifest does not say.
pub(crate) const THRESHOLD: f32 = 0.3;

/// Boxes in pixels of the model's frame, each with its best class.
pub(crate) struct Candidates {
    threshold: f32,
    areas: Vec<f32>,
    best: Vec<(usize, f32)>,
    /// Points that belong to each box, in pixels of the frame; empty where heads know none.
    points: Vec<Vec<(f32, f32)>>,
}

impl Candidates {
    /// None yet; those that score below `threshold` will not be taken.
    pub(crate) fn new(threshold: f32) -> Self {
        Self { threshold, areas: Vec::new(), best: Vec::new(), points: Vec::new() }
    }

    /// Whether a score is high enough. Not a number is not.
    pub(crate) fn wants(&self, score: f32) -> bool {
        score >= self.threshold
    }

    /// Takes a box, given by its centre and size, if it scores high enough.
    pub(crate) fn add_centred(&mut self, [x, y, width, height]: [f32; 4], class: usize, score: f32) {
        self.add([x - width / 2.0, y - height / 2.0, width, height], class, score);
    }

    /// Takes a box, given by its top-left corner and size, if it scores high enough.
    pub(crate) fn add(&mut self, area: [f32; 4], class: usize, score: f32) {
        if self.wants(score) && area.iter().all(|number| number.is_finite()) {
            self.areas.extend(area);
            self.best.push((class, score));
        }
    }

    /// Takes a box with the points that belong to it, if it scores high enough.
    pub(crate) fn add_with_points(&mut self, area: [f32; 4], points: Vec<(f32, f32)>, score: f32) {
        let before = self.best.len();
        self.add(area, 0, score);
        if self.best.len() > before {
            self.points.push(points);
        }
    }

    /// The points of the box that came as the `index`th.
    pub(crate) fn points(&self, index: u32) -> &[(f32, f32)] {
        self.points.get(index as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// Without the weaker of two boxes of one class that overlap too much; the best `limit`.
    pub(crate) fn suppressed(&self, iou_threshold: f32, limit: u32) -> Result<Vec<Kept>, String> {
        if self.best.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.best.len() as u32;
        // Classes that nothing was found of need no column.
        let mut classes: Vec<_> = self.best.iter().map(|&(class, _)| class).collect();
        classes.sort_unstable();
        classes.dedup();
        let mut scores = vec![0.0; self.best.len() * classes.len()];
        for (row, (class, score)) in scores.chunks_mut(classes.len()).zip(&self.best) {
            if let Ok(column) = classes.binary_search(class) {
                row[column] = *score;
            }
        }
        let areas = Tensor::from_bytes(&[rows, 4], ElementType::Float32, &bytes(&self.areas))?;
        let scores = Tensor::from_bytes(&[rows, classes.len() as u32], ElementType::Float32, &bytes(&scores))?;
        let options = Suppression { score_threshold: self.threshold, iou_threshold, limit, class_agnostic: false };
        let mut kept = non_maximum_suppression(&areas, &scores, options)?;
        for one in &mut kept {
            one.class = classes.get(one.class as usize).map_or(one.class, |&class| class as u32);
        }
        Ok(kept)
    }

    /// Areas, classes and scores, for tests.
    #[cfg(test)]
    pub(crate) fn list(&self) -> Vec<([f32; 4], usize, f32)> {
        let areas = self.areas.as_chunks().0;
        areas.iter().zip(&self.best).map(|(area, &(class, score))| (*area, class, score)).collect()
    }
}
