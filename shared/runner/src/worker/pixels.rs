//! Pictures as the glue knows them: eight-bit RGB, upright, row by row.

mod decode;
mod draw;
mod encode;
mod normalize;
mod reduced;
#[cfg(test)]
mod tests;
mod transform;
mod upright;
mod view;

pub(crate) use decode::{DecodeError, Encoded, File, decode};
pub(crate) use draw::{Annotation, Color};
pub(crate) use normalize::{Channels, Layout, Normalization, planes};
pub(crate) use transform::Letterboxed;
pub(crate) use view::{Step, View};

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Picture {
    /// A black picture.
    fn blank(width: u32, height: u32) -> Self {
        Self { width, height, rgb: vec![0; width as usize * height as usize * 3] }
    }

    /// A picture of one colour.
    pub(crate) fn filled(width: u32, height: u32, color: Color) -> Self {
        Self { width, height, rgb: vec![color.0; width as usize * height as usize].into_flattened() }
    }

    /// A picture from its bytes; `rgb` holds three per pixel.
    pub(crate) fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self, String> {
        if rgb.len() as u64 == bytes_of(width, height) {
            Ok(Self { width, height, rgb })
        } else {
            Err(format!("{width} x {height} pixels are not {} bytes", rgb.len()))
        }
    }

    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    /// The mean luma, 0 to 1, of some thousand pixels that are spread evenly: exact enough, and done in no time.
    pub(crate) fn brightness(&self) -> f64 {
        // An odd step, so that it does not run along a column.
        let step = (self.rgb.len() / 3 / 10_000) | 1;
        let (mut sum, mut count) = (0.0, 0.0_f64);
        for pixel in self.rgb.as_chunks::<3>().0.iter().step_by(step) {
            let [red, green, blue] = pixel.map(f64::from);
            sum += 0.299 * red + 0.587 * green + 0.114 * blue;
            count += 1.0;
        }
        sum / count.max(1.0) / 255.0
    }

    /// Three bytes per pixel.
    pub(crate) fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

/// Memory of a picture of that size.
pub(crate) fn bytes_of(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height) * 3
}
