//! An entry and its files as an app.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use vision_package::PackError;

use crate::{Depot, Entry, FetchError, labels};

/// Why an app could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// A model is not to be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The app could not be written.
    #[error("{}: {error}", path.display())]
    Write {
        /// The place.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The app could not be packed.
    #[error(transparent)]
    Pack(#[from] PackError),
}

impl AssembleError {
    /// Whether trying again later may help.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.is_passing())
    }
}

/// Writes the app's folder: manifest, models, labels, and a description with licence and credits. `progress` is told
/// how many bytes of all models are there.
///
/// # Errors
/// What could not be fetched or written.
pub async fn write_folder(
    depot: &Depot,
    entry: &Entry,
    folder: &Path,
    progress: impl Fn(u64),
) -> Result<(), AssembleError> {
    let models = fetch(depot, entry, progress).await?;
    let (entry, target) = (entry.clone(), folder.to_owned());
    let writing = tokio::task::spawn_blocking(move || assemble(&entry, &models, &target)).await;
    writing.map_err(|error| AssembleError::Write { path: folder.to_owned(), error: io::Error::other(error) })?
}

/// Writes the app as a zip, as [`write_folder`].
///
/// # Errors
/// What could not be fetched or written.
pub async fn write_zip(
    depot: &Depot,
    entry: &Entry,
    out: impl Write + Send + 'static,
    progress: impl Fn(u64),
) -> Result<(), AssembleError> {
    let models = fetch(depot, entry, progress).await?;
    let entry = entry.clone();
    let at = |error| AssembleError::Write { path: std::env::temp_dir(), error };
    let packing = tokio::task::spawn_blocking(move || -> Result<(), AssembleError> {
        let folder = tempfile::tempdir().map_err(at)?;
        assemble(&entry, &models, folder.path())?;
        Ok(vision_package::pack_folder(folder.path(), out)?)
    });
    packing.await.map_err(|error| at(io::Error::other(error)))?
}

/// Where each model lies, by its place in the app.
async fn fetch(depot: &Depot, entry: &Entry, progress: impl Fn(u64)) -> Result<Vec<(String, PathBuf)>, AssembleError> {
    let mut before = 0;
    let mut models = Vec::new();
    for model in &entry.models {
        let file = depot.fetch(&model.wanted(), |bytes| progress(before + bytes)).await?;
        before += model.bytes;
        models.push((model.path.clone(), file));
    }
    Ok(models)
}

fn assemble(entry: &Entry, models: &[(String, PathBuf)], folder: &Path) -> Result<(), AssembleError> {
    let manifest = format!("{:#}\n", entry.app);
    write(folder, "app.json", |path| fs::write(path, &manifest))?;
    write(folder, "README.md", |path| fs::write(path, readme(entry)))?;
    for (path, list) in &entry.labels {
        write(folder, path, |path| fs::write(path, labels(list).unwrap_or_default()))?;
    }
    for (path, file) in models {
        write(folder, path, |path| fs::copy(file, path).map(drop))?;
    }
    Ok(())
}

fn write(folder: &Path, inside: &str, write: impl Fn(&Path) -> io::Result<()>) -> Result<(), AssembleError> {
    let path = folder.join(inside);
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| write(&path)).map_err(|error| AssembleError::Write { path, error })
}

/// The long description of the app: what it is, whose it is, and under which licence.
pub fn readme(entry: &Entry) -> String {
    let mut text = format!("# {}\n\n{}\n", entry.text("Name"), entry.text("Description"));
    if !entry.notes.is_empty() {
        text.push_str(&format!("\n{}\n", entry.notes));
    }
    text.push_str(&format!(
        "\n## Whose it is\n\n{}\n\nLicence of the model: [{}]({}).\n\n",
        entry.credits, entry.licence, entry.licence_url
    ));
    text.push_str("| file | bytes | SHA-256 | from |\n|---|---|---|---|\n");
    for model in &entry.models {
        let source = &model.source;
        let how = model.converted.as_ref().map(|how| format!(", {how}")).unwrap_or_default();
        text.push_str(&format!(
            "| `{}` | {} | `{}` | [{}]({}){how} |\n",
            model.path,
            model.bytes,
            model.sha256,
            source.repository,
            source.page()
        ));
    }
    text
}
