//! Published packages on disk: `<data>/packages/<release>/`, unpacked, with the compiled component beside.
//!
//! A package is made ready under `<data>/incoming/` and then renamed into place, so what stands under `packages` is
//! always whole. Nothing but packages is ever written to disk.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use tempfile::TempDir;
use vision_protocol::{Digest, Manifest, ReleaseId, messages::ErrorCode};

use super::failure::Failure;

const COMPILED: &str = ".compiled";
const COMPONENT: &str = ".compiled/app.cwasm";
const MANIFEST: &str = ".compiled/app.json";
const DIGEST: &str = "package.sha256";

/// The store.
pub(super) struct Packages {
    packages: PathBuf,
    incoming: PathBuf,
    known: Mutex<HashMap<ReleaseId, Arc<Release>>>,
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
}

impl Packages {
    /// Takes a data folder into use, and clears away what an earlier process left half done.
    pub(super) fn open(data: &Path) -> io::Result<Self> {
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
        Ok(Self { packages, incoming, known: Mutex::default(), _lock: lock })
    }

    /// A folder for a package on its way in; it goes when dropped.
    pub(super) fn incoming(&self) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix("package-").tempdir_in(&self.incoming)
    }

    /// The release of that id, if it was published here.
    pub(super) fn get(&self, id: ReleaseId) -> Result<Option<Arc<Release>>, Failure> {
        let mut known = self.known.lock().expect("no holder panics");
        if let Some(release) = known.get(&id) {
            return Ok(Some(release.clone()));
        }
        let release = self.load(id).map_err(|error| Failure::internal("read a stored package", error))?;
        Ok(release.map(|release| known.entry(id).or_insert(release).clone()))
    }

    fn load(&self, id: ReleaseId) -> io::Result<Option<Arc<Release>>> {
        let folder = self.packages.join(id.to_string());
        let digest = match fs::read_to_string(folder.join(DIGEST)) {
            Ok(digest) => digest.trim().parse().map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let manifest = Manifest::parse(&fs::read(folder.join(MANIFEST))?)
            .map_err(|faults| io::Error::other(vision_protocol::fault::summary(&faults)))?;
        Ok(Some(Arc::new(Release { id, folder, digest, manifest })))
    }

    /// Renames a proved package into place. Of two that come at the same time, the first stays.
    pub(super) fn install(
        &self,
        unpacked: &Path,
        id: ReleaseId,
        digest: Digest,
        manifest: &Manifest,
        component: &[u8],
    ) -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::internal("store the package", error);
        let complete = || {
            private_folder(&unpacked.join(COMPILED))?;
            private_file(&unpacked.join(COMPONENT), component)?;
            private_file(&unpacked.join(MANIFEST), manifest.to_json().as_bytes())?;
            private_file(&unpacked.join(DIGEST), digest.to_string().as_bytes())
        };
        complete().map_err(failed)?;
        match fs::rename(unpacked, self.packages.join(id.to_string())) {
            Ok(()) => File::open(&self.packages).and_then(|folder| folder.sync_all()).map_err(failed),
            Err(error) => match self.get(id)? {
                Some(present) => present.same_as(digest),
                None => Err(failed(error)),
            },
        }
    }

    /// Removes a release that can no longer be used, so that it can be published again.
    pub(super) fn forget(&self, id: ReleaseId) -> io::Result<()> {
        let grave = self.incoming()?;
        self.known.lock().expect("no holder panics").remove(&id);
        fs::rename(self.packages.join(id.to_string()), grave.path().join("package"))
    }
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

fn private_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::options().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
