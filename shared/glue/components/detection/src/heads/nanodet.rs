//! NanoDet: on each level class scores, and for each edge of a box how likely it lies how far away (generalised focal
//! distributions).

use vision_glue_common::{
    model::{Answer, Net},
    numbers::softmax,
    values::Values,
};

use super::table;
use crate::candidates::{Candidates, THRESHOLD};

/// One level of the pyramid.
#[derive(Clone, Copy)]
struct Level {
    stride: u32,
    columns: usize,
    classes: usize,
    /// Distances that each edge has a probability for.
    bins: usize,
}

pub(crate) fn read(net: &Net, answers: &[Answer]) -> Result<Candidates, String> {
    let mut found = Candidates::new(net.output.score_threshold(THRESHOLD));
    for stride in net.output.strides() {
        let (columns, rows) = (net.frame.width.div_ceil(stride), net.frame.height.div_ceil(stride));
        let misfit = || {
            let expected = format!(
                "class scores [1, {0}, classes] and distances [1, {0}, 4 * bins] for stride {stride}",
                columns * rows
            );
            net.misfit("NanoDet", &expected, answers)
        };
        let (scores, distances) = outputs(answers, (columns * rows) as usize).ok_or_else(misfit)?;
        let (Some((_, classes)), Some((_, numbers))) = (table(&scores.shape), table(&distances.shape)) else {
            return Err(misfit());
        };
        if classes == 0 || numbers < 8 || !numbers.is_multiple_of(4) {
            return Err(misfit());
        }
        let level = Level { stride, columns: columns as usize, classes, bins: numbers / 4 };
        scores.read(|scores| distances.read(|distances| decode(scores, distances, level, &mut found)))??;
    }
    Ok(found)
}

/// The two outputs that have a row for each cell: scores come first, unless their names say otherwise.
fn outputs(answers: &[Answer], cells: usize) -> Option<(&Answer, &Answer)> {
    let mut of_level = answers.iter().filter(|answer| table(&answer.shape).is_some_and(|(rows, _)| rows == cells));
    let (first, second) = (of_level.next()?, of_level.next()?);
    if of_level.next().is_some() {
        return None;
    }
    let is_scores = |answer: &Answer| answer.name.contains("cls") || answer.name.contains("score");
    Some(if is_scores(second) && !is_scores(first) { (second, first) } else { (first, second) })
}

fn decode(scores: Values<'_>, distances: Values<'_>, level: Level, found: &mut Candidates) {
    let Level { stride, columns, classes, bins } = level;
    let stride = stride as f32;
    for cell in 0..scores.len() / classes {
        let (class, score) = scores.part(cell * classes, classes).best();
        if !found.wants(score) {
            continue;
        }
        let edge = |side: usize| expected(distances.part((cell * 4 + side) * bins, bins)) * stride;
        let x = ((cell % columns) as f32 + 0.5) * stride;
        let y = ((cell / columns) as f32 + 0.5) * stride;
        let [left, top, right, bottom] = [edge(0), edge(1), edge(2), edge(3)];
        found.add([x - left, y - top, left + right, top + bottom], class, score);
    }
}

/// The mean of a distribution over 0, 1, 2 and so on, given as logarithms.
fn expected(logarithms: Values<'_>) -> f32 {
    let mut shares: Vec<f32> = logarithms.iter().collect();
    softmax(&mut shares);
    shares.iter().enumerate().map(|(distance, share)| distance as f32 * share).sum()
}

#[cfg(test)]
mod tests {
    use super::{Candidates, Level, Values, decode, expected};
    use vision_glue_common::values::bytes;

    #[test]
    fn a_distance_is_the_mean_of_its_distribution() {
        assert_eq!(expected(Values::new(&bytes(&[0.0, 0.0, 0.0]))), 1.0);
        assert_eq!(expected(Values::new(&bytes(&[-90.0, -90.0, -90.0, 90.0]))), 3.0);
    }

    #[test]
    fn edges_are_counted_from_the_middle_of_a_cell() {
        let scores = bytes(&[0.1, 0.2, 0.9, 0.1]);
        // Left 0, top 1, right 2, bottom 1 strides away from the middle of the second cell.
        let sure = |bin: usize| std::array::from_fn::<f32, 3, _>(|n| if n == bin { 90.0 } else { 0.0 });
        let cell = [sure(0), sure(1), sure(2), sure(1)].concat();
        let distances = bytes(&[cell.clone(), cell].concat());
        let level = Level { stride: 8, columns: 2, classes: 2, bins: 3 };
        let mut found = Candidates::new(0.5);
        decode(Values::new(&scores), Values::new(&distances), level, &mut found);
        assert_eq!(found.list(), [([12.0, -4.0, 16.0, 16.0], 0, 0.9)]);
    }
}
