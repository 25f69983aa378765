//! The labels that an app knows, to choose the right one from.

use std::{
    collections::BTreeSet,
    io::{BufReader, Read},
};

use super::{DomainError, Result, RunView, Shown};
use crate::{blobs::objects::ObjectKey, state::Portal, store::StoreError};

/// Labels that a page can offer.
const MOST: usize = 3000;
/// Bytes of a file of labels.
const LARGEST: u64 = 1 << 20;

/// The labels in the files of the release's models, and those of the result itself, in order and each once.
///
/// # Errors
/// The database's or the object store's.
pub async fn labels(portal: &Portal, run: &RunView) -> Result<Vec<String>> {
    let mut all: Vec<String> = of_result(run);
    let files: BTreeSet<String> = run.manifest.models.iter().filter_map(|model| model.labels.clone()).collect();
    if !files.is_empty() {
        let release = portal.store.release(run.release).await?.ok_or(DomainError::NotFound)?;
        let digest = release.digest.parse().map_err(|_| StoreError::Corrupt("digest"))?;
        let package = portal.objects.open(ObjectKey::Package(digest)).await?.into_file().into_std().await;
        let read = tokio::task::spawn_blocking(move || of_package(package, &files));
        all.extend(read.await.map_err(DomainError::internal)?);
    }
    let mut seen = BTreeSet::new();
    all.retain(|label| seen.insert(label.clone()));
    all.truncate(MOST);
    Ok(all)
}

fn of_result(run: &RunView) -> Vec<String> {
    let mut labels = Vec::new();
    for result in &run.results {
        let Shown::Plain(value) = &result.value else { continue };
        let found = value.as_array().or_else(|| value.get("boxes")?.as_array());
        let names = found.into_iter().flatten().filter_map(|one| one.get("label")?.as_str());
        labels.extend(names.map(ToOwned::to_owned));
    }
    labels
}

/// A file that cannot be read offers nothing: the right label can be typed all the same.
fn of_package(package: std::fs::File, files: &BTreeSet<String>) -> Vec<String> {
    let Ok(mut archive) = zip::ZipArchive::new(BufReader::new(package)) else { return Vec::new() };
    let mut labels = Vec::new();
    for name in files {
        let mut text = String::new();
        let read = archive.by_name(name).map(|file| file.take(LARGEST).read_to_string(&mut text));
        if matches!(read, Ok(Ok(_))) {
            labels.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned));
        }
    }
    labels
}
