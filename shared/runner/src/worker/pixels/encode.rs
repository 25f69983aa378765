//! Pictures to files.

use std::collections::HashSet;

use image::{
    ExtendedColorType, ImageEncoder,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
};

use super::Picture;

const JPEG_QUALITY: u8 = 92;
/// A picture with at most this many colours is a drawing or a mask, and stays exact.
const DRAWING_COLORS: usize = 256;

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
        let mut colors = HashSet::new();
        let is_drawing = self.rgb.chunks_exact(3).all(|pixel| {
            colors.insert([pixel[0], pixel[1], pixel[2]]);
            colors.len() <= DRAWING_COLORS
        });
        // JPEG cannot hold more than this on one side.
        let too_long = self.width.max(self.height) > u32::from(u16::MAX);
        if is_drawing || too_long { self.to_png() } else { self.to_jpeg() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::pixels::{Color, decode};

    #[test]
    fn masks_stay_exact_and_photographs_become_jpeg() {
        let mask = Picture::filled(20, 10, Color([255, 0, 9]));
        let bytes = mask.to_result().unwrap();
        assert!(bytes.starts_with(b"\x89PNG"));
        assert_eq!(decode(&(std::sync::Arc::new(bytes) as _), 1_000).unwrap(), mask);
        let rgb = (0..64 * 64).flat_map(|n: u32| [(n % 64 * 4) as u8, (n / 64 * 4) as u8, 0]).collect();
        assert!(Picture::from_rgb(64, 64, rgb).unwrap().to_result().unwrap().starts_with(b"\xff\xd8"));
    }
}
