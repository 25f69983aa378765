//! A result's pictures, as files: those that it holds, and the photo with its boxes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::Serialize;
use vision_protocol::{
    Manifest,
    limits::RunLimits,
    results::{Boxes, ResultType},
};
use vision_runner::worker::drawing::draw_boxes;

use crate::local::{Input, Ran};

/// A picture that was written.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Saved {
    /// The result variable that it shows.
    pub(crate) result: String,
    /// Where it lies.
    pub(crate) file: PathBuf,
}

/// Writes all pictures of a result into a folder, which is made when there is one to write.
///
/// # Errors
/// What could not be written.
pub(crate) fn save(
    folder: &Path,
    manifest: &Manifest,
    inputs: &[(String, Input)],
    ran: &Ran,
) -> anyhow::Result<Vec<Saved>> {
    let photo = inputs.iter().find_map(|(_, input)| match input {
        Input::Photo(photo) => Some(photo),
        Input::Plain(_) => None,
    });
    let mut pictures: Vec<(&str, Vec<u8>)> =
        ran.pictures.iter().map(|(name, picture)| (name.as_str(), picture.clone())).collect();
    for variable in manifest.result_variables.iter().filter(|result| result.result_type == ResultType::Boxes) {
        let boxes = ran.response.result.get(&variable.name).cloned().unwrap_or_default();
        if let (Some(photo), Ok(boxes)) = (photo, serde_json::from_value::<Boxes>(boxes)) {
            let drawn = draw_boxes(photo, &boxes, RunLimits::default().image_pixels);
            pictures.push((&variable.name, drawn.map_err(anyhow::Error::msg)?));
        }
    }
    let mut saved = Vec::new();
    for (name, picture) in pictures {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let file = folder.join(format!("{name}.{}", extension(&picture)));
        fs::write(&file, &picture).with_context(|| format!("{} cannot be written", file.display()))?;
        saved.push(Saved { result: name.to_owned(), file });
    }
    Ok(saved)
}

fn extension(picture: &[u8]) -> &'static str {
    match picture {
        [0xff, 0xd8, ..] => "jpg",
        [b'R', b'I', b'F', b'F', ..] => "webp",
        [b'G', b'I', b'F', ..] => "gif",
        _ => "png",
    }
}
