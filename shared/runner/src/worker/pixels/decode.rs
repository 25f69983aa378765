//! Files to pictures: JPEG, PNG, WebP, GIF (its first frame) and BMP.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader, Limits, metadata::Orientation};

use super::Picture;

/// Working memory of a decoder beside the picture itself, in bytes.
const WORKING_BYTES: u64 = 64 << 20;

/// Why a file did not become a picture.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    #[error("{0}")]
    Unreadable(String),
    #[error("has {width} x {height} pixels, more than the {most} that are allowed")]
    TooLarge { width: u32, height: u32, most: u64 },
}

/// Decodes a file, applies its EXIF orientation, and lays transparent parts over white.
pub(crate) fn decode(bytes: &[u8], most_pixels: u64) -> Result<Picture, DecodeError> {
    let unreadable = |error: &dyn std::fmt::Display| DecodeError::Unreadable(format!("cannot be decoded: {error}"));
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| unreadable(&e))?;
    let Some(format) = reader.format() else {
        let message = "is not a picture of a kind known here (JPEG, PNG, WebP, GIF, BMP)";
        return Err(DecodeError::Unreadable(message.to_owned()));
    };
    if !format.reading_enabled() {
        let message = format!("is a {format:?} file; known here are JPEG, PNG, WebP, GIF and BMP");
        return Err(DecodeError::Unreadable(message));
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(most_pixels.saturating_mul(8).saturating_add(WORKING_BYTES));
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| unreadable(&e))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > most_pixels {
        return Err(DecodeError::TooLarge { width, height, most: most_pixels });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|e| unreadable(&e))?;
    let (width, height) = (image.width(), image.height());
    let rgb = if image.color().has_alpha() { over_white(&image) } else { image.into_rgb8().into_raw() };
    Ok(upright(Picture { width, height, rgb }, orientation))
}

fn over_white(image: &DynamicImage) -> Vec<u8> {
    let rgba = image.to_rgba8();
    let mut rgb = Vec::with_capacity(rgba.as_raw().len() / 4 * 3);
    for pixel in rgba.as_raw().chunks_exact(4) {
        let alpha = u32::from(pixel[3]);
        rgb.extend(pixel[..3].iter().map(|c| ((u32::from(*c) * alpha + 255 * (255 - alpha) + 127) / 255) as u8));
    }
    rgb
}

fn upright(picture: Picture, orientation: Orientation) -> Picture {
    use Orientation as O;
    let turned = match orientation {
        O::NoTransforms => return picture,
        O::Rotate90 | O::Rotate270 | O::Rotate90FlipH | O::Rotate270FlipH => true,
        O::Rotate180 | O::FlipHorizontal | O::FlipVertical => false,
    };
    // Where the pixel shown at column x and row y stands in the file: on either axis forwards or backwards.
    let (columns_backwards, rows_backwards) = match orientation {
        O::NoTransforms | O::Rotate90FlipH => (false, false),
        O::FlipHorizontal => (true, false),
        O::FlipVertical => (false, true),
        O::Rotate180 | O::Rotate270FlipH => (true, true),
        O::Rotate90 => (false, true),
        O::Rotate270 => (true, false),
    };
    let (w, h) = (picture.width as usize, picture.height as usize);
    let mut rgb = vec![0; picture.rgb.len()];
    let column = |n: usize| if columns_backwards { w - 1 - n } else { n };
    let row = |n: usize| if rows_backwards { h - 1 - n } else { n };
    if turned {
        // In squares that fit the cache, because one side is always walked across its rows.
        const SIDE: usize = 32;
        for top in (0..w).step_by(SIDE) {
            for left in (0..h).step_by(SIDE) {
                for y in top..(top + SIDE).min(w) {
                    for x in left..(left + SIDE).min(h) {
                        let (from, to) = ((row(x) * w + column(y)) * 3, (y * h + x) * 3);
                        rgb[to..to + 3].copy_from_slice(&picture.rgb[from..from + 3]);
                    }
                }
            }
        }
        return Picture { width: picture.height, height: picture.width, rgb };
    }
    for (y, line) in rgb.chunks_exact_mut(w * 3).enumerate() {
        for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
            let from = (row(y) * w + column(x)) * 3;
            pixel.copy_from_slice(&picture.rgb[from..from + 3]);
        }
    }
    Picture { rgb, ..picture }
}

#[cfg(test)]
mod tests {
    use image::{ImageEncoder, RgbImage, codecs::jpeg::JpegEncoder, codecs::png::PngEncoder};

    use super::*;

    /// 32 x 16: the upper left quarter red, the upper right green, the lower left blue, the lower right white.
    fn quarters() -> RgbImage {
        RgbImage::from_fn(32, 16, |x, y| match (x < 16, y < 8) {
            (true, true) => image::Rgb([255, 0, 0]),
            (false, true) => image::Rgb([0, 255, 0]),
            (true, false) => image::Rgb([0, 0, 255]),
            (false, false) => image::Rgb([255, 255, 255]),
        })
    }

    fn jpeg_with_orientation(orientation: u8) -> Vec<u8> {
        let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
        encoder.set_exif_metadata(exif).unwrap();
        encoder.encode_image(&quarters()).unwrap();
        bytes
    }

    fn corners(picture: &Picture) -> String {
        let (w, h) = (picture.width as usize, picture.height as usize);
        [(3, 3), (w - 4, 3), (3, h - 4), (w - 4, h - 4)]
            .into_iter()
            .map(|(x, y)| {
                let at = (y * w + x) * 3;
                let [red, green, blue] = [0, 1, 2].map(|channel| picture.rgb[at + channel] > 150);
                match (red, green, blue) {
                    (true, true, true) => 'w',
                    (true, ..) => 'r',
                    (_, true, _) => 'g',
                    _ => 'b',
                }
            })
            .collect()
    }

    #[test]
    fn every_exif_orientation_is_made_upright() {
        // What a viewer shows in the four corners, read like text.
        let shown = ["rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr", "gwrb"];
        for (index, expected) in shown.into_iter().enumerate() {
            let orientation = index as u8 + 1;
            let picture = decode(&jpeg_with_orientation(orientation), 1_000_000).unwrap();
            assert_eq!(corners(&picture), expected, "orientation {orientation}");
            let size = if orientation > 4 { (16, 32) } else { (32, 16) };
            assert_eq!((picture.width, picture.height), size, "orientation {orientation}");
        }
    }

    #[test]
    fn transparent_parts_become_white() {
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes)
            .write_image(&[10, 20, 30, 255, 10, 20, 30, 0], 2, 1, image::ExtendedColorType::Rgba8)
            .unwrap();
        assert_eq!(decode(&bytes, 100).unwrap().rgb, [10, 20, 30, 255, 255, 255]);
    }

    #[test]
    fn too_many_pixels_are_refused_before_decoding() {
        let error = decode(&jpeg_with_orientation(1), 500).unwrap_err();
        assert_eq!(error, DecodeError::TooLarge { width: 32, height: 16, most: 500 });
    }

    #[test]
    fn other_files_are_refused_in_words() {
        assert!(decode(b"%PDF-1.7", 100).unwrap_err().to_string().contains("not a picture"));
        assert!(decode(b"", 100).unwrap_err().to_string().contains("not a picture"));
        assert!(decode(&jpeg_with_orientation(1)[..40], 10_000).unwrap_err().to_string().contains("cannot be decoded"));
    }
}
