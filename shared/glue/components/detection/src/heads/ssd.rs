//! SSD: decoded boxes in one output, class scores with a background class first in another.

use vision_glue_common::{
    model::{Answer, Net},
    values::Values,
};

use super::table;
use crate::candidates::{Candidates, THRESHOLD};

/// `head` is the name that messages use.
pub(crate) fn read(net: &Net, answers: &[Answer], head: &str) -> Result<Candidates, String> {
    let misfit = || net.misfit(head, "boxes [1, n, 4] and scores [1, n, 1 + classes]", answers);
    let [first, second] = answers else { return Err(misfit()) };
    let (boxes, scores) = if is_boxes(first, second) { (first, second) } else { (second, first) };
    let (Some((rows, 4)), Some((scored, classes))) = (table(&boxes.shape), table(&scores.shape)) else {
        return Err(misfit());
    };
    if rows != scored || classes < 2 {
        return Err(misfit());
    }
    // A label file may name the background, or leave it away.
    let first_label = usize::from(net.labels.len() != classes);
    let size = (net.frame.width as f32, net.frame.height as f32);
    let mut found = Candidates::new(net.output.score_threshold(THRESHOLD));
    boxes.read(|boxes| scores.read(|scores| decode(boxes, scores, classes, first_label, size, &mut found)))??;
    Ok(found)
}

fn is_boxes(answer: &Answer, other: &Answer) -> bool {
    let four = |answer: &Answer| answer.shape.last() == Some(&4);
    four(answer) && (!four(other) || answer.name.contains("box") || !other.name.contains("box"))
}

fn decode(
    boxes: Values<'_>,
    scores: Values<'_>,
    classes: usize,
    first_label: usize,
    (width, height): (f32, f32),
    found: &mut Candidates,
) {
    for row in 0..scores.len() / classes {
        let (class, score) = scores.part(row * classes + 1, classes - 1).best();
        if found.wants(score) {
            let [left, top, right, bottom] = [0, 1, 2, 3].map(|column| boxes.at(row * 4 + column));
            let area = [left * width, top * height, (right - left) * width, (bottom - top) * height];
            found.add(area, class + 1 - first_label, score);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidates, Values, decode};
    use vision_glue_common::values::bytes;

    #[test]
    fn the_background_is_no_class() {
        let boxes = bytes(&[0.1, 0.2, 0.3, 0.6, 0.5, 0.5, 1.0, 1.0]);
        let scores = bytes(&[0.9, 0.05, 0.05, 0.1, 0.2, 0.7]);
        for (first_label, class) in [(1, 1), (0, 2)] {
            let mut found = Candidates::new(0.5);
            decode(Values::new(&boxes), Values::new(&scores), 3, first_label, (100.0, 200.0), &mut found);
            assert_eq!(found.list(), [([50.0, 100.0, 50.0, 100.0], class, 0.7)]);
        }
    }
}
