//! YOLOv5: a row per box with centre and size in pixels of the frame, objectness, then a score per class.

use vision_glue_common::{
    model::{Answer, Net},
    values::Values,
};

use super::is_transposed;
use crate::candidates::{Candidates, THRESHOLD};

/// Numbers before the class scores: centre, size, objectness.
const GEOMETRY: usize = 5;

pub(crate) fn read(net: &Net, answers: &[Answer]) -> Result<Candidates, String> {
    let misfit = || net.misfit("YOLOv5", "[1, boxes, 5 + classes]", answers);
    let [answer] = answers else { return Err(misfit()) };
    let &[1, boxes, columns] = answer.shape.as_slice() else { return Err(misfit()) };
    let (boxes, columns) = (boxes as usize, columns as usize);
    if columns <= GEOMETRY || is_transposed(columns, boxes, net.labels.len() + GEOMETRY) {
        return Err(misfit());
    }
    let mut found = Candidates::new(net.output.score_threshold(THRESHOLD));
    answer.read(|values| decode(values, columns, &mut found))?;
    Ok(found)
}

fn decode(values: Values<'_>, columns: usize, found: &mut Candidates) {
    for start in (0..values.len()).step_by(columns) {
        let row = values.part(start, columns);
        let objectness = row.at(4);
        // Class scores are at most 1: most rows are done here.
        if found.wants(objectness) {
            let (class, score) = row.part(GEOMETRY, columns - GEOMETRY).best();
            found.add_centred([0, 1, 2, 3].map(|column| row.at(column)), class, objectness * score);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidates, Values, decode};
    use vision_glue_common::values::bytes;

    #[test]
    fn rows_are_boxes_with_objectness() {
        let rows = [[50.0, 60.0, 10.0, 20.0, 0.5, 0.1, 1.0], [9.0, 9.0, 4.0, 4.0, 0.9, 0.2, 0.3]];
        let mut found = Candidates::new(0.4);
        decode(Values::new(&bytes(&rows.concat())), 7, &mut found);
        assert_eq!(found.list(), [([45.0, 50.0, 10.0, 20.0], 1, 0.5)]);
    }
}
