//! A gallery: pictures with names, each as the vector that the model makes of it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::{
    local::{self, Failure, Input, Session},
    progress::Progress,
    propose::Proposal,
};

const RELEASE: i64 = 2_000;
const PICTURES: [&str; 6] = ["jpg", "jpeg", "png", "webp", "gif", "bmp"];

/// A gallery, computed.
pub(super) struct Gallery {
    /// Of each vector.
    pub(super) names: Vec<String>,
    /// One behind the other, as little-endian float32.
    pub(super) vectors: Vec<u8>,
}

/// Has a runner compute the vector of each picture in a folder, exactly as it will compute that of a photo.
///
/// # Errors
/// When the folder holds no pictures, or one that cannot be read.
pub(super) async fn computed(
    session: &Session,
    model: &[u8],
    proposal: &Proposal,
    folder: &Path,
) -> Result<Gallery, Failure> {
    let pictures = pictures(folder)?;
    let mut bare = proposal.clone();
    bare.output.gallery = None;
    let manifest = bare.manifest("Gallery", bare.model("model", "models/model.onnx", None)).to_json();
    let (package, manifest) = local::completed(&[("app.json", manifest.as_bytes()), ("models/model.onnx", model)])?;
    session.publish(RELEASE, &package).await?;
    let progress = Progress::of(pictures.len(), "computing the gallery");
    let mut gallery = Gallery { names: Vec::new(), vectors: Vec::new() };
    for (name, path) in pictures {
        progress.say(&path.display().to_string());
        let photo = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let inputs = [(manifest.app_parameters[0].name.clone(), Input::Photo(photo))];
        let ran = session.run(RELEASE, &manifest, &inputs).await.map_err(|failure| match failure {
            Failure::Refused(refusal) => Failure::Here(anyhow::anyhow!("{}: {}", path.display(), refusal.message)),
            other => other,
        })?;
        let vector = ran.response.result.values().find_map(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let numbers = vector.iter().filter_map(Value::as_f64).map(|number| number as f32);
        gallery.vectors.extend(numbers.flat_map(f32::to_le_bytes));
        gallery.names.push(name);
        progress.step();
    }
    Ok(gallery)
}

/// The pictures of a folder with their names: of their sub-folder, or their own.
fn pictures(folder: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut pictures = Vec::new();
    for path in entries(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            pictures.extend(entries(&path)?.into_iter().map(|path| (name.clone(), path)));
        } else {
            pictures.push((path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), path));
        }
    }
    for (name, path) in &pictures {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if !path.is_file() || !PICTURES.contains(&extension.as_str()) {
            bail!(
                "{} is no picture: a gallery holds files of {}, and folders of them",
                path.display(),
                PICTURES.join(", ")
            );
        }
        if name.chars().any(char::is_control) {
            bail!("{}: a name must be one line", path.display());
        }
    }
    if pictures.is_empty() {
        bail!("{} holds no pictures", folder.display());
    }
    Ok(pictures)
}

/// What is in a folder, by name, without what is hidden.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let read = fs::read_dir(folder).with_context(|| format!("{} is no folder that can be read", folder.display()))?;
    let mut entries = read.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    entries.retain(|path| !path.file_name().unwrap_or_default().to_string_lossy().starts_with('.'));
    entries.sort();
    Ok(entries)
}
