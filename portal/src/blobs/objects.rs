//! The object store: sealed files and packages under typed keys. Today in a folder; a bucket has the same face.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use tokio::{
    fs,
    io::{AsyncReadExt, AsyncWriteExt},
};
use uuid::Uuid;
use vision_protocol::ids::{BlobId, Digest};

use super::BlobError;

/// The name of an object. Made of ids and digests only, so that no name can lead anywhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKey {
    /// A sealed file.
    Blob(BlobId),
    /// A release's package. Not sealed: it is published, and holds nobody's photos.
    Package(Digest),
    /// A file of an app that is being written. Not sealed, as what becomes of it is not.
    Draft(Uuid),
}

impl ObjectKey {
    fn path(self) -> String {
        match self {
            // The last digits are the random ones, so folders fill evenly.
            Self::Blob(id) => {
                let id = id.0.simple().to_string();
                format!("blobs/{}/{id}", &id[id.len() - 2..])
            }
            Self::Package(digest) => format!("packages/{digest}.zip"),
            Self::Draft(id) => {
                let id = id.simple().to_string();
                format!("drafts/{}/{id}", &id[id.len() - 2..])
            }
        }
    }
}

/// The object store.
#[derive(Clone)]
pub struct ObjectStore {
    root: PathBuf,
}

impl ObjectStore {
    /// Opens the store in a folder, making it if needed. Its only writer may `sweep` up what was left half-written.
    ///
    /// # Errors
    /// The file system's.
    pub async fn open_folder(root: &Path, sweep: bool) -> Result<Self, BlobError> {
        let unfinished = root.join("unfinished");
        if sweep {
            match fs::remove_dir_all(&unfinished).await {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        fs::create_dir_all(&unfinished).await?;
        fs::create_dir_all(root.join("packages")).await?;
        Ok(Self { root: root.to_owned() })
    }

    /// Begins to write an object; it is there once [`ObjectWriter::finish`] returns, and not before.
    ///
    /// # Errors
    /// The file system's.
    pub async fn create(&self, key: ObjectKey) -> Result<ObjectWriter, BlobError> {
        let temporary = self.root.join("unfinished").join(Uuid::new_v4().simple().to_string());
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).await?;
        Ok(ObjectWriter { file, temporary: Temporary(temporary), place: self.root.join(key.path()) })
    }

    /// Opens an object.
    ///
    /// # Errors
    /// `Missing`.
    pub async fn open(&self, key: ObjectKey) -> Result<ObjectReader, BlobError> {
        match fs::File::open(self.root.join(key.path())).await {
            Ok(file) => Ok(ObjectReader { size: file.metadata().await?.len(), file }),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(BlobError::Missing),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether an object is there.
    ///
    /// # Errors
    /// The file system's.
    pub async fn contains(&self, key: ObjectKey) -> Result<bool, BlobError> {
        Ok(fs::try_exists(self.root.join(key.path())).await?)
    }

    /// Removes an object. One that is not there is no error.
    ///
    /// # Errors
    /// The file system's.
    pub async fn delete(&self, key: ObjectKey) -> Result<(), BlobError> {
        match fs::remove_file(self.root.join(key.path())).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename it is gone already.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// An object that is being written. Dropped, it leaves nothing.
pub struct ObjectWriter {
    file: fs::File,
    temporary: Temporary,
    place: PathBuf,
}

impl ObjectWriter {
    /// Appends.
    ///
    /// # Errors
    /// The file system's.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        Ok(self.file.write_all(bytes).await?)
    }

    /// Appends the content of a file.
    ///
    /// # Errors
    /// The file system's.
    pub async fn copy_from(&mut self, file: &mut fs::File) -> Result<(), BlobError> {
        tokio::io::copy(file, &mut self.file).await?;
        Ok(())
    }

    /// Puts the object in its place.
    ///
    /// # Errors
    /// The file system's.
    pub async fn finish(mut self) -> Result<(), BlobError> {
        self.file.flush().await?;
        match fs::rename(&self.temporary.0, &self.place).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if let Some(folder) = self.place.parent() {
                    fs::create_dir_all(folder).await?;
                }
                Ok(fs::rename(&self.temporary.0, &self.place).await?)
            }
            done => Ok(done?),
        }
    }
}

/// An object that is being read.
pub struct ObjectReader {
    file: fs::File,
    size: u64,
}

impl ObjectReader {
    /// Bytes of the object.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The object as a file.
    pub fn into_file(self) -> fs::File {
        self.file
    }

    /// Fills `buffer` as far as the object goes; says how far.
    ///
    /// # Errors
    /// The file system's.
    pub async fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, BlobError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read(&mut buffer[filled..]).await? {
                0 => break,
                more => filled += more,
            }
        }
        Ok(filled)
    }
}
