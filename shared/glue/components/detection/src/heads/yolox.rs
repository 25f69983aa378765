//! YOLOX: a row per grid cell with offsets in cells, sizes on a log scale, objectness, class scores.

use vision_glue_common::{
    model::{Answer, Net},
    values::Values,
};

use crate::candidates::{Candidates, THRESHOLD};

/// Numbers before the class scores: centre, size, objectness.
const GEOMETRY: usize = 5;

pub(crate) fn read(net: &Net, answers: &[Answer]) -> Result<Candidates, String> {
    let (frame, strides) = (net.frame, net.output.strides());
    let cells: u32 = strides.iter().map(|&stride| grid(frame.width, stride) * grid(frame.height, stride)).sum();
    let misfit = || {
        let (width, height) = (frame.width, frame.height);
        let expected = format!("[1, {cells}, 5 + classes] for {width} x {height} pixels and strides {strides:?}");
        net.misfit("YOLOX", &expected, answers)
    };
    let [answer] = answers else { return Err(misfit()) };
    let &[1, rows, columns] = answer.shape.as_slice() else { return Err(misfit()) };
    if rows != cells || columns as usize <= GEOMETRY {
        return Err(misfit());
    }
    let mut found = Candidates::new(net.output.score_threshold(THRESHOLD));
    answer.read(|values| decode(values, columns as usize, (frame.width, frame.height), &strides, &mut found))?;
    Ok(found)
}

fn grid(side: u32, stride: u32) -> u32 {
    side.checked_div(stride).unwrap_or(0)
}

fn decode(values: Values<'_>, columns: usize, (width, height): (u32, u32), strides: &[u32], found: &mut Candidates) {
    let mut start = 0;
    for &stride in strides {
        for row in 0..grid(height, stride) {
            for column in 0..grid(width, stride) {
                let cell = values.part(start, columns);
                start += columns;
                let objectness = cell.at(4);
                // Class scores are at most 1: most cells are done here.
                if !found.wants(objectness) {
                    continue;
                }
                let (class, score) = cell.part(GEOMETRY, columns - GEOMETRY).best();
                let scale = stride as f32;
                let centre = [(cell.at(0) + column as f32) * scale, (cell.at(1) + row as f32) * scale];
                let size = [cell.at(2).exp() * scale, cell.at(3).exp() * scale];
                found.add_centred([centre[0], centre[1], size[0], size[1]], class, objectness * score);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidates, Values, decode};
    use vision_glue_common::values::bytes;

    #[test]
    fn cells_are_decoded_by_level_row_and_column() {
        // A frame of 16 x 8 pixels: 2 x 1 cells of stride 8, then 4 x 2 of stride 4, two classes.
        let mut rows = vec![[0.0_f32; 7]; 10];
        rows[1] = [0.5, 0.5, 0.0, (2.0_f32).ln(), 0.9, 0.1, 0.8];
        rows[2 + 4 + 3] = [0.25, 0.75, 0.0, 0.0, 0.5, 0.9, 0.0];
        rows[4] = [0.0, 0.0, 0.0, 0.0, 0.9, 0.2, 0.3];
        let mut found = Candidates::new(0.3);
        decode(Values::new(&bytes(&rows.concat())), 7, (16, 8), &[8, 4], &mut found);
        let list = found.list();
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].0, list[0].1), ([8.0, -4.0, 8.0, 16.0], 1));
        assert!((list[0].2 - 0.72).abs() < 1e-6);
        assert_eq!(list[1], ([11.0, 5.0, 4.0, 4.0], 0, 0.45));
    }
}
