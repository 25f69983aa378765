//! Where lines of text run: the first model, and what its map says.

use std::ops::Range;

use vision_app::{Anchor, Channels, Color, Image, Model, Normalization, Rectangle, Result, Tensor, mask_to_polygons};

/// Pixels of a side of what the model looks at.
const FRAME: u32 = 768;
/// Pixels of the frame in a cell of the map.
const CELL: u32 = 2;
/// Cells more likely than this belong to a line's band.
const THRESHOLD: f32 = 0.35;
/// How likely the cells of a band are on average, at least.
const LEAST_LIKELY: f32 = 0.75;
/// Cells that a band is high, at least.
const LEAST_HEIGHT: f32 = 1.1;
/// A band is this part of a capital's height, and its middle lies half of one above the baseline.
const BAND: f32 = 0.6;
/// What a line takes up around the middle of its band, in heights of a capital.
pub(crate) const ABOVE: f32 = 0.8;
pub(crate) const BELOW: f32 = 0.9;
/// Which part of that is marked, so that lines stay apart.
const MARKED: f32 = 0.85;
/// How far a line goes on beyond its band, in heights of a capital.
const BEYOND: f32 = 0.35;
/// Steeper lines are none that can be read.
const STEEPEST: f32 = 1.0;

/// How likely each cell of a photo belongs to the band of a line.
pub(crate) struct Map {
    likely: Tensor,
    /// Cells of a side.
    side: usize,
    /// Cells that show the photo.
    seen: (u32, u32),
    /// Pixels of the photo in a cell.
    pixels: f32,
}

impl Map {
    /// What the detector says of a photo.
    pub(crate) fn of(image: &Image) -> Result<Self> {
        let boxed = image.letterbox(FRAME, FRAME, Color::gray(114), Anchor::TopLeft)?;
        let normalization = Normalization { channels: Channels::Gray, ..Normalization::default() };
        let answers = Model::load("lines")?.run(&boxed.picture.to_tensor(&normalization)?)?;
        let side = FRAME / CELL;
        let pixels = CELL as f32 / boxed.scale;
        let cells = |side: u32| ((side as f32 / pixels).round() as u32).clamp(1, FRAME / CELL);
        Ok(Self {
            likely: answers.first()?.reshape(&[side, side])?,
            side: side as usize,
            seen: (cells(image.width()), cells(image.height())),
            pixels,
        })
    }

    /// Width and height of the part that shows the photo, in cells.
    pub(crate) fn seen(&self) -> (u32, u32) {
        self.seen
    }

    /// Pixels of the photo in a cell.
    pub(crate) fn pixels(&self) -> f32 {
        self.pixels
    }
}

/// A line of text, in pixels of the photo.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// From where to where it goes.
    pub(crate) left: f32,
    pub(crate) right: f32,
    /// The height of a capital.
    pub(crate) capital: f32,
    /// The middle of its band is at a + b t + c t², where t goes from -1 at the band's left end to 1 at its right one.
    curve: [f32; 3],
    ends: (f32, f32),
}

impl Line {
    /// How far down the middle of the band is at `x`.
    pub(crate) fn middle(&self, x: f32) -> f32 {
        let (from, to) = self.ends;
        let t = (2.0 * x - from - to) / (to - from);
        self.curve[0] + t * (self.curve[1] + t * self.curve[2])
    }

    /// The same line, as if its letters were this much larger.
    pub(crate) fn sized(&self, size: f32) -> Self {
        Self { capital: size * self.capital, ..self.clone() }
    }

    /// The rectangle around it.
    pub(crate) fn frame(&self) -> Rectangle {
        let (top, bottom) = self
            .outline()
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(top, bottom), point| (top.min(point.1), bottom.max(point.1)));
        Rectangle { x: self.left, y: top, width: self.right - self.left, height: bottom - top }
    }

    /// Corners of a band around it, clockwise from the top left; more than four if the line is bent.
    pub(crate) fn outline(&self) -> Vec<(f32, f32)> {
        let pieces = if self.curve[2].abs() > 0.15 * self.capital { 6 } else { 1 };
        let at = |piece: usize| self.left + (self.right - self.left) * piece as f32 / pieces as f32;
        let along = |offset: f32| (0..=pieces).map(move |piece| (at(piece), self.middle(at(piece)) + offset));
        along(-ABOVE * self.capital).chain(along(BELOW * self.capital).rev()).collect()
    }

    /// Marks the cells of a mask that it takes up. `pixels` of the photo are one cell.
    pub(crate) fn paint(&self, mask: &mut [f32], width: usize, pixels: f32) {
        let height = mask.len() / width;
        for column in span(self.left / pixels, self.right / pixels, width) {
            let middle = self.middle((column as f32 + 0.5) * pixels);
            let (top, bottom) = (middle - MARKED * ABOVE * self.capital, middle + MARKED * BELOW * self.capital);
            for row in span(top / pixels, bottom / pixels, height) {
                mask[row * width + column] = 1.0;
            }
        }
    }
}

/// The whole numbers nearest to two bounds, and those between, below `most`.
fn span(from: f32, to: f32, most: usize) -> Range<usize> {
    let whole = |bound: f32| (bound.round().max(0.0) as usize).min(most);
    whole(from)..whole(to)
}

/// All lines on a map.
pub(crate) fn lines(map: &Map) -> Result<Vec<Line>> {
    let outlines = mask_to_polygons(&map.likely, THRESHOLD)?;
    let likely: Vec<f32> = map.likely.numbers()?;
    let found = outlines.iter().filter_map(|outline| Band::within(outline, &likely, map.side)?.line());
    Ok(found.filter_map(|line| on_photo(&line, map)).collect())
}

/// The part of a line, found in cells, that lies on the photo.
fn on_photo(line: &Line, map: &Map) -> Option<Line> {
    let left = line.left.max(0.0);
    let right = line.right.min(map.seen.0 as f32);
    (right - left > BEYOND * line.capital).then(|| Line {
        left: left * map.pixels,
        right: right * map.pixels,
        capital: line.capital * map.pixels,
        curve: line.curve.map(|part| part * map.pixels),
        ends: (line.ends.0 * map.pixels, line.ends.1 * map.pixels),
    })
}

/// What the map says about each column of a line's band: how high it is there, and where its middle is, in cells.
struct Band {
    left: usize,
    columns: Vec<(f32, f32)>,
    likely: f32,
}

impl Band {
    /// What lies within an outline along the edges of cells.
    fn within(outline: &[(f32, f32)], likely: &[f32], side: usize) -> Option<Self> {
        let left = outline.iter().map(|point| point.0).reduce(f32::min)? as usize;
        let right = outline.iter().map(|point| point.0).reduce(f32::max)? as usize;
        let mut rows = vec![(side, 0); right - left];
        for (from, to) in outline.iter().zip(outline.iter().cycle().skip(1)) {
            for row in &mut rows[from.0.min(to.0) as usize - left..from.0.max(to.0) as usize - left] {
                *row = (row.0.min(from.1 as usize), row.1.max(from.1 as usize));
            }
        }
        let (mut columns, mut sum, mut count) = (Vec::with_capacity(rows.len()), 0.0, 0);
        for (column, (top, bottom)) in (left..).zip(rows) {
            // The cells around an edge tell how far into them it lies.
            let (mut high, mut weighed) = (0.0, 0.0);
            for row in top.saturating_sub(1)..(bottom + 1).min(side) {
                let share = likely[row * side + column];
                high += share;
                weighed += share * (row as f32 + 0.5);
                if (top..bottom).contains(&row) {
                    (sum, count) = (sum + share, count + 1);
                }
            }
            columns.push((high, weighed / high));
        }
        Some(Self { left, columns, likely: sum / count.max(1) as f32 })
    }

    /// The line that it belongs to, in cells; `None` if it is a speck.
    fn line(&self) -> Option<Line> {
        let mut heights: Vec<f32> = self.columns.iter().map(|column| column.0).collect();
        heights.sort_by(f32::total_cmp);
        let upright = *heights.get(heights.len() / 2)?;
        let long = self.columns.len() as f32;
        if upright < LEAST_HEIGHT || self.likely < LEAST_LIKELY || long < 0.5 * upright {
            return None;
        }
        let curve = fitted(&self.columns, long > 8.0 * upright)?;
        let slope = 2.0 * curve[1] / long;
        if slope.abs() > STEEPEST {
            return None;
        }
        let capital = upright / BAND / slope.hypot(1.0);
        let (ends, beyond) = ((self.left as f32, self.left as f32 + long), BEYOND * capital);
        Some(Line { left: ends.0 - beyond, right: ends.1 + beyond, capital, curve, ends })
    }
}

/// The curve a + b t + c t² that fits the middles of columns best, t from -1 to 1; straight unless it may be `bent`.
fn fitted(columns: &[(f32, f32)], bent: bool) -> Option<[f32; 3]> {
    let count = columns.len() as f32;
    let total: f32 = columns.iter().map(|column| column.0).sum();
    // Legendre's polynomials are all but orthogonal here, so each is fitted by itself; what is left is fitted again.
    let bases: [fn(f32) -> f32; 3] = [|_| 1.0, |t| t, |t| 1.5 * t * t - 0.5];
    let mut parts = [0.0_f32; 3];
    let at = |index: usize| (2.0 * index as f32 + 1.0) / count - 1.0;
    for _ in 0..8 {
        for (degree, basis) in bases.iter().enumerate().take(if bent { 3 } else { 2 }) {
            let (mut sum, mut norm) = (0.0, 0.0);
            for (index, (weight, middle)) in columns.iter().enumerate() {
                let t = at(index);
                let curve: f32 = bases.iter().zip(parts).map(|(basis, part)| basis(t) * part).sum();
                sum += weight * basis(t) * (middle - curve);
                norm += weight * basis(t) * basis(t);
            }
            if norm > 0.0 {
                parts[degree] += sum / norm;
            }
        }
    }
    (total > 0.0).then_some([parts[0] - 0.5 * parts[2], parts[1], 1.5 * parts[2]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bent_band_is_followed_below_the_size_of_a_cell() {
        let side = 120;
        let middle = |column: usize| 40.0 + 0.05 * column as f32 + 3.0 * (column as f32 / 50.0 - 1.0).powi(2);
        let mut likely = vec![0.0; side * side];
        let mut top_edge = Vec::new();
        let mut bottom_edge = Vec::new();
        for column in 10..110 {
            let (top, bottom) = (middle(column) - 2.25, middle(column) + 2.25);
            for row in 0..side {
                let covered = (bottom.min(row as f32 + 1.0) - top.max(row as f32)).clamp(0.0, 1.0);
                likely[row * side + column] = covered;
            }
            let inside: Vec<usize> = (0..side).filter(|row| likely[row * side + column] > THRESHOLD).collect();
            let edges = (inside[0] as f32, inside[inside.len() - 1] as f32 + 1.0);
            top_edge.extend([(column as f32, edges.0), (column as f32 + 1.0, edges.0)]);
            bottom_edge.extend([(column as f32, edges.1), (column as f32 + 1.0, edges.1)]);
        }
        let outline: Vec<_> = top_edge.into_iter().chain(bottom_edge.into_iter().rev()).collect();
        let line = Band::within(&outline, &likely, side).unwrap().line().unwrap();
        assert!((line.capital - 4.5 / BAND).abs() < 0.2, "{line:?}");
        assert!((line.left - (10.0 - BEYOND * line.capital)).abs() < 1e-3, "{line:?}");
        for column in [12, 40, 60, 80, 108] {
            let found = line.middle(column as f32 + 0.5);
            assert!((found - middle(column)).abs() < 0.15, "{found} is not {}", middle(column));
        }
    }

    #[test]
    fn specks_and_faint_bands_are_no_lines() {
        let band =
            |height: f32, count: usize, likely: f32| Band { left: 0, columns: vec![(height, 5.0); count], likely };
        assert!(band(2.0, 20, 0.9).line().is_some());
        assert!(band(0.8, 20, 0.9).line().is_none());
        assert!(band(2.0, 20, 0.4).line().is_none());
        assert!(band(9.0, 3, 0.9).line().is_none());
    }
}
