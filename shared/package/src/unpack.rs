//! Writing a package's files into a folder, and nowhere else.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Read, Seek},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use vision_protocol::{Fault, limits::PackageLimits};

use crate::{Package, check};

/// Why an archive could not be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It has faults.
    #[error("{}", vision_protocol::fault::summary(.0))]
    Faults(Vec<Fault>),
    /// It has none, but could not be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Checks an archive and writes its files into the folder `into`, which is made if it is not there and must be
/// empty if it is. Only the owner can read what is written (files 0600, folders 0700).
///
/// # Errors
/// Every fault of the archive, with nothing written; or what could not be written.
pub fn unpack(source: impl Read + Seek, limits: &PackageLimits, into: &Path) -> Result<Package, UnpackError> {
    let (package, mut archive) = check::open(source, limits, None).map_err(UnpackError::Faults)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| UnpackError::Io { path, source }
    };
    let folder = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed(path));
    folder(into)?;
    if fs::read_dir(into).map_err(failed(into))?.next().is_some() {
        return Err(failed(into)(io::ErrorKind::DirectoryNotEmpty.into()));
    }
    for index in 0..archive.entries.len() {
        // Checked names have no root, no `..` and no backslash, so they stay below `into`.
        let path = into.join(&archive.entries[index].path);
        if let Some(parent) = path.parent() {
            folder(parent)?;
        }
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed(&path))?;
        let copied = archive.reader(index).and_then(|mut reader| io::copy(&mut reader, &mut file));
        copied.map_err(failed(&path))?;
    }
    Ok(package)
}
