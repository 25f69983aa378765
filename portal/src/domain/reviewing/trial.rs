//! Running a release's examples by hand: each becomes a run of the reviewer's own.

use std::{fs::File, io::BufReader};

use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;
use vision_package::Example;
use vision_protocol::{ids::ReleaseId, limits::PackageLimits, manifest::Manifest, parameters::ParameterType};

use super::{contents, row};
use crate::{
    blobs::BlobError,
    domain::{DomainError, Result, accounts::User, running, site},
    state::Portal,
};

/// Examples that are run at once; the rest stays unrun.
const MOST: usize = 10;
/// Bytes of any standard glue, and more.
const GLUE_AT_MOST: u64 = 64 << 20;

/// An example with its files.
struct Loaded {
    example: Example,
    files: Vec<(String, Bytes)>,
}

/// Begins a run of every example. Says how many.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` without examples, or if the release cannot be run.
pub async fn try_examples(portal: &Portal, viewer: &User, id: ReleaseId) -> Result<usize> {
    let row = row(portal, viewer, id).await?;
    let file = contents::open(portal, &row.digest).await?;
    let limits = site::current(portal).await?.packages(&portal.config.limits);
    let (manifest, examples) =
        tokio::task::spawn_blocking(move || load(file, &limits)).await.map_err(DomainError::internal)??;
    if examples.is_empty() {
        return Err(DomainError::Conflict("This release has no examples.".to_owned()));
    }
    let begun = examples.len();
    for loaded in examples {
        begin(portal, viewer, id, &manifest, loaded).await?;
    }
    Ok(begun)
}

async fn begin(portal: &Portal, viewer: &User, id: ReleaseId, manifest: &Manifest, loaded: Loaded) -> Result<()> {
    let mut draft = running::begin(portal, viewer, id).await?;
    for (name, value) in &loaded.example.inputs {
        let is_image = manifest
            .app_parameters
            .iter()
            .any(|parameter| parameter.name == *name && parameter.parameter_type == ParameterType::Image);
        match value {
            Value::String(file) if is_image => {
                let bytes = loaded.files.iter().find(|(known, _)| known == file).map(|(_, bytes)| bytes.clone());
                let stream = stream::iter([Ok::<_, std::io::Error>(bytes.unwrap_or_default())]);
                draft.file(name, stream).await?;
            }
            Value::String(text) => draft.text(name, text),
            other => draft.text(name, &other.to_string()),
        }
    }
    draft.submit().await?;
    Ok(())
}

fn load(file: File, limits: &PackageLimits) -> Result<(Manifest, Vec<Loaded>)> {
    let again = file.try_clone().map_err(BlobError::Io)?;
    // The portal completed it with the standard glue, which makes it a little larger than the upload was.
    let limits = PackageLimits {
        zipped_bytes: limits.zipped_bytes + GLUE_AT_MOST,
        inflated_bytes: limits.inflated_bytes + GLUE_AT_MOST,
        ..limits.clone()
    };
    let package = vision_package::check(file, &limits).map_err(DomainError::Invalid)?;
    let mut archive = zip::ZipArchive::new(BufReader::new(again)).map_err(DomainError::internal)?;
    let mut loaded = Vec::new();
    for example in package.examples.into_iter().take(MOST) {
        let mut files = Vec::new();
        for name in &example.files {
            let mut entry = archive.by_name(&example.path(name)).map_err(DomainError::internal)?;
            let mut bytes = Vec::new();
            std::io::copy(&mut entry, &mut bytes).map_err(BlobError::Io)?;
            files.push((name.clone(), Bytes::from(bytes)));
        }
        loaded.push(Loaded { example, files });
    }
    Ok((package.manifest, loaded))
}
