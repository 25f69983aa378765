//! FastestDet: a plane of objectness, four of offsets and sizes, then one of scores per class, over a grid of cells.

use vision_glue_common::{
    model::{Answer, Net},
    numbers::sigmoid,
    values::Values,
};

use crate::candidates::{Candidates, THRESHOLD};

/// Planes before the class scores: objectness, centre, size.
const GEOMETRY: usize = 5;

pub(crate) fn read(net: &Net, answers: &[Answer]) -> Result<Candidates, String> {
    let misfit = || net.misfit("FastestDet", "[1, 5 + classes, rows, columns]", answers);
    let [answer] = answers else { return Err(misfit()) };
    let &[1, planes, rows, columns] = answer.shape.as_slice() else { return Err(misfit()) };
    if planes as usize <= GEOMETRY {
        return Err(misfit());
    }
    let frame = (net.frame.width as f32, net.frame.height as f32);
    let mut found = Candidates::new(net.output.score_threshold(THRESHOLD));
    let (planes, cells) = (planes as usize, (rows as usize, columns as usize));
    answer.read(|values| decode(values, planes, cells, frame, &mut found))?;
    Ok(found)
}

fn decode(
    values: Values<'_>,
    planes: usize,
    (rows, columns): (usize, usize),
    (width, height): (f32, f32),
    found: &mut Candidates,
) {
    let cells = rows * columns;
    for cell in 0..cells {
        let at = |plane: usize| values.at(plane * cells + cell);
        // The score is a weighted geometric mean, and class scores are at most 1.
        let objectness = power(at(0), 0.6);
        if !found.wants(objectness) {
            continue;
        }
        let classes = (GEOMETRY..planes).map(at).enumerate();
        let (class, score) =
            classes.fold((0, f32::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best });
        let x = ((cell % columns) as f32 + tanh(at(1))) / columns as f32;
        let y = ((cell / columns) as f32 + tanh(at(2))) / rows as f32;
        let area = [x * width, y * height, sigmoid(at(3)) * width, sigmoid(at(4)) * height];
        found.add_centred(area, class, objectness * power(score, 0.4));
    }
}

// The standard library's own are several times as large, and these are exact enough for boxes.
fn power(base: f32, exponent: f32) -> f32 {
    (base.ln() * exponent).exp()
}

fn tanh(number: f32) -> f32 {
    2.0 * sigmoid(2.0 * number) - 1.0
}

#[cfg(test)]
mod tests {
    use super::{Candidates, Values, decode, power, tanh};
    use vision_glue_common::values::bytes;

    #[test]
    fn arithmetic_is_that_of_the_standard_library() {
        for number in [-20.0_f32, -1.5, 0.0, 0.3, 7.0] {
            assert!((tanh(number) - number.tanh()).abs() < 1e-6);
        }
        for number in [0.0_f32, 1e-6, 0.5, 1.0] {
            assert!((power(number, 0.6) - number.powf(0.6)).abs() < 1e-6);
        }
    }

    #[test]
    fn planes_are_read_cell_by_cell() {
        // 1 x 2 cells, two classes: the second cell holds a box of half the frame.
        let planes = [[0.01, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.9, 0.2], [0.9, 1.0]];
        let mut found = Candidates::new(0.5);
        decode(Values::new(&bytes(&planes.concat())), 7, (1, 2), (40.0, 20.0), &mut found);
        assert_eq!(found.list(), [([20.0 - 10.0, 0.0 - 5.0, 20.0, 10.0], 1, 1.0)]);
    }
}
