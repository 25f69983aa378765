//! What the fuzz targets call of a worker's insides. Nothing else may.

use std::sync::Arc;

use super::pixels::{self, Encoded, File, View};

/// Decodes a picture as a run does, first scaled to a small part of it and then whole, and returns its width and height.
///
/// # Errors
/// The words that a run would fail with.
pub fn decode(bytes: &[u8], most_pixels: u64) -> Result<(u32, u32), String> {
    let file: File = Arc::new(bytes.to_vec());
    let encoded = Encoded::open(&file, most_pixels).map_err(|error| error.to_string())?;
    let mut view = View::of_file(encoded, "");
    for part in [32, 8] {
        let (width, height) = ((view.width() / part).max(1), (view.height() / part).max(1));
        while let Some(step) = view.before_scaling(width, height) {
            view.take(step).map_err(|error| error.to_string())?;
        }
        view.resize(width, height)?;
    }
    let picture = pixels::decode(&file, most_pixels).map_err(|error| error.to_string())?;
    Ok((picture.width(), picture.height()))
}
