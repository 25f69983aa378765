//! Drawing on pictures: frames with captions, masks, lines.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use super::{Area, Picture};
use crate::engine::Tensor;

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Color(pub(crate) [u8; 3]);

/// A frame with a caption.
#[derive(Clone, Debug)]
pub(crate) struct Annotation {
    pub(crate) area: Area,
    pub(crate) caption: String,
    pub(crate) color: Color,
}

/// Pixels between a caption and the edge of its plate.
const MARGIN: i64 = 3;

impl Picture {
    /// A copy with frames and captions.
    pub(crate) fn draw_boxes(&self, boxes: &[Annotation], line_width: u32) -> Self {
        let mut picture = self.clone();
        let line = i64::from(line_width.max(1));
        for annotation in boxes {
            let Area { x, y, width, height } = annotation.area;
            let (left, top) = (pixel(x), pixel(y));
            let (right, bottom) = (pixel(x + width), pixel(y + height));
            for (x, y, to_x, to_y) in [
                (left, top, right, top + line),
                (left, bottom - line, right, bottom),
                (left, top, left + line, bottom),
                (right - line, top, right, bottom),
            ] {
                picture.fill(x, y, to_x, to_y, annotation.color);
            }
        }
        // After all frames, so that none crosses a caption.
        for annotation in boxes.iter().filter(|annotation| !annotation.caption.is_empty()) {
            picture.caption(annotation);
        }
        picture
    }

    /// A copy with `color` where `mask`, scaled to the picture, is above one half.
    pub(crate) fn draw_mask(&self, mask: &Tensor, color: Color, opacity: f32) -> Result<Self, String> {
        let [rows, columns] = mask.shape()[..] else {
            return Err(format!("a mask has the shape [height, width], not {:?}", mask.shape()));
        };
        if rows == 0 || columns == 0 {
            return Err("the mask is empty".to_owned());
        }
        let values = mask.floats()?;
        let opacity = opacity.clamp(0.0, 1.0);
        let across = stops(self.width, columns);
        let mut picture = self.clone();
        for (line, (top, below, fy)) in
            picture.rgb.chunks_exact_mut(self.width as usize * 3).zip(stops(self.height, rows))
        {
            let (upper, lower) = (&values[top * columns..][..columns], &values[below * columns..][..columns]);
            for (pixel, (left, right, fx)) in line.chunks_exact_mut(3).zip(&across) {
                let above = upper[*left] * (1.0 - fx) + upper[*right] * fx;
                let under = lower[*left] * (1.0 - fx) + lower[*right] * fx;
                if above * (1.0 - fy) + under * fy > 0.5 {
                    blend(pixel, color, opacity);
                }
            }
        }
        Ok(picture)
    }

    /// A copy with connected line segments, smooth at their edges and round at their ends.
    pub(crate) fn draw_polyline(&self, points: &[(f32, f32)], closed: bool, color: Color, line_width: u32) -> Self {
        let mut picture = self.clone();
        let half = line_width.max(1) as f32 / 2.0;
        let segments = points.windows(2).map(|pair| (pair[0], pair[1]));
        let last = match points {
            [first, .., last] if closed && points.len() > 2 => Some((*last, *first)),
            _ => None,
        };
        for (from, to) in segments.chain(last) {
            picture.segment(from, to, color, half);
        }
        picture
    }

    fn segment(&mut self, (ax, ay): (f32, f32), (bx, by): (f32, f32), color: Color, half: f32) {
        if ![ax, ay, bx, by].iter().all(|n| n.is_finite()) {
            return;
        }
        let reach = half + 1.0;
        let span = |a: f32, b: f32, most: u32| {
            let from = (a.min(b) - reach).floor().clamp(0.0, most as f32) as usize;
            let to = (a.max(b) + reach).ceil().clamp(0.0, most as f32) as usize;
            from..to
        };
        let (dx, dy) = (bx - ax, by - ay);
        let squared = dx * dx + dy * dy;
        let width = self.width as usize;
        for y in span(ay, by, self.height) {
            for x in span(ax, bx, self.width) {
                let (px, py) = (x as f32 + 0.5 - ax, y as f32 + 0.5 - ay);
                let along = if squared > 0.0 { ((px * dx + py * dy) / squared).clamp(0.0, 1.0) } else { 0.0 };
                let distance = (px - along * dx).hypot(py - along * dy);
                let cover = (half + 0.5 - distance).clamp(0.0, 1.0);
                if cover > 0.0 {
                    blend(&mut self.rgb[(y * width + x) * 3..][..3], color, cover);
                }
            }
        }
    }

    fn fill(&mut self, left: i64, top: i64, right: i64, bottom: i64, color: Color) {
        let columns = within(left, self.width)..within(right, self.width);
        let rows = within(top, self.height)..within(bottom, self.height);
        if columns.is_empty() {
            return;
        }
        let width = self.width as usize;
        for y in rows {
            for pixel in self.rgb[(y * width + columns.start) * 3..(y * width + columns.end) * 3].chunks_exact_mut(3) {
                pixel.copy_from_slice(&color.0);
            }
        }
    }

    /// A plate above the frame, or within it where there is no room above.
    fn caption(&mut self, annotation: &Annotation) {
        let size = match self.width.min(self.height) {
            ..500 => RasterHeight::Size16,
            500..1200 => RasterHeight::Size24,
            _ => RasterHeight::Size32,
        };
        let step = get_raster_width(FontWeight::Bold, size) as i64;
        let room = (i64::from(self.width) - 2 * MARGIN) / step;
        let letters: Vec<char> = annotation.caption.chars().take(usize::try_from(room).unwrap_or(0)).collect();
        let (width, height) = (letters.len() as i64 * step + 2 * MARGIN, size.val() as i64);
        let left = pixel(annotation.area.x).clamp(0, (i64::from(self.width) - width).max(0));
        let above = pixel(annotation.area.y) - height;
        let top = if above >= 0 { above } else { pixel(annotation.area.y).max(0) };
        self.fill(left, top, left + width, top + height, annotation.color);
        let [red, green, blue] = annotation.color.0.map(u32::from);
        let ink = if red * 299 + green * 587 + blue * 114 > 140_000 { Color([0; 3]) } else { Color([255; 3]) };
        for (index, letter) in letters.into_iter().enumerate() {
            self.letter(letter, size, left + MARGIN + index as i64 * step, top, ink);
        }
    }

    fn letter(&mut self, letter: char, size: RasterHeight, left: i64, top: i64, ink: Color) {
        let glyph = |letter| get_raster(letter, FontWeight::Bold, size);
        let Some(raster) = glyph(letter).or_else(|| glyph('?')) else { return };
        for (y, row) in raster.rows().enumerate() {
            for (x, cover) in row.iter().enumerate() {
                let (x, y) = (left + x as i64, top + y as i64);
                if *cover > 0 && (0..i64::from(self.width)).contains(&x) && (0..i64::from(self.height)).contains(&y) {
                    let at = (y as usize * self.width as usize + x as usize) * 3;
                    blend(&mut self.rgb[at..at + 3], ink, f32::from(*cover) / 255.0);
                }
            }
        }
    }
}

fn pixel(coordinate: f32) -> i64 {
    // Far outside is far enough, and leaves room for adding line widths.
    coordinate.round().clamp(-1e9, 1e9) as i64
}

fn within(coordinate: i64, side: u32) -> usize {
    coordinate.clamp(0, i64::from(side)) as usize
}

fn blend(pixel: &mut [u8], color: Color, opacity: f32) {
    for (channel, over) in pixel.iter_mut().zip(color.0) {
        *channel = (f32::from(*channel) * (1.0 - opacity) + f32::from(over) * opacity).round() as u8;
    }
}

/// For each of `pixels`, the two neighbours among `cells` that it lies between, and how far towards the second.
fn stops(pixels: u32, cells: usize) -> Vec<(usize, usize, f32)> {
    let ratio = cells as f32 / pixels as f32;
    (0..pixels)
        .map(|n| {
            let place = ((n as f32 + 0.5) * ratio - 0.5).clamp(0.0, (cells - 1) as f32);
            let first = place as usize;
            (first, (first + 1).min(cells - 1), place - first as f32)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Data;

    const RED: Color = Color([255, 0, 0]);

    fn blank(width: u32, height: u32) -> Picture {
        Picture::filled(width, height, Color([0; 3]))
    }

    fn at(picture: &Picture, x: u32, y: u32) -> [u8; 3] {
        let at = (y * picture.width + x) as usize * 3;
        [picture.rgb[at], picture.rgb[at + 1], picture.rgb[at + 2]]
    }

    fn annotation(x: f32, y: f32, width: f32, height: f32, caption: &str) -> Annotation {
        Annotation { area: Area { x, y, width, height }, caption: caption.to_owned(), color: RED }
    }

    #[test]
    fn a_frame_is_hollow_and_its_caption_stands_above() {
        let drawn = blank(200, 100).draw_boxes(&[annotation(20.0, 40.0, 60.0, 30.0, "Äpfel")], 2);
        assert_eq!(at(&drawn, 20, 45), RED.0);
        assert_eq!(at(&drawn, 21, 69), RED.0);
        assert_eq!(at(&drawn, 79, 41), RED.0);
        assert_eq!(at(&drawn, 40, 50), [0; 3]);
        assert_eq!(at(&drawn, 80, 50), [0; 3]);
        let plate = (24..40).flat_map(|y| (20..80).map(move |x| (x, y))).map(|(x, y)| at(&drawn, x, y));
        assert!(plate.clone().any(|pixel| pixel == [255; 3]), "no ink");
        assert!(plate.clone().filter(|pixel| *pixel == RED.0).count() > 300);
    }

    #[test]
    fn what_lies_outside_is_left_away() {
        let wild = [
            annotation(-50.0, -50.0, 1e30, 1e30, "a caption that is far too long for a picture as small as this one"),
            annotation(f32::NAN, 3.0, f32::INFINITY, -4.0, "x"),
        ];
        let drawn = blank(30, 20).draw_boxes(&wild, 1_000_000);
        assert_eq!(drawn.rgb.len(), 30 * 20 * 3);
    }

    #[test]
    fn a_mask_is_scaled_to_the_picture() {
        let mask = Tensor::new([1, 2], Data::Float32(vec![1.0, 0.0])).unwrap();
        let drawn = blank(8, 4).draw_mask(&mask, RED, 0.5).unwrap();
        assert_eq!(at(&drawn, 0, 0), [128, 0, 0]);
        assert_eq!(at(&drawn, 3, 3), [128, 0, 0]);
        assert_eq!(at(&drawn, 4, 0), [0; 3]);
        assert!(blank(8, 4).draw_mask(&mask.reshape([2]).unwrap(), RED, 0.5).is_err());
    }

    #[test]
    fn lines_are_as_wide_as_asked() {
        let drawn = blank(20, 20).draw_polyline(&[(2.0, 10.0), (18.0, 10.0)], false, RED, 4);
        assert_eq!(at(&drawn, 10, 8), RED.0);
        assert_eq!(at(&drawn, 10, 11), RED.0);
        assert_eq!(at(&drawn, 10, 5), [0; 3]);
        let corner = [(3.0, 3.0), (16.0, 3.0), (16.0, 16.0)];
        assert_eq!(at(&blank(20, 20).draw_polyline(&corner, false, RED, 2), 9, 9), [0; 3]);
        assert_ne!(at(&blank(20, 20).draw_polyline(&corner, true, RED, 2), 9, 9), [0; 3]);
    }
}
