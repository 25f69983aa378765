//! A map for each point of how likely it lies where.

use vision_glue_common::{
    manifest::Layout,
    model::{Answer, Net},
    values::Values,
};

use crate::Place;

/// How the maps lie in an output.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Maps {
    points: usize,
    rows: usize,
    columns: usize,
    layout: Layout,
}

impl Maps {
    /// Maps in the proportions of the frame; where both orders would do, the one with fewer points than rows.
    fn of(shape: &[u32], layout: Option<Layout>, fits: impl Fn(u32, u32) -> bool) -> Option<Self> {
        let &[1, first, second, third] = shape else { return None };
        let by_rows = fits(first, second) && (!fits(second, third) || third < first);
        let layout = layout.unwrap_or(if by_rows { Layout::Nhwc } else { Layout::Nchw });
        let (points, rows, columns) = match layout {
            Layout::Nchw => (first, second, third),
            Layout::Nhwc => (third, first, second),
        };
        let maps = Self { points: points as usize, rows: rows as usize, columns: columns as usize, layout };
        (points > 0 && rows > 0 && columns > 0).then_some(maps)
    }

    fn place(self, point: usize, row: usize, column: usize) -> usize {
        match self.layout {
            Layout::Nchw => (point * self.rows + row) * self.columns + column,
            Layout::Nhwc => (row * self.columns + column) * self.points + point,
        }
    }

    /// Where a map is highest, moved a quarter of a cell towards the higher neighbour.
    fn highest(self, values: Values<'_>, point: usize) -> Place {
        let at = |row: usize, column: usize| values.at(self.place(point, row, column));
        let (mut best, mut top) = ((0, 0), f32::NEG_INFINITY);
        for row in 0..self.rows {
            for column in 0..self.columns {
                if at(row, column) > top {
                    (best, top) = ((row, column), at(row, column));
                }
            }
        }
        let (row, column) = best;
        let lean = |before: f32, after: f32| match after - before {
            step if step > 0.0 => 0.25,
            step if step < 0.0 => -0.25,
            _ => 0.0,
        };
        let inner = |place: usize, length: usize| place > 0 && place + 1 < length;
        let across = if inner(column, self.columns) { lean(at(row, column - 1), at(row, column + 1)) } else { 0.0 };
        let down = if inner(row, self.rows) { lean(at(row - 1, column), at(row + 1, column)) } else { 0.0 };
        Place {
            x: (column as f32 + 0.5 + across) / self.columns as f32,
            y: (row as f32 + 0.5 + down) / self.rows as f32,
            score: Some(if top.is_finite() { top.clamp(0.0, 1.0) } else { 0.0 }),
        }
    }
}

pub(crate) fn read(net: &Net, answers: &[Answer]) -> Result<Vec<Place>, String> {
    let misfit = || {
        let expected =
            "one output [1, points, rows, columns] or [1, rows, columns, points], with as many labels as points";
        net.misfit("Heatmaps", expected, answers)
    };
    let [answer] = answers else { return Err(misfit()) };
    let (width, height) = (u64::from(net.frame.width), u64::from(net.frame.height));
    let fits = |rows: u32, columns: u32| u64::from(rows) * width == u64::from(columns) * height;
    let maps = Maps::of(&answer.shape, net.output.layout, fits).ok_or_else(misfit)?;
    if !net.labels.is_empty() && net.labels.len() != maps.points {
        return Err(misfit());
    }
    answer.read(|values| (0..maps.points).map(|point| maps.highest(values, point)).collect())
}

#[cfg(test)]
mod tests {
    use super::{Layout, Maps, Place, Values};
    use vision_glue_common::values::bytes;

    #[test]
    fn the_shape_tells_where_the_points_are() {
        let of = |shape: &[u32]| {
            Maps::of(shape, None, |rows, columns| rows * 3 == columns * 4).map(|m| (m.points, m.layout))
        };
        assert_eq!(of(&[1, 17, 64, 48]), Some((17, Layout::Nchw)));
        assert_eq!(of(&[1, 64, 48, 17]), Some((17, Layout::Nhwc)));
        assert_eq!(of(&[1, 64, 48]), None);
    }

    #[test]
    fn the_highest_place_leans_to_its_neighbour() {
        let maps = Maps { points: 1, rows: 2, columns: 4, layout: Layout::Nchw };
        let numbers = bytes(&[0.0, 0.1, 0.9, 0.2, 0.0, 0.0, 0.0, 0.0]);
        let expected = Place { x: 2.75 / 4.0, y: 0.25, score: Some(0.9) };
        assert_eq!(maps.highest(Values::new(&numbers), 0), expected);
        let turned = Maps { points: 2, rows: 1, columns: 2, layout: Layout::Nhwc };
        let numbers = bytes(&[0.5, 0.1, 0.2, 0.7]);
        assert_eq!(turned.highest(Values::new(&numbers), 1), Place { x: 0.75, y: 0.5, score: Some(0.7) });
        let nothing = bytes(&[f32::NAN; 4]);
        assert_eq!(turned.highest(Values::new(&nothing), 0).score, Some(0.0));
    }
}
