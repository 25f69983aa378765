//! The order in which one reads: columns from left to right, in each rows from top to bottom.

use vision_app::Rectangle;

/// A gap wider than this parts blocks, in heights of a line.
const WIDE: f32 = 0.8;
/// Lines that make a column, at least, and how long they are on average, in heights of a line.
const COLUMN: usize = 3;
const LONG: f32 = 6.0;

/// The lines in each row, from left to right: places in `frames`.
pub(crate) fn rows(frames: &[Rectangle]) -> Vec<Vec<usize>> {
    arranged(frames, (0..frames.len()).collect())
}

fn arranged(frames: &[Rectangle], places: Vec<usize>) -> Vec<Vec<usize>> {
    if let Some((left, right)) = columns(frames, &places) {
        let mut rows = arranged(frames, left);
        rows.extend(arranged(frames, right));
        return rows;
    }
    let (first, rest) = block(frames, &places);
    if rest.is_empty() {
        return aligned(frames, first);
    }
    let mut rows = arranged(frames, first);
    rows.extend(arranged(frames, rest));
    rows
}

/// Mean height of some lines.
fn height(frames: &[Rectangle], places: &[usize]) -> f32 {
    places.iter().map(|&place| frames[place].height).sum::<f32>() / places.len().max(1) as f32
}

/// The lines left and right of a gap that runs from top to bottom, if both are columns of text and not of a table.
fn columns(frames: &[Rectangle], places: &[usize]) -> Option<(Vec<usize>, Vec<usize>)> {
    let mut sorted = places.to_vec();
    sorted.sort_by(|&a, &b| frames[a].x.total_cmp(&frames[b].x));
    let is_column = |lines: &[usize]| {
        let long: f32 = lines.iter().map(|&place| frames[place].width).sum();
        lines.len() >= COLUMN && long > LONG * height(frames, lines) * lines.len() as f32
    };
    let mut end = f32::NEG_INFINITY;
    for (count, &place) in sorted.iter().enumerate() {
        let frame = &frames[place];
        let (left, right) = sorted.split_at(count);
        if count > 0 && frame.x - end > WIDE * height(frames, places) && is_column(left) && is_column(right) {
            return Some((left.to_vec(), right.to_vec()));
        }
        end = end.max(frame.x + frame.width);
    }
    None
}

/// The lines above the first wide gap that runs from left to right, and those below.
fn block(frames: &[Rectangle], places: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let mut sorted = places.to_vec();
    sorted.sort_by(|&a, &b| frames[a].y.total_cmp(&frames[b].y));
    let gap = WIDE * height(frames, places);
    let mut end = f32::INFINITY;
    for (count, &place) in sorted.iter().enumerate() {
        let frame = &frames[place];
        if frame.y - end > gap {
            return (sorted[..count].to_vec(), sorted[count..].to_vec());
        }
        end = if count == 0 { frame.y + frame.height } else { end.max(frame.y + frame.height) };
    }
    (sorted, Vec::new())
}

/// Rows of lines whose middles are less than half a line apart.
fn aligned(frames: &[Rectangle], mut places: Vec<usize>) -> Vec<Vec<usize>> {
    let middle = |place: usize| frames[place].y + frames[place].height / 2.0;
    places.sort_by(|&a, &b| middle(a).total_cmp(&middle(b)));
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for place in places {
        match rows.last_mut() {
            Some(row) if middle(place) - middle(row[0]) < frames[row[0]].height.min(frames[place].height) / 2.0 => {
                row.push(place);
            }
            _ => rows.push(vec![place]),
        }
    }
    for row in &mut rows {
        row.sort_by(|&a, &b| frames[a].x.total_cmp(&frames[b].x));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(x: f32, y: f32, width: f32) -> Rectangle {
        Rectangle { x, y, width, height: 10.0 }
    }

    #[test]
    fn a_table_is_read_row_by_row() {
        let frames = [frame(80.0, 1.0, 30.0), frame(0.0, 0.0, 50.0), frame(0.0, 14.0, 40.0), frame(81.0, 15.0, 30.0)];
        assert_eq!(rows(&frames), [vec![1, 0], vec![2, 3]]);
    }

    #[test]
    fn columns_below_a_heading_are_read_one_after_the_other() {
        let mut frames = vec![frame(20.0, 0.0, 200.0)];
        for row in 0..3 {
            frames.push(frame(0.0, 30.0 + 14.0 * row as f32, 100.0));
            frames.push(frame(130.0, 30.0 + 14.0 * row as f32, 100.0));
        }
        assert_eq!(rows(&frames).concat(), [0, 1, 3, 5, 2, 4, 6]);
        assert!(rows(&[]).is_empty());
    }
}
