//! EXIF: which side is up is read out of it, and written into a new one that holds nothing else.

use exif::{In, Reader, Tag};

/// Bytes of what [`block`] makes.
pub(super) const BLOCK_BYTES: usize = 26;

/// How a photo is to be turned, if its EXIF block (TIFF, without the `Exif` before it) says that it has to be.
pub(super) fn orientation(tiff: &[u8]) -> Option<u8> {
    let read = Reader::new().continue_on_error(true).read_raw(tiff.to_vec());
    // A maker's odd fields must not cost the one that counts.
    let exif = read.or_else(|error| error.distill_partial_result(|_| {})).ok()?;
    let turn = exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)?;
    u8::try_from(turn).ok().filter(|turn| (2..=8).contains(turn))
}

/// An EXIF block that says how a photo is to be turned, and nothing else.
pub(super) fn block(orientation: u8) -> [u8; BLOCK_BYTES] {
    let mut tiff = [0; BLOCK_BYTES];
    // Little endian; the first directory follows at once, with one entry.
    tiff[..10].copy_from_slice(b"II*\0\x08\0\0\0\x01\0");
    // Orientation: one SHORT. No further directory.
    tiff[10..18].copy_from_slice(&[0x12, 0x01, 3, 0, 1, 0, 0, 0]);
    tiff[18] = orientation;
    tiff
}
