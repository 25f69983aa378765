//! Scaling and warping.

use std::cell::RefCell;

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{CroppedImageMut, Image, ImageRef},
};

use super::{
    Color, Picture, View, bytes_of, upright,
    view::{Cut, Reduced},
};

thread_local! {
    static SCALER: RefCell<Scaler> = RefCell::default();
}

/// Keeps its working buffers from one picture to the next.
#[derive(Default)]
struct Scaler {
    resizer: Resizer,
    /// A picture that has been scaled across, and not yet down.
    across: Vec<u8>,
}

/// A picture in a frame; a point of the original lies at `x * scale + offset_x`, `y * scale + offset_y`.
#[derive(Debug)]
pub(crate) struct Letterboxed {
    pub(crate) picture: Picture,
    pub(crate) scale: f32,
    pub(crate) offset_x: f32,
    pub(crate) offset_y: f32,
}

impl View {
    /// Scales to exactly this size, bilinear; when shrinking, every source pixel has its weight. As Pillow does, but for
    /// a step of 256 here and there.
    pub(crate) fn resize(&self, width: u32, height: u32) -> Result<Picture, String> {
        if width == 0 || height == 0 {
            return Err(format!("a picture of {width} x {height} pixels cannot be made"));
        }
        let mut picture = Picture::blank(width, height);
        self.scale_into(&mut picture, Cut { left: 0, top: 0, width, height })?;
        Ok(picture)
    }

    /// How it is scaled to lie within a frame with the aspect ratio kept: the factor, width and height.
    pub(crate) fn fitted(&self, width: u32, height: u32) -> (f32, u32, u32) {
        let scale = (width as f32 / self.width() as f32).min(height as f32 / self.height() as f32);
        let side = |side: u32, most: u32| ((side as f32 * scale).round() as u32).clamp(1, most.max(1));
        (scale, side(self.width(), width), side(self.height(), height))
    }

    /// Scales into a frame with the aspect ratio kept, and fills the rest.
    pub(crate) fn letterbox(
        &self,
        width: u32,
        height: u32,
        fill: Color,
        centered: bool,
    ) -> Result<Letterboxed, String> {
        if width == 0 || height == 0 {
            return Err(format!("a picture of {width} x {height} pixels cannot be made"));
        }
        let (scale, within_width, within_height) = self.fitted(width, height);
        let (left, top) = if centered { ((width - within_width) / 2, (height - within_height) / 2) } else { (0, 0) };
        let mut picture = Picture::filled(width, height, fill);
        self.scale_into(&mut picture, Cut { left, top, width: within_width, height: within_height })?;
        Ok(Letterboxed { picture, scale, offset_x: left as f32, offset_y: top as f32 })
    }

    /// Scales to a part of a frame.
    fn scale_into(&self, frame: &mut Picture, part: Cut) -> Result<(), String> {
        let Cut { left, top, width, height } = self.cut;
        let area = [left, top, width, height].map(f64::from);
        if let Some(picture) = self.source.whole.get() {
            return scale(picture, area, frame, part);
        }
        let (Some(Reduced { picture, divisor }), Some(file)) = (self.source.reduced.get(), &self.source.file) else {
            return Err("the picture has not been decoded".to_owned());
        };
        // The last column and row may show only partly what lies within the file.
        let share = |pixels: u32| f64::from(pixels) / f64::from(*divisor);
        let (columns, rows) = file.stored_size();
        let area = area.map(|side| side / f64::from(*divisor));
        let area = upright::stored(area, (share(columns), share(rows)), file.orientation());
        if file.is_upright() {
            return scale(picture, area, frame, part);
        }
        let (width, height) =
            if upright::is_turned(file.orientation()) { (part.height, part.width) } else { (part.width, part.height) };
        let mut stored = Picture::blank(width, height);
        scale(picture, area, &mut stored, Cut { left: 0, top: 0, width, height })?;
        frame.lay(&upright::turn(stored, file.orientation()), part);
        Ok(())
    }
}

/// Scales an area (left, top, width, height) of a picture to a part of a frame.
fn scale(picture: &Picture, area: [f64; 4], frame: &mut Picture, part: Cut) -> Result<(), String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let source =
        ImageRef::new(picture.width, picture.height, &picture.rgb, PixelType::U8x3).map_err(|error| words(&error))?;
    let mut frame = Image::from_slice_u8(frame.width, frame.height, &mut frame.rgb, PixelType::U8x3)
        .map_err(|error| words(&error))?;
    let mut target = CroppedImageMut::new(&mut frame, part.left, part.top, part.width, part.height)
        .map_err(|error| words(&error))?;
    SCALER.with_borrow_mut(|Scaler { resizer, across }| {
        let Some(rows) = Rows::between_passes(picture, area, part) else {
            return resizer.resize(&source, &mut target, &bilinear(area)).map_err(|error| words(&error));
        };
        let [left, top, width, height] = area;
        let bytes = bytes_of(part.width, rows.count) as usize;
        if across.len() < bytes {
            across.resize(bytes, 0);
        }
        let mut between = Image::from_slice_u8(part.width, rows.count, &mut across[..bytes], PixelType::U8x3)
            .map_err(|error| words(&error))?;
        let (first, count) = (f64::from(rows.first), f64::from(rows.count));
        resizer
            .resize(&source, &mut between, &bilinear([left, first, width, count]))
            .and_then(|()| {
                let options = bilinear([0.0, top - first, part.width.into(), height]);
                resizer.resize(&between, &mut target, &options)
            })
            .map_err(|error| words(&error))
    })
}

fn bilinear([left, top, width, height]: [f64; 4]) -> ResizeOptions {
    ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).crop(left, top, width, height)
}

/// The rows of a picture that the second pass looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rows {
    first: u32,
    count: u32,
}

impl Rows {
    /// Across first and then down, with whole steps of 256 in between, is how Pillow scales. The library goes the other
    /// way, which is as exact, but a step off in every seventh number: enough for a detector to take the other one of two
    /// boxes that it likes equally. `None` leaves the passes to the library: where one is enough, and where the picture
    /// between them would be larger than either end.
    fn between_passes(picture: &Picture, [left, top, width, height]: [f64; 4], part: Cut) -> Option<Self> {
        let stays = |start: f64, length: f64, pixels: u32| length == f64::from(pixels) && start.fract() == 0.0;
        let one_pass = stays(left, width, part.width) || stays(top, height, part.height);
        let swells = f64::from(part.width) > width && f64::from(part.height) < height;
        if one_pass || swells {
            return None;
        }
        let reach = (height / f64::from(part.height)).max(1.0);
        let first = (top - reach).floor().max(0.0) as u32;
        let last = ((top + height + reach).ceil() as u32).min(picture.height);
        Some(Self { first, count: last - first })
    }
}

impl Picture {
    /// Lays a picture of the part's size into it.
    fn lay(&mut self, picture: &Self, part: Cut) {
        let lines = self.rgb.chunks_exact_mut((self.width as usize * 3).max(1)).skip(part.top as usize);
        for (line, from) in lines.zip(picture.rgb.chunks_exact((picture.width as usize * 3).max(1))) {
            line[part.left as usize * 3..][..from.len()].copy_from_slice(from);
        }
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
    use super::{super::Area, *};

    fn gradient(width: u32, height: u32) -> Picture {
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| [(x * 10) as u8, (y * 10) as u8, 7])).collect();
        Picture { width, height, rgb }
    }

    #[test]
    fn shrinking_is_antialiased() {
        let stripe = [0, 0, 0, 255, 255, 0, 0, 0_u8];
        let picture = Picture { width: 8, height: 1, rgb: stripe.iter().flat_map(|v| [*v; 3]).collect() };
        let scaled = View::from(picture).resize(4, 1).unwrap();
        let gray: Vec<u8> = scaled.rgb.iter().step_by(3).copied().collect();
        // Each of the middle pixels sees four source pixels with the weights 1/8, 3/8, 3/8, 1/8.
        assert!(gray == [0, 127, 127, 0] || gray == [0, 128, 128, 0], "{gray:?}");
    }

    /// 16 x 12 grey pixels of no order.
    fn noise() -> Picture {
        let mut seed = 7_u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            [(seed >> 24) as u8; 3]
        };
        Picture { width: 16, height: 12, rgb: (0..16 * 12).flat_map(|_| next()).collect() }
    }

    #[test]
    fn pictures_are_scaled_as_pillow_scales_them() {
        let gray = |picture: Picture| picture.rgb.into_iter().step_by(3).collect::<Vec<u8>>();
        // `Image.resize((6, 5), Resampling.BILINEAR)` of Pillow; scaled down before across, six of the numbers differ.
        let whole = View::from(noise());
        let expected = [
            [147, 140, 109, 135, 129, 125],
            [146, 125, 141, 115, 111, 138],
            [104, 124, 143, 148, 133, 150],
            [141, 147, 114, 94, 134, 136],
            [115, 127, 95, 117, 138, 136],
        ];
        assert_eq!(gray(whole.resize(6, 5).unwrap()), expected.as_flattened());
        // And with `box=(3, 2, 14, 11)`.
        let part = whole.crop(Area { x: 3.0, y: 2.0, width: 11.0, height: 9.0 }).unwrap();
        let expected = [
            [103, 160, 121, 97, 109, 114],
            [136, 153, 142, 142, 114, 118],
            [112, 126, 156, 154, 148, 117],
            [163, 149, 72, 78, 160, 101],
            [130, 99, 96, 97, 145, 127],
        ];
        assert_eq!(gray(part.resize(6, 5).unwrap()), expected.as_flattened());
    }

    #[test]
    fn what_lies_between_two_passes_is_no_larger_than_either_end() {
        let bytes = || SCALER.with_borrow(|scaler| scaler.across.len() + scaler.resizer.size_of_internal_buffers());
        for (size, target) in [((1, 4_000), (3_000, 1)), ((4_000, 1), (1, 3_000))] {
            let before = bytes();
            View::from(Picture::blank(size.0, size.1)).resize(target.0, target.1).unwrap();
            assert!(bytes() - before < 100_000, "{size:?} to {target:?}: {}", bytes() - before);
        }
    }

    #[test]
    fn growing_is_bilinear() {
        let picture = Picture { width: 2, height: 1, rgb: vec![0, 0, 0, 100, 100, 100] };
        let gray: Vec<u8> = View::from(picture).resize(4, 1).unwrap().rgb.iter().step_by(3).copied().collect();
        assert_eq!(gray, [0, 25, 75, 100]);
    }

    #[test]
    fn a_letterboxed_picture_keeps_its_aspect_ratio() {
        let boxed = View::from(gradient(8, 4)).letterbox(16, 16, Color([114; 3]), true).unwrap();
        assert_eq!((boxed.scale, boxed.offset_x, boxed.offset_y), (2.0, 0.0, 4.0));
        assert_eq!(&boxed.picture.rgb[..3], [114; 3]);
        assert_eq!(&boxed.picture.rgb[4 * 16 * 3..][..3], [0, 0, 7]);
        let corner = View::from(gradient(8, 4)).letterbox(16, 16, Color([1, 2, 3]), false).unwrap();
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
