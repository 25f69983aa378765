//! Published packages on disk: `<data>/packages/<release>/`, unpacked, with the compiled component beside.
//!
//! A package is made ready under `<data>/incoming/` and then renamed into place, so what stands under `packages` is
//! always whole. Those unused for longest go when all together take more of the disk than they may. Nothing but
//! packages is ever written to disk.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, futimens};
use tempfile::TempDir;
use vision_protocol::{Digest, Manifest, ReleaseId, messages::ErrorCode};

use super::failure::Failure;
use crate::{cell, learned::Learned};

const COMPILED: &str = ".compiled";
const COMPONENT: &str = ".compiled/app.cwasm";
const LEARNED: &str = ".compiled/learned.json";
const MANIFEST: &str = ".compiled/app.json";
/// The time of its last change is that of the release's last use.
const DIGEST: &str = "package.sha256";

/// The store.
pub(super) struct Packages {
    packages: PathBuf,
    incoming: PathBuf,
    most_bytes: u64,
    known: Mutex<Shelf>,
    /// Held as long as this store is in use.
    _lock: File,
}

/// A published release.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) id: ReleaseId,
    pub(super) folder: PathBuf,
    pub(super) digest: Digest,
    pub(super) manifest: Manifest,
    pub(super) learned: Learned,
}

/// What is on disk.
#[derive(Default)]
struct Shelf {
    releases: HashMap<ReleaseId, Known>,
    /// How often any of them was used.
    uses: u64,
}

/// A release on disk.
struct Known {
    /// Read on first use.
    release: Option<Arc<Release>>,
    bytes: u64,
    /// Which of all uses was its last.
    used: u64,
}

impl Packages {
    /// Takes a data folder into use, and clears away what an earlier process left half done.
    pub(super) fn open(data: &Path, most_bytes: u64) -> io::Result<Self> {
        let (packages, incoming) = (data.join("packages"), data.join("incoming"));
        private_folder(data)?;
        let lock = File::options().create(true).truncate(false).write(true).mode(0o600).open(data.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => {
                io::Error::new(io::ErrorKind::WouldBlock, "another runner uses this folder")
            }
            fs::TryLockError::Error(error) => error,
        })?;
        if incoming.exists() {
            fs::remove_dir_all(&incoming)?;
        }
        private_folder(&packages)?;
        private_folder(&incoming)?;
        // Workers are started elsewhere and are told absolute paths.
        let (packages, incoming) = (packages.canonicalize()?, incoming.canonicalize()?);
        let known = Mutex::new(present(&packages)?);
        let store = Self { packages, incoming, most_bytes, known, _lock: lock };
        store.make_room(|_| false);
        Ok(store)
    }

    /// A folder for a package on its way in; it goes when dropped.
    pub(super) fn incoming(&self) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix("package-").tempdir_in(&self.incoming)
    }

    /// The release of that id, if it was published here.
    pub(super) fn get(&self, id: ReleaseId) -> Result<Option<Arc<Release>>, Failure> {
        let mut known = self.known.lock().expect("no holder panics");
        let Shelf { releases, uses } = &mut *known;
        let Some(entry) = releases.get_mut(&id) else { return Ok(None) };
        *uses += 1;
        entry.used = *uses;
        if entry.release.is_none() {
            let folder = self.packages.join(id.to_string());
            let release = load(id, folder).map_err(|error| Failure::internal("read a stored package", error))?;
            entry.release = Some(Arc::new(release));
        }
        Ok(entry.release.clone())
    }

    /// Writes down that a release is in use, for the next supervisor.
    pub(super) fn mark_used(&self, release: &Release) {
        let marked = File::options().write(true).open(release.folder.join(DIGEST));
        let now = Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
            last_modification: Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
        };
        if let Err(error) = marked.and_then(|file| Ok(futimens(file, &now)?)) {
            tracing::debug!(%error, release.id = release.id.0, "cannot mark a package as used");
        }
    }

    /// Renames a proved package into place. Of two that come at the same time, the first stays.
    pub(super) fn install(
        &self,
        unpacked: &Path,
        id: ReleaseId,
        digest: Digest,
        manifest: &Manifest,
        learned: &Learned,
    ) -> Result<Arc<Release>, Failure> {
        let failed = |error: io::Error| Failure::internal("store the package", error);
        let complete = || {
            private_file(&unpacked.join(MANIFEST), manifest.to_json().as_bytes())?;
            private_file(&unpacked.join(LEARNED), &serde_json::to_vec(learned)?)?;
            private_file(&unpacked.join(DIGEST), digest.to_string().as_bytes())
        };
        complete().map_err(failed)?;
        let folder = self.packages.join(id.to_string());
        match fs::rename(unpacked, &folder) {
            Ok(()) => File::open(&self.packages).and_then(|folder| folder.sync_all()).map_err(failed)?,
            Err(error) => {
                let Some(present) = self.get(id)? else { return Err(failed(error)) };
                present.same_as(digest)?;
                return Ok(present);
            }
        }
        let bytes = bytes_of(&folder).map_err(failed)?;
        let release = Arc::new(Release { id, folder, digest, manifest: manifest.clone(), learned: learned.clone() });
        let mut known = self.known.lock().expect("no holder panics");
        known.uses += 1;
        let used = known.uses;
        known.releases.insert(id, Known { release: Some(release.clone()), bytes, used });
        Ok(release)
    }

    /// Removes releases, those unused for longest first, until the rest has room on the disk.
    pub(super) fn make_room(&self, in_use: impl Fn(ReleaseId) -> bool) {
        loop {
            let known = self.known.lock().expect("no holder panics");
            let held: u64 = known.releases.values().map(|known| known.bytes).sum();
            if held <= self.most_bytes {
                return;
            }
            let candidates = known.releases.iter().filter(|(id, _)| !in_use(**id));
            let Some(oldest) = candidates.min_by_key(|(_, known)| known.used).map(|(id, _)| *id) else {
                tracing::warn!(
                    held,
                    most = self.most_bytes,
                    "packages in use need more of the disk than they may have"
                );
                return;
            };
            drop(known);
            tracing::info!(release.id = oldest.0, "a package unused for long makes room on the disk");
            if let Err(error) = self.forget(oldest) {
                tracing::error!(%error, release.id = oldest.0, "cannot remove a package");
                return;
            }
        }
    }

    /// Removes a release that can no longer be used or has to make room, so that it can be published again.
    pub(super) fn forget(&self, id: ReleaseId) -> io::Result<()> {
        let grave = self.incoming()?;
        self.known.lock().expect("no holder panics").releases.remove(&id);
        match fs::rename(self.packages.join(id.to_string()), grave.path().join("package")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Keeps what a worker compiled within the package that it is proving. An earlier try at the same package may have come
/// as far.
pub(super) fn store_component(package: &Path, component: &[u8], gid: Option<u32>) -> io::Result<()> {
    let (folder, file) = (package.join(COMPILED), package.join(COMPONENT));
    private_folder(&folder)?;
    match fs::remove_file(&file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => private_file(&file, component)?,
    }
    hand_over(&folder, gid)
}

/// Lets a worker of that group read a folder.
pub(super) fn hand_over(folder: &Path, gid: Option<u32>) -> io::Result<()> {
    gid.map_or(Ok(()), |gid| cell::hand_over(folder, gid))
}

impl Release {
    /// Whether a package that comes in under this id is the one that stands here.
    pub(super) fn same_as(&self, digest: Digest) -> Result<(), Failure> {
        if self.digest == digest {
            return Ok(());
        }
        let message = format!("another package was published as release {}: a release never changes", self.id);
        Err(Failure::new(ErrorCode::AlreadyPublished, message))
    }
}

fn load(id: ReleaseId, folder: PathBuf) -> io::Result<Release> {
    let digest = fs::read_to_string(folder.join(DIGEST))?.trim().parse().map_err(io::Error::other)?;
    let manifest = Manifest::parse(&fs::read(folder.join(MANIFEST))?)
        .map_err(|faults| io::Error::other(vision_protocol::fault::summary(&faults)))?;
    // Without it a release only starts more slowly.
    let learned = fs::read(folder.join(LEARNED)).ok().and_then(|text| serde_json::from_slice(&text).ok());
    Ok(Release { id, folder, digest, manifest, learned: learned.unwrap_or_default() })
}

/// What an earlier supervisor has left.
fn present(packages: &Path) -> io::Result<Shelf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(packages)? {
        let entry = entry?;
        let id = entry.file_name().to_str().and_then(|name| name.parse().ok()).map(ReleaseId);
        let used = fs::metadata(entry.path().join(DIGEST)).and_then(|digest| digest.modified());
        if let (Some(id), Ok(used)) = (id, used) {
            found.push((used, id, bytes_of(&entry.path())?));
        }
    }
    found.sort_unstable();
    let mut shelf = Shelf::default();
    for (_, id, bytes) in found {
        shelf.uses += 1;
        shelf.releases.insert(id, Known { release: None, bytes, used: shelf.uses });
    }
    Ok(shelf)
}

fn bytes_of(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_of(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

fn private_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::options().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
