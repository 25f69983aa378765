//! The real models and photos that `VISION_TEST_DATA` names. They are never copied into the repository.

use std::path::{Path, PathBuf};

use super::Missing;

/// A folder with `models/` and `images/`.
#[derive(Clone, Debug)]
pub(crate) struct TestData(PathBuf);

impl TestData {
    /// The folder, if there is one.
    pub(crate) fn find() -> Result<Self, Missing> {
        let Some(folder) = std::env::var_os("VISION_TEST_DATA").map(PathBuf::from) else {
            return Err(Missing("VISION_TEST_DATA names no folder of models and photos".to_owned()));
        };
        // Cargo runs tests in the crate's folder; people write the path as seen from the repository.
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let folder = repository.join(folder);
        if folder.join("models").is_dir() && folder.join("images").is_dir() {
            Ok(Self(folder))
        } else {
            Err(Missing(format!("VISION_TEST_DATA={} holds no models/ and images/", folder.display())))
        }
    }

    /// Where a model lies, or something that belongs to it.
    pub(crate) fn model(&self, name: &str) -> PathBuf {
        self.0.join("models").join(name)
    }

    /// Where a photo lies.
    pub(crate) fn image(&self, name: &str) -> PathBuf {
        self.0.join("images").join(name)
    }
}

/// The bytes of a file that must be there.
pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
