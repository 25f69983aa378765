//! As YuNet came in 2023: a face per cell on each level, every kind of number in an output of its own.

use vision_glue_common::{
    model::{Answer, Net},
    values::Values,
};

use super::POINTS;
use crate::{candidates::Candidates, heads::table};

/// The outputs of a level, and how many numbers each has for a cell.
const OUTPUTS: [(&str, usize); 4] = [("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 2 * POINTS)];

pub(super) fn read(net: &Net, answers: &[Answer], found: &mut Candidates) -> Result<(), String> {
    for stride in net.output.strides() {
        let (columns, rows) = ((net.frame.width / stride) as usize, (net.frame.height / stride) as usize);
        let named = |(name, numbers)| {
            let name = format!("{name}_{stride}");
            answers.iter().find(|a| a.name == name && table(&a.shape) == Some((columns * rows, numbers)))
        };
        let [Some(classes), Some(objects), Some(boxes), Some(points)] = OUTPUTS.map(named) else {
            let expected = OUTPUTS.map(|(name, numbers)| format!("{name}_{stride} [1, {}, {numbers}]", columns * rows));
            return Err(net.misfit("YuNet", &expected.join(", "), answers));
        };
        let classes: Vec<f32> = classes.read(|values| values.iter().collect())?;
        let objects: Vec<f32> = objects.read(|values| values.iter().collect())?;
        let score = |cell: usize| (classes[cell].clamp(0.0, 1.0) * objects[cell].clamp(0.0, 1.0)).sqrt();
        boxes.read(|boxes| {
            points.read(|points| decode(score, boxes, points, (columns, rows), stride as f32, found))
        })??;
    }
    Ok(())
}

fn decode(
    score: impl Fn(usize) -> f32,
    boxes: Values<'_>,
    points: Values<'_>,
    (columns, rows): (usize, usize),
    stride: f32,
    found: &mut Candidates,
) {
    for cell in 0..columns * rows {
        let score = score(cell);
        if !found.wants(score) {
            continue;
        }
        let (column, row) = ((cell % columns) as f32, (cell / columns) as f32);
        let at = |x: f32, y: f32| ((column + x) * stride, (row + y) * stride);
        let numbers = boxes.part(cell * 4, 4);
        let (x, y) = at(numbers.at(0), numbers.at(1));
        let (width, height) = (numbers.at(2).exp() * stride, numbers.at(3).exp() * stride);
        let numbers = points.part(cell * 2 * POINTS, 2 * POINTS);
        let points = (0..POINTS).map(|n| at(numbers.at(2 * n), numbers.at(2 * n + 1))).collect();
        found.add_with_points([x - width / 2.0, y - height / 2.0, width, height], points, score);
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidates, Values, decode};
    use vision_glue_common::values::bytes;

    #[test]
    fn offsets_are_counted_in_cells() {
        let boxes = bytes(&[0.0, 0.0, 0.0, 0.0, 0.5, 0.25, 0.0, (2.0_f32).ln()]);
        let points = bytes(&[[0.0; 10], [0.5, -1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]].concat());
        let mut found = Candidates::new(0.5);
        let score = |cell| [0.1, 0.9][cell];
        decode(score, Values::new(&boxes), Values::new(&points), (2, 1), 8.0, &mut found);
        assert_eq!(found.list(), [([12.0 - 4.0, 2.0 - 8.0, 8.0, 16.0], 0, 0.9)]);
        assert_eq!(found.points(0)[..3], [(12.0, -8.0), (8.0, 0.0), (16.0, 8.0)]);
    }
}
