//! What is in a package: its files with their digests, and what its glue asks for.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read},
};

use sha2::{Digest as _, Sha256};
use vision_package::component;
use vision_protocol::{ids::Digest, manifest::Manifest};

use crate::{
    blobs::{BlobError, objects::ObjectKey},
    domain::{DomainError, Result},
    state::Portal,
    store::StoreError,
};

/// What is in a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Path, with size and SHA-256.
    pub files: BTreeMap<String, (u64, String)>,
    /// The interfaces that its component imports.
    pub imports: Vec<String>,
    /// Names of the examples.
    pub examples: Vec<String>,
}

/// Reads a stored package, which was checked when it was uploaded.
pub(super) async fn read(portal: &Portal, digest: &str) -> Result<Contents> {
    let file = open(portal, digest).await?;
    tokio::task::spawn_blocking(move || list(file)).await.map_err(DomainError::internal)?
}

/// The stored package as a file.
pub(super) async fn open(portal: &Portal, digest: &str) -> Result<File> {
    let digest: Digest = digest.parse().map_err(|_| StoreError::Corrupt("digest"))?;
    Ok(portal.objects.open(ObjectKey::Package(digest)).await?.into_file().into_std().await)
}

fn list(file: File) -> Result<Contents> {
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(DomainError::internal)?;
    let mut contents = Contents::default();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(DomainError::internal)?;
        if entry.is_dir() {
            continue;
        }
        let path = entry.name().map_err(DomainError::internal)?.into_owned();
        if path == Manifest::COMPONENT {
            let mut component = Vec::new();
            entry.read_to_end(&mut component).map_err(BlobError::Io)?;
            contents.imports = component::imports(&component);
            contents.files.insert(path, (component.len() as u64, Digest::of(&component).to_string()));
            continue;
        }
        let mut hash = Sha256::new();
        let mut size = 0;
        let mut piece = vec![0; 64 << 10];
        loop {
            match entry.read(&mut piece).map_err(BlobError::Io)? {
                0 => break,
                read => {
                    size += read as u64;
                    hash.update(&piece[..read]);
                }
            }
        }
        if let Some(example) = path.strip_prefix("examples/").and_then(|path| path.strip_suffix("/inputs.json")) {
            contents.examples.push(example.to_owned());
        }
        contents.files.insert(path, (size, hex::encode(hash.finalize())));
    }
    contents.examples.sort();
    Ok(contents)
}
