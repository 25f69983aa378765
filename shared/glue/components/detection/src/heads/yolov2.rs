//! YOLOv2 and Tiny YOLO: for each cell and anchor a centre, a size, objectness and class scores, none of it decoded yet.

use vision_glue_common::{
    manifest::Layout,
    model::{Answer, Net},
    numbers::{sigmoid, softmax},
    values::Values,
};

use crate::candidates::{Candidates, THRESHOLD};

/// Numbers before the class scores: centre, size, objectness.
const GEOMETRY: usize = 5;

/// How the numbers lie.
struct Grid {
    rows: usize,
    columns: usize,
    /// Numbers of one cell and anchor.
    depth: usize,
    layout: Layout,
}

impl Grid {
    /// What an output of this shape means for so many anchors; the cells have the proportions of the frame.
    fn of(shape: &[u32], anchors: usize, layout: Option<Layout>) -> Option<Self> {
        let &[1, first, second, third] = shape else { return None };
        let depth = |channels: u32| {
            let channels = channels as usize;
            (anchors > 0 && channels.is_multiple_of(anchors) && channels / anchors >= GEOMETRY)
                .then(|| channels / anchors)
        };
        let grid = |rows: u32, columns: u32, depth, layout| Self {
            rows: rows as usize,
            columns: columns as usize,
            depth,
            layout,
        };
        // Sides of a grid are fewer than the numbers of a cell, but for very large frames.
        let last = depth(third).filter(|_| layout != Some(Layout::Nchw) && (third > first || layout.is_some()));
        match last {
            Some(depth) => Some(grid(first, second, depth, Layout::Nhwc)),
            None => depth(first)
                .filter(|_| layout != Some(Layout::Nhwc))
                .map(|depth| grid(second, third, depth, Layout::Nchw)),
        }
    }

    /// Where the number of a cell, an anchor and a channel lies.
    fn place(&self, row: usize, column: usize, channel: usize, channels: usize) -> usize {
        match self.layout {
            Layout::Nhwc => (row * self.columns + column) * channels + channel,
            Layout::Nchw => (channel * self.rows + row) * self.columns + column,
        }
    }
}

pub(crate) fn read(net: &Net, answers: &[Answer]) -> Result<Candidates, String> {
    let anchors = net.output.anchors();
    let misfit = || {
        let expected = format!(
            "[1, rows, columns, {0} * (5 + classes)] or [1, {0} * (5 + classes), rows, columns] for {0} Anchors",
            anchors.len()
        );
        net.misfit("YOLOv2", &expected, answers)
    };
    let [answer] = answers else { return Err(misfit()) };
    let grid = Grid::of(&answer.shape, anchors.len(), net.output.layout).ok_or_else(misfit)?;
    let mut found = Candidates::new(net.output.score_threshold(THRESHOLD));
    let frame = (net.frame.width as f32, net.frame.height as f32);
    answer.read(|values| decode(values, &grid, anchors, frame, &mut found))?;
    Ok(found)
}

fn decode(
    values: Values<'_>,
    grid: &Grid,
    anchors: &[(f32, f32)],
    (width, height): (f32, f32),
    found: &mut Candidates,
) {
    let channels = anchors.len() * grid.depth;
    let (step_x, step_y) = (width / grid.columns as f32, height / grid.rows as f32);
    for row in 0..grid.rows {
        for column in 0..grid.columns {
            for (index, anchor) in anchors.iter().enumerate() {
                let at = |number| values.at(grid.place(row, column, index * grid.depth + number, channels));
                let objectness = sigmoid(at(4));
                if !found.wants(objectness) {
                    continue;
                }
                let (class, score) = class((GEOMETRY..grid.depth).map(at).collect());
                let centre = [(column as f32 + sigmoid(at(0))) * step_x, (row as f32 + sigmoid(at(1))) * step_y];
                let size = [at(2).exp() * anchor.0 * step_x, at(3).exp() * anchor.1 * step_y];
                found.add_centred([centre[0], centre[1], size[0], size[1]], class, objectness * score);
            }
        }
    }
}

/// The best class and its share; a model of one class may leave it away.
fn class(mut scores: Vec<f32>) -> (usize, f32) {
    softmax(&mut scores);
    let best = scores.into_iter().enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.unwrap_or((0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::{Candidates, Grid, Layout, Values, class, decode};
    use vision_glue_common::values::bytes;

    const ANCHORS: [(f32, f32); 2] = [(1.0, 2.0), (4.0, 0.5)];

    #[test]
    fn the_shape_tells_how_the_numbers_lie() {
        let depth = |shape: &[u32], anchors, layout| Grid::of(shape, anchors, layout).map(|grid| grid.depth);
        assert_eq!(depth(&[1, 13, 13, 25], 5, None), Some(5));
        assert_eq!(depth(&[1, 125, 13, 13], 5, None), Some(25));
        assert!(Grid::of(&[1, 125, 13, 13], 5, None).is_some_and(|grid| grid.layout == Layout::Nchw));
        assert_eq!(depth(&[1, 13, 13, 25], 4, None), None);
        assert_eq!(depth(&[1, 13, 13, 25], 0, None), None);
        assert_eq!(depth(&[1, 50, 50, 25], 5, Some(Layout::Nhwc)), Some(5));
    }

    #[test]
    fn cells_and_anchors_are_decoded() {
        // 1 x 2 cells of 8 pixels, two anchors, one class that is left away.
        let mut numbers = [[0.0_f32; 10]; 2];
        numbers[0][4] = -50.0;
        numbers[0][9] = -50.0;
        numbers[1][4] = -50.0;
        numbers[1][5..].copy_from_slice(&[0.0, 0.0, 0.0, (2.0_f32).ln(), 50.0]);
        let expected = [([12.0 - 16.0, 4.0 - 4.0, 32.0, 8.0], 0, 1.0)];
        let nhwc = Grid::of(&[1, 1, 2, 10], 2, None).unwrap();
        let mut found = Candidates::new(0.5);
        decode(Values::new(&bytes(&numbers.concat())), &nhwc, &ANCHORS, (16.0, 8.0), &mut found);
        assert_eq!(found.list(), expected);
        let nchw = Grid::of(&[1, 10, 1, 2], 2, None).unwrap();
        let turned: Vec<f32> = (0..10).flat_map(|channel| [numbers[0][channel], numbers[1][channel]]).collect();
        let mut found = Candidates::new(0.5);
        decode(Values::new(&bytes(&turned)), &nchw, &ANCHORS, (16.0, 8.0), &mut found);
        assert_eq!(found.list(), expected);
    }

    #[test]
    fn classes_share_what_the_objectness_leaves() {
        assert_eq!(class(Vec::new()), (0, 1.0));
        assert_eq!(class(vec![0.0, 0.0, -1e9]), (0, 0.5));
    }
}
