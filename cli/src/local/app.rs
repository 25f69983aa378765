//! An app from a folder or a zip, as the portal would hand it to a runner.

use std::{
    fs::{self, File},
    io::{Cursor, Read, Seek},
    path::{Path, PathBuf},
};

use anyhow::Context;
use tempfile::TempDir;
use vision_package::{Example, Package, UnpackError};
use vision_protocol::{Fault, Manifest, limits::PackageLimits};

/// A checked app, unpacked into a folder of its own.
pub struct App {
    /// What is in it.
    pub package: Package,
    folder: TempDir,
}

impl App {
    /// Reads an app. The outer error is about files that cannot be read, the inner one about the app.
    ///
    /// # Errors
    /// What could not be read; and every fault of the app at once.
    pub fn open(path: &Path) -> anyhow::Result<Result<Self, Vec<Fault>>> {
        let folder = TempDir::with_prefix("vision-app-").context("no temporary folder can be made")?;
        match vision_package::unpack(archive(path)?, &PackageLimits::default(), folder.path()) {
            Ok(package) => Ok(Ok(Self { package, folder })),
            Err(UnpackError::Faults(faults)) => Ok(Err(faults)),
            Err(error) => Err(error.into()),
        }
    }

    /// The manifest, with what its task implies.
    pub fn manifest(&self) -> &Manifest {
        &self.package.manifest
    }

    /// What the portal would hand to a runner: complete in itself, with glue.
    ///
    /// # Errors
    /// What could not be read or written.
    pub fn release(&self) -> anyhow::Result<Vec<u8>> {
        complete(self.folder.path())
    }

    /// The same without its examples, which a runner would try before it takes the app.
    ///
    /// # Errors
    /// What could not be read or written.
    pub fn release_without_examples(&self) -> anyhow::Result<Vec<u8>> {
        let bare = TempDir::with_prefix("vision-app-").context("no temporary folder can be made")?;
        for file in self.package.files.iter().filter(|file| !file.path.starts_with("examples/")) {
            let to = bare.path().join(&file.path);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::copy(self.folder.path().join(&file.path), &to)
                .with_context(|| format!("{} cannot be copied", file.path))?;
        }
        complete(bare.path())
    }

    /// Where a file of an example lies.
    pub fn file(&self, example: &Example, file: &str) -> PathBuf {
        self.folder.path().join(example.path(file))
    }
}

/// The zip itself, or a zip made of the folder.
///
/// # Errors
/// What could not be read.
pub(crate) fn archive(app: &Path) -> anyhow::Result<File> {
    if !app.is_dir() {
        return File::open(app).with_context(|| format!("cannot read {}", app.display()));
    }
    let mut file = tempfile::tempfile()?;
    vision_package::pack_folder(app, &mut file).with_context(|| format!("cannot pack {}", app.display()))?;
    file.rewind()?;
    Ok(file)
}

/// The package of an app whose files are at hand, and its manifest.
///
/// # Errors
/// The faults of the app.
pub(crate) fn completed(files: &[(&str, &[u8])]) -> anyhow::Result<(Vec<u8>, Manifest)> {
    let mut archive = Vec::new();
    vision_package::pack_files(files.iter().copied(), &mut archive)?;
    complete_archive(&mut Cursor::new(archive))
}

fn complete(folder: &Path) -> anyhow::Result<Vec<u8>> {
    complete_archive(&mut archive(folder)?).map(|(release, _)| release)
}

fn complete_archive(archive: &mut (impl Read + Seek)) -> anyhow::Result<(Vec<u8>, Manifest)> {
    let package = vision_package::check(&mut *archive, &PackageLimits::default())
        .map_err(|faults| anyhow::anyhow!(vision_protocol::fault::summary(&faults)))?;
    archive.rewind()?;
    let mut release = Vec::new();
    vision_package::complete(archive, &package, &mut release).context("the app's package cannot be completed")?;
    Ok((release, package.manifest))
}
