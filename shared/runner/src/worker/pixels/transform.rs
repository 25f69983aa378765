//! Scaling, cutting and warping.

use std::cell::RefCell;

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};

use super::{Area, Color, Picture};

thread_local! {
    /// Keeps its working buffers from one picture to the next.
    static RESIZER: RefCell<Resizer> = RefCell::new(Resizer::new());
}

/// A picture in a frame; a point of the original lies at `x * scale + offset_x`, `y * scale + offset_y`.
#[derive(Debug)]
pub(crate) struct Letterboxed {
    pub(crate) picture: Picture,
    pub(crate) scale: f32,
    pub(crate) offset_x: f32,
    pub(crate) offset_y: f32,
}

impl Picture {
    /// Scales to exactly this size, bilinear; when shrinking, every source pixel has its weight.
    pub(crate) fn resize(&self, width: u32, height: u32) -> Result<Self, String> {
        if width == 0 || height == 0 {
            return Err(format!("a picture of {width} x {height} pixels cannot be made"));
        }
        if (width, height) == (self.width, self.height) {
            return Ok(self.clone());
        }
        let source = ImageRef::new(self.width, self.height, &self.rgb, PixelType::U8x3).map_err(|e| e.to_string())?;
        let mut scaled = Image::new(width, height, PixelType::U8x3);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        RESIZER
            .with_borrow_mut(|resizer| resizer.resize(&source, &mut scaled, &options))
            .map_err(|error| error.to_string())?;
        Ok(Self { width, height, rgb: scaled.into_vec() })
    }

    /// Cuts out a rectangle, as far as it lies within the picture.
    pub(crate) fn crop(&self, area: Area) -> Result<Self, String> {
        let within = |from: f32, length: f32, most: u32| {
            let start = from.round().clamp(0.0, most as f32) as u32;
            let end = (from + length).round().clamp(0.0, most as f32) as u32;
            (start, end.max(start))
        };
        let (left, right) = within(area.x, area.width, self.width);
        let (top, bottom) = within(area.y, area.height, self.height);
        if left == right || top == bottom {
            return Err(format!(
                "the rectangle at {}, {} of {} x {} holds no pixel of the {} x {} picture",
                area.x, area.y, area.width, area.height, self.width, self.height
            ));
        }
        let mut rgb = Vec::with_capacity((right - left) as usize * (bottom - top) as usize * 3);
        for line in self.rgb.chunks_exact(self.width as usize * 3).take(bottom as usize).skip(top as usize) {
            rgb.extend_from_slice(&line[left as usize * 3..right as usize * 3]);
        }
        Ok(Self { width: right - left, height: bottom - top, rgb })
    }

    /// Scales into a frame with the aspect ratio kept, and fills the rest.
    pub(crate) fn letterbox(
        &self,
        width: u32,
        height: u32,
        fill: Color,
        centered: bool,
    ) -> Result<Letterboxed, String> {
        let scale = (width as f32 / self.width as f32).min(height as f32 / self.height as f32);
        let fitted = |side: u32, most: u32| ((side as f32 * scale).round() as u32).clamp(1, most.max(1));
        let scaled = self.resize(fitted(self.width, width), fitted(self.height, height))?;
        let (left, top) = if centered { ((width - scaled.width) / 2, (height - scaled.height) / 2) } else { (0, 0) };
        let mut picture = Self::filled(width, height, fill);
        let lines = picture.rgb.chunks_exact_mut(width as usize * 3).skip(top as usize);
        for (line, source) in lines.zip(scaled.rgb.chunks_exact(scaled.width as usize * 3)) {
            line[left as usize * 3..][..source.len()].copy_from_slice(source);
        }
        Ok(Letterboxed { picture, scale, offset_x: left as f32, offset_y: top as f32 })
    }

    /// A view in which pixel (x, y) shows the original at `matrix` * (x, y, 1), between pixels bilinear, black outside.
    pub(crate) fn warp(&self, matrix: &[f32], width: u32, height: u32) -> Result<Self, String> {
        let m: &[f32; 9] =
            matrix.try_into().map_err(|_| format!("the matrix needs 9 numbers, {} were given", matrix.len()))?;
        if width == 0 || height == 0 {
            return Err(format!("a picture of {width} x {height} pixels cannot be made"));
        }
        let mut rgb = vec![0; width as usize * height as usize * 3];
        for (y, line) in rgb.chunks_exact_mut(width as usize * 3).enumerate() {
            let y = y as f32;
            for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
                let x = x as f32;
                let w = m[6] * x + m[7] * y + m[8];
                let (sx, sy) = ((m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w);
                if let Some(color) = self.sample(sx, sy) {
                    pixel.copy_from_slice(&color);
                }
            }
        }
        Ok(Self { width, height, rgb })
    }

    /// The colour between four pixels; those outside count as black. `None` where all are outside.
    fn sample(&self, x: f32, y: f32) -> Option<[u8; 3]> {
        let (w, h) = (self.width as f32, self.height as f32);
        if !(x > -1.0 && y > -1.0 && x < w && y < h) {
            return None;
        }
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        let mut sum = [0.5_f32; 3];
        for (dx, dy, weight) in [
            (0.0, 0.0, (1.0 - fx) * (1.0 - fy)),
            (1.0, 0.0, fx * (1.0 - fy)),
            (0.0, 1.0, (1.0 - fx) * fy),
            (1.0, 1.0, fx * fy),
        ] {
            let (px, py) = (left + dx, top + dy);
            if px >= 0.0 && py >= 0.0 && px < w && py < h {
                let at = (py as usize * self.width as usize + px as usize) * 3;
                for (sum, channel) in sum.iter_mut().zip(&self.rgb[at..at + 3]) {
                    *sum += weight * f32::from(*channel);
                }
            }
        }
        Some(sum.map(|s| s as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(width: u32, height: u32) -> Picture {
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| [(x * 10) as u8, (y * 10) as u8, 7])).collect();
        Picture { width, height, rgb }
    }

    #[test]
    fn shrinking_is_antialiased() {
        let stripe = [0, 0, 0, 255, 255, 0, 0, 0_u8];
        let picture = Picture { width: 8, height: 1, rgb: stripe.iter().flat_map(|v| [*v; 3]).collect() };
        let scaled = picture.resize(4, 1).unwrap();
        let gray: Vec<u8> = scaled.rgb.iter().step_by(3).copied().collect();
        // Each of the middle pixels sees four source pixels with the weights 1/8, 3/8, 3/8, 1/8.
        assert!(gray == [0, 127, 127, 0] || gray == [0, 128, 128, 0], "{gray:?}");
    }

    #[test]
    fn growing_is_bilinear() {
        let picture = Picture { width: 2, height: 1, rgb: vec![0, 0, 0, 100, 100, 100] };
        let gray: Vec<u8> = picture.resize(4, 1).unwrap().rgb.iter().step_by(3).copied().collect();
        assert_eq!(gray, [0, 25, 75, 100]);
    }

    #[test]
    fn a_rectangle_is_cut_as_far_as_it_lies_within() {
        let cut = gradient(8, 6).crop(Area { x: 5.6, y: -2.0, width: 9.0, height: 3.4 }).unwrap();
        assert_eq!((cut.width, cut.height), (2, 1));
        assert_eq!(cut.rgb, [60, 0, 7, 70, 0, 7]);
        assert!(gradient(8, 6).crop(Area { x: 8.0, y: 0.0, width: 4.0, height: 4.0 }).is_err());
        assert!(gradient(8, 6).crop(Area { x: f32::NAN, y: 0.0, width: 4.0, height: 4.0 }).is_err());
    }

    #[test]
    fn a_letterboxed_picture_keeps_its_aspect_ratio() {
        let boxed = gradient(8, 4).letterbox(16, 16, Color([114; 3]), true).unwrap();
        assert_eq!((boxed.scale, boxed.offset_x, boxed.offset_y), (2.0, 0.0, 4.0));
        assert_eq!(&boxed.picture.rgb[..3], [114; 3]);
        assert_eq!(&boxed.picture.rgb[4 * 16 * 3..][..3], [0, 0, 7]);
        let corner = gradient(8, 4).letterbox(16, 16, Color([1, 2, 3]), false).unwrap();
        assert_eq!((corner.offset_x, corner.offset_y), (0.0, 0.0));
        assert_eq!(&corner.picture.rgb[15 * 16 * 3..][..3], [1, 2, 3]);
    }

    #[test]
    fn a_warp_shows_the_original_through_its_matrix() {
        let shifted = gradient(4, 4).warp(&[1.0, 0.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 1.0], 4, 4).unwrap();
        assert_eq!(&shifted.rgb[..3], [10, 20, 7]);
        assert_eq!(&shifted.rgb[3 * 4 * 3..], [0; 12]);
        let half = gradient(4, 4).warp(&[1.0, 0.0, 0.5, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], 1, 1).unwrap();
        assert_eq!(half.rgb, [5, 0, 7]);
        assert!(gradient(4, 4).warp(&[1.0; 8], 4, 4).is_err());
    }
}
