//! Files to pictures: JPEG, PNG, WebP, GIF (its first frame) and BMP.

use std::{
    fmt::Display,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, metadata::Orientation};
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

use super::{Picture, bytes_of, reduced, upright};

/// Working memory of a decoder beside the picture itself, in bytes.
const WORKING_BYTES: u64 = 64 << 20;
/// Bytes per pixel of a JPEG that comes in several scans: three or four channels of 16 bits until the last has come.
const SCAN_BYTES: u64 = 8;

/// The bytes of a file, kept as long as somebody may want its pixels.
pub(crate) type File = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Why a file did not become a picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    #[error("{0}")]
    Unreadable(String),
    #[error("has {width} x {height} pixels, more than the {most} that are allowed")]
    TooLarge { width: u32, height: u32, most: u64 },
}

/// A picture that is still a file, of which the header has been read.
pub(crate) struct Encoded {
    file: File,
    format: ImageFormat,
    most_pixels: u64,
    /// Size as it lies in the file.
    width: u32,
    height: u32,
    orientation: Orientation,
    /// Memory that decoding takes beside the picture.
    working: u64,
}

/// Decodes a file, applies its EXIF orientation, and lays transparent parts over white.
pub(crate) fn decode(file: &File, most_pixels: u64) -> Result<Picture, DecodeError> {
    Encoded::open(file, most_pixels)?.decode()
}

impl Encoded {
    /// Reads the header.
    pub(crate) fn open(file: &File, most_pixels: u64) -> Result<Self, DecodeError> {
        guarded(|| {
            let bytes = (**file).as_ref();
            let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(unreadable)?;
            let Some(format) = reader.format() else {
                let message = "is not a picture of a kind known here (JPEG, PNG, WebP, GIF, BMP)";
                return Err(DecodeError::Unreadable(message.to_owned()));
            };
            if !format.reading_enabled() {
                let message = format!("is a {format:?} file; known here are JPEG, PNG, WebP, GIF and BMP");
                return Err(DecodeError::Unreadable(message));
            }
            let (width, height, orientation, working);
            if format == ImageFormat::Jpeg {
                let decoder = jpeg(bytes)?;
                let info = decoder.info().ok_or_else(|| unreadable("there is no frame in it"))?;
                (width, height) = (u32::from(info.width), u32::from(info.height));
                orientation = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
                working = SCAN_BYTES * u64::from(width) * u64::from(height);
            } else {
                let mut decoder = limited(reader, most_pixels)?;
                (width, height) = decoder.dimensions();
                orientation = decoder.orientation().ok();
                working = working_bytes(format, &decoder);
            }
            if width == 0 || height == 0 {
                return Err(DecodeError::Unreadable(format!("has {width} x {height} pixels, which is no picture")));
            }
            if u64::from(width) * u64::from(height) > most_pixels {
                return Err(DecodeError::TooLarge { width, height, most: most_pixels });
            }
            let orientation = orientation.unwrap_or(Orientation::NoTransforms);
            Ok(Self { file: file.clone(), format, most_pixels, width, height, orientation, working })
        })
    }

    /// Width and height of the picture when it is upright.
    pub(super) fn size(&self) -> (u32, u32) {
        if upright::is_turned(self.orientation) { (self.height, self.width) } else { (self.width, self.height) }
    }

    /// Width and height as it lies in the file.
    pub(super) fn stored_size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    pub(super) fn orientation(&self) -> Orientation {
        self.orientation
    }

    pub(super) fn is_upright(&self) -> bool {
        self.orientation == Orientation::NoTransforms
    }

    pub(super) fn is_jpeg(&self) -> bool {
        self.format == ImageFormat::Jpeg
    }

    /// Bytes of the file.
    pub(super) fn file_bytes(&self) -> u64 {
        self.bytes().len() as u64
    }

    /// Memory that decoding takes until it is done, with the picture. Asked for only if it is much, `thrifty` looks
    /// closer at whether the file can be decoded with less.
    pub(crate) fn decoding_bytes(&self, thrifty: bool) -> u64 {
        let picture = bytes_of(self.width, self.height) * if self.is_upright() { 1 } else { 2 };
        if thrifty && self.is_jpeg() && reduced::is_plain(self.bytes()) { picture } else { picture + self.working }
    }

    /// The picture, upright.
    pub(crate) fn decode(&self) -> Result<Picture, DecodeError> {
        let picture = guarded(|| if self.is_jpeg() { self.decode_jpeg() } else { self.decode_other() })?;
        Ok(upright::turn(picture, self.orientation))
    }

    /// The picture at a part of its size, not upright; `None` if that needs the whole one.
    pub(super) fn decode_reduced(&self, divisor: u32) -> Option<Picture> {
        guarded(|| Ok(reduced::decode(self.bytes(), self.stored_size(), divisor))).ok().flatten()
    }

    fn bytes(&self) -> &[u8] {
        (*self.file).as_ref()
    }

    fn decode_jpeg(&self) -> Result<Picture, DecodeError> {
        let mut decoder = jpeg(self.bytes())?;
        let is_gray = decoder.input_colorspace() == Some(ColorSpace::Luma);
        let colours = if is_gray { ColorSpace::Luma } else { ColorSpace::RGB };
        decoder.set_options(decoder.options().jpeg_set_out_colorspace(colours));
        let pixels = decoder.decode().map_err(unreadable)?;
        let rgb = if is_gray { pixels.iter().flat_map(|gray| [*gray; 3]).collect() } else { pixels };
        Picture::from_rgb(self.width, self.height, rgb).map_err(unreadable)
    }

    fn decode_other(&self) -> Result<Picture, DecodeError> {
        let decoder = limited(ImageReader::with_format(Cursor::new(self.bytes()), self.format), self.most_pixels)?;
        let image = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
        let (width, height) = (image.width(), image.height());
        let rgb = if image.color().has_alpha() { over_white(image) } else { image.into_rgb8().into_raw() };
        Picture::from_rgb(width, height, rgb).map_err(unreadable)
    }
}

fn jpeg(bytes: &[u8]) -> Result<JpegDecoder<ZCursor<&[u8]>>, DecodeError> {
    let options = DecoderOptions::default().set_strict_mode(false).set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(unreadable)?;
    Ok(decoder)
}

fn limited<'a>(
    mut reader: ImageReader<Cursor<&'a [u8]>>,
    most_pixels: u64,
) -> Result<impl ImageDecoder + use<'a>, DecodeError> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(most_pixels.saturating_mul(8).saturating_add(WORKING_BYTES));
    reader.limits(limits);
    reader.into_decoder().map_err(unreadable)
}

/// What decoding takes beside the picture, for other files than JPEG: their own colours, and a canvas.
fn working_bytes(format: ImageFormat, decoder: &impl ImageDecoder) -> u64 {
    let (width, height) = decoder.dimensions();
    let canvas = (u64::from(width) * u64::from(height)).saturating_mul(4);
    let colours = if decoder.color_type() == ColorType::Rgb8 { 0 } else { decoder.total_bytes() };
    let in_place = matches!(format, ImageFormat::Png | ImageFormat::Bmp) && !decoder.color_type().has_alpha();
    if in_place { colours } else { colours.saturating_add(canvas) }
}

fn unreadable(error: impl Display) -> DecodeError {
    DecodeError::Unreadable(format!("cannot be decoded: {error}"))
}

/// A file that a decoder panics about is as broken as any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(unreadable("the decoder gave up on it")))
}

fn over_white(image: DynamicImage) -> Vec<u8> {
    let rgba = image.into_rgba8();
    let (pixels, _) = rgba.as_raw().as_chunks::<4>();
    let mut rgb = Vec::with_capacity(pixels.len() * 3);
    for [red, green, blue, alpha] in pixels {
        let alpha = u32::from(*alpha);
        rgb.extend([red, green, blue].map(|c| ((u32::from(*c) * alpha + 255 * (255 - alpha) + 127) / 255) as u8));
    }
    rgb
}

#[cfg(test)]
mod tests {
    use image::{ImageEncoder, RgbImage, codecs::jpeg::JpegEncoder, codecs::png::PngEncoder};

    use super::*;

    fn decode(bytes: &[u8], most_pixels: u64) -> Result<Picture, DecodeError> {
        super::decode(&(Arc::new(bytes.to_vec()) as _), most_pixels)
    }

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
