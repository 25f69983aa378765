//! YOLOv8 and YOLO11: a column per box with centre and size in pixels of the frame, then a score per class.

use vision_glue_common::{
    model::{Answer, Net},
    values::Values,
};

use super::is_transposed;
use crate::candidates::{Candidates, THRESHOLD};

/// Numbers before the class scores: centre and size.
const GEOMETRY: usize = 4;

pub(crate) fn read(net: &Net, answers: &[Answer]) -> Result<Candidates, String> {
    let misfit = || net.misfit("YOLOv8", "[1, 4 + classes, boxes]", answers);
    let [answer] = answers else { return Err(misfit()) };
    let &[1, rows, boxes] = answer.shape.as_slice() else { return Err(misfit()) };
    let (rows, boxes) = (rows as usize, boxes as usize);
    if rows <= GEOMETRY || is_transposed(rows, boxes, net.labels.len() + GEOMETRY) {
        return Err(misfit());
    }
    let mut found = Candidates::new(net.output.score_threshold(THRESHOLD));
    answer.read(|values| decode(values, rows - GEOMETRY, boxes, &mut found))?;
    Ok(found)
}

fn decode(values: Values<'_>, classes: usize, boxes: usize, found: &mut Candidates) {
    // Class by class, as the numbers lie, rather than box by box.
    let mut best = vec![(0, f32::NEG_INFINITY); boxes];
    for class in 0..classes {
        for (best, score) in best.iter_mut().zip(values.part((GEOMETRY + class) * boxes, boxes).iter()) {
            if score > best.1 {
                *best = (class, score);
            }
        }
    }
    for (index, (class, score)) in best.into_iter().enumerate() {
        if found.wants(score) {
            found.add_centred([0, 1, 2, 3].map(|row| values.at(row * boxes + index)), class, score);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidates, Values, decode};
    use vision_glue_common::values::bytes;

    #[test]
    fn columns_are_boxes() {
        let rows = [[10.0, 50.0], [20.0, 60.0], [4.0, 10.0], [8.0, 20.0], [0.1, 0.2], [0.2, 0.9]];
        let mut found = Candidates::new(0.5);
        decode(Values::new(&bytes(&rows.concat())), 2, 2, &mut found);
        assert_eq!(found.list(), [([45.0, 50.0, 10.0, 20.0], 1, 0.9)]);
    }
}
