//! YOLOv10 and others that are trained end to end: a row per object with corners in pixels of the frame, score, class.

use vision_glue_common::{
    model::{Answer, Net},
    values::Values,
};

use crate::candidates::{Candidates, THRESHOLD};

/// Numbers of a row: two corners, score, class.
const COLUMNS: u32 = 6;

pub(crate) fn read(net: &Net, answers: &[Answer]) -> Result<Candidates, String> {
    let misfit = || net.misfit("YOLOv10", "[1, objects, 6]", answers);
    let [answer] = answers else { return Err(misfit()) };
    let &[1, _, COLUMNS] = answer.shape.as_slice() else { return Err(misfit()) };
    let mut found = Candidates::new(net.output.score_threshold(THRESHOLD));
    answer.read(|values| decode(values, &mut found))?;
    Ok(found)
}

fn decode(values: Values<'_>, found: &mut Candidates) {
    for start in (0..values.len()).step_by(COLUMNS as usize) {
        let row = values.part(start, COLUMNS as usize);
        let [left, top, right, bottom, score, class] = [0, 1, 2, 3, 4, 5].map(|column| row.at(column));
        if found.wants(score) && class >= 0.0 {
            found.add([left, top, right - left, bottom - top], class.round() as usize, score);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidates, Values, decode};
    use vision_glue_common::values::bytes;

    #[test]
    fn rows_are_corners_score_and_class() {
        let rows = [[10.0, 20.0, 30.0, 50.0, 0.9, 16.0], [0.0, 0.0, 1.0, 1.0, 0.1, 0.0], [0.0; 6]];
        let mut found = Candidates::new(0.3);
        decode(Values::new(&bytes(&rows.concat())), &mut found);
        assert_eq!(found.list(), [([10.0, 20.0, 20.0, 30.0], 16, 0.9)]);
    }
}
