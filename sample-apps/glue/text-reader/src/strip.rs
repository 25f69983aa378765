//! Lines, straightened into strips of one height.

use vision_app::{Channels, Image, Normalization, Result};

use crate::find::{ABOVE, BELOW, Line};

/// Pixels that a strip is high.
pub(crate) const HIGH: usize = 24;
/// Heights of a capital along which a line counts as straight.
const STRAIGHT: f32 = 8.0;
/// Gray values that deviate less than this on average are even.
const LEAST_DEVIATION: f32 = 4.0;
/// How often a photo is halved, at most.
const HALVED: usize = 6;

/// A line as the recogniser sees it: gray values with a mean of 0 and a deviation of 1, row by row.
pub(crate) struct Strip {
    pub(crate) width: usize,
    pub(crate) values: Vec<f32>,
}

/// A photo, and halves of it for large letters: a view takes single points, which would skip most of them.
pub(crate) struct Photo<'a> {
    image: &'a Image,
    halves: Vec<Image>,
}

/// A point of the photo.
type Point = (f32, f32);

impl<'a> Photo<'a> {
    pub(crate) fn new(image: &'a Image) -> Self {
        Self { image, halves: Vec::new() }
    }

    /// One line as a strip.
    pub(crate) fn strip(&mut self, line: &Line) -> Result<Strip> {
        // Pixels of the photo in one of the strip.
        let pixel = (ABOVE + BELOW) * line.capital / HIGH as f32;
        let times = if pixel < 1.5 { 0 } else { ((pixel / 1.5).log2().ceil() as usize).min(HALVED) };
        let count = ((line.right - line.left) / (STRAIGHT * line.capital)).ceil().max(1.0) as usize;
        let ends: Vec<Point> = (0..=count)
            .map(|end| line.left + (line.right - line.left) * end as f32 / count as f32)
            .map(|x| (x, line.middle(x) + (BELOW - ABOVE) / 2.0 * line.capital))
            .collect();
        let pieces =
            ends.windows(2).map(|ends| self.piece(ends[0], ends[1], pixel, times)).collect::<Result<Vec<_>>>()?;
        let width = pieces.iter().map(|piece| piece.len() / HIGH).sum();
        let rows = (0..HIGH).flat_map(|row| {
            pieces.iter().flat_map(move |piece| {
                let width = piece.len() / HIGH;
                &piece[row * width..(row + 1) * width]
            })
        });
        Ok(Strip { width, values: scaled(rows.copied().collect()) })
    }

    /// The gray values along a straight piece of a line; what lies outside the photo is no number.
    fn piece(&mut self, from: Point, to: Point, pixel: f32, times: usize) -> Result<Vec<f32>> {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        let width = (length / pixel).round().max(1.0) as usize;
        let step = length / width as f32;
        let (along, down) = ((dx / length * step, dy / length * step), (-dy / length * pixel, dx / length * pixel));
        // Where on the photo the middle of a pixel lies.
        let on_photo = move |x: f32, y: f32| {
            let (x, y) = (x + 0.5, y + 0.5 - HIGH as f32 / 2.0);
            (from.0 + x * along.0 + y * down.0, from.1 + x * along.1 + y * down.1)
        };
        let (across, high) = (self.image.width() as f32, self.image.height() as f32);
        let source = self.halved(times)?;
        // Of the copy taken, per pixel of the photo; and its first pixel's middle is at 0, not at half a pixel.
        let (sx, sy) = (source.width() as f32 / across, source.height() as f32 / high);
        let (left, top) = on_photo(0.0, 0.0);
        let matrix =
            [along.0 * sx, down.0 * sx, left * sx - 0.5, along.1 * sy, down.1 * sy, top * sy - 0.5, 0.0, 0.0, 1.0];
        let view = source.warp(&matrix, width as u32, HIGH as u32)?;
        let gray = Normalization { channels: Channels::Gray, divisor: 1.0, ..Normalization::default() };
        let mut values: Vec<f32> = view.to_tensor(&gray)?.numbers()?;
        for (place, value) in values.iter_mut().enumerate() {
            let (x, y) = on_photo((place % width) as f32, (place / width) as f32);
            if !(0.5..=across - 0.5).contains(&x) || !(0.5..=high - 0.5).contains(&y) {
                *value = f32::NAN;
            }
        }
        Ok(values)
    }

    fn halved(&mut self, times: usize) -> Result<&Image> {
        while self.halves.len() < times {
            let last = self.halves.last().unwrap_or(self.image);
            let half = last.resize((last.width() / 2).max(1), (last.height() / 2).max(1))?;
            self.halves.push(half);
        }
        Ok(times.checked_sub(1).map_or(self.image, |place| &self.halves[place]))
    }
}

/// With a mean of 0 and a deviation of 1; 0 for what is no number.
fn scaled(mut values: Vec<f32>) -> Vec<f32> {
    let known = || values.iter().copied().filter(|value| !value.is_nan());
    let count = known().count().max(1) as f32;
    let mean = known().sum::<f32>() / count;
    let deviation = (known().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt().max(LEAST_DEVIATION);
    for value in &mut values {
        *value = if value.is_nan() { 0.0 } else { (*value - mean) / deviation };
    }
    values
}

#[cfg(test)]
mod tests {
    use super::scaled;

    #[test]
    fn what_lies_outside_does_not_count() {
        assert_eq!(scaled(vec![90.0, f32::NAN, 110.0]), [-1.0, 0.0, 1.0]);
        assert_eq!(scaled(vec![99.0, 101.0]), [-0.25, 0.25]);
        assert_eq!(scaled(vec![f32::NAN]), [0.0]);
    }
}
