//! Pictures to files.

use std::collections::{HashMap, hash_map::Entry};

use image::{
    ExtendedColorType, ImageEncoder,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
};

use super::Picture;

const JPEG_QUALITY: u8 = 92;

impl Picture {
    pub(crate) fn to_jpeg(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
            .write_image(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8)
            .map_err(|error| format!("the picture cannot be written as JPEG: {error}"))?;
        Ok(bytes)
    }

    pub(crate) fn to_png(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive)
            .write_image(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8)
            .map_err(|error| format!("the picture cannot be written as PNG: {error}"))?;
        Ok(bytes)
    }

    /// As a run's result: photographs as JPEG, drawings and masks as PNG.
    pub(crate) fn to_result(&self) -> Result<Vec<u8>, String> {
        // JPEG cannot hold more than this on one side.
        let too_long = self.width.max(self.height) > u32::from(u16::MAX);
        match Drawing::of(self) {
            Some(drawing) => drawing.to_png(self.width, self.height),
            None if too_long => self.to_png(),
            None => self.to_jpeg(),
        }
    }
}

/// A picture of few colours.
struct Drawing {
    palette: Vec<[u8; 3]>,
    /// Of each pixel, its place in the palette.
    pixels: Vec<u8>,
}

impl Drawing {
    /// `None` if there are more colours than a palette holds.
    fn of(picture: &Picture) -> Option<Self> {
        let (pixels, _) = picture.rgb.as_chunks::<3>();
        let mut places = HashMap::new();
        let mut drawing = Self { palette: Vec::new(), pixels: Vec::with_capacity(pixels.len()) };
        // Most pixels have the colour of the one before.
        for run in pixels.chunk_by(|one, next| one == next) {
            let place = match places.entry(run[0]) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    drawing.palette.push(run[0]);
                    *new.insert(u8::try_from(drawing.palette.len() - 1).ok()?)
                }
            };
            drawing.pixels.resize(drawing.pixels.len() + run.len(), place);
        }
        Some(drawing)
    }

    fn to_png(&self, width: u32, height: u32) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(self.palette.as_flattened());
        encoder.set_compression(png::Compression::Fast);
        // Neighbouring places in a palette say nothing about each other.
        encoder.set_filter(png::Filter::NoFilter);
        let written = encoder.write_header().and_then(|mut writer| {
            writer.write_image_data(&self.pixels)?;
            writer.finish()
        });
        written.map_err(|error| format!("the picture cannot be written as PNG: {error}"))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::pixels::{Color, decode};

    #[test]
    fn masks_stay_exact_and_photographs_become_jpeg() {
        let full = (0..=255_u8).flat_map(|n| [n, 255 - n, 7]).collect();
        for drawing in [Picture::filled(20, 10, Color([255, 0, 9])), Picture::from_rgb(16, 16, full).unwrap()] {
            let bytes = drawing.to_result().unwrap();
            assert!(bytes.starts_with(b"\x89PNG"));
            assert_eq!(decode(&(std::sync::Arc::new(bytes) as _), 1_000).unwrap(), drawing);
        }
        let rgb = (0..64 * 64).flat_map(|n: u32| [(n % 64 * 4) as u8, (n / 64 * 4) as u8, 0]).collect();
        assert!(Picture::from_rgb(64, 64, rgb).unwrap().to_result().unwrap().starts_with(b"\xff\xd8"));
    }
}
