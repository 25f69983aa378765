//! The package's own files, read-only.

use std::{
    io::ErrorKind,
    path::{Component, Path, PathBuf},
};

use vision_protocol::Manifest;

/// What glue can read.
pub(super) struct Assets {
    root: PathBuf,
    /// `app.json` with what its task implies filled in.
    manifest: String,
    most_bytes: u64,
}

impl Assets {
    pub(super) fn new(root: &Path, manifest: &Manifest, most_bytes: u64) -> Self {
        Self { root: root.to_owned(), manifest: manifest.to_json(), most_bytes }
    }

    /// The content of a file, by its path in the package.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        if path == Manifest::FILE {
            return Ok(self.manifest.clone().into_bytes());
        }
        let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        // Hidden entries are the runner's own.
        if !inside || path.is_empty() || path.starts_with('.') {
            return Err(format!("“{path}” is not a path within the package, such as assets/labels.txt"));
        }
        let file = self.root.join(path);
        let failed = |error: &std::io::Error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => format!("the package has no file “{path}”"),
            _ => format!("“{path}” cannot be read"),
        };
        let metadata = file.symlink_metadata().map_err(|error| failed(&error))?;
        if !metadata.is_file() {
            return Err(format!("“{path}” is not a file"));
        }
        if metadata.len() > self.most_bytes {
            let most = self.most_bytes >> 20;
            return Err(format!("“{path}” is larger than the {most} MiB of memory that the app has"));
        }
        std::fs::read(file).map_err(|error| failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_package_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("package");
        std::fs::create_dir_all(package.join("assets")).unwrap();
        std::fs::create_dir_all(package.join(".compiled")).unwrap();
        std::fs::write(package.join("assets/labels.txt"), "cat").unwrap();
        std::fs::write(package.join(".compiled/app.cwasm"), "x").unwrap();
        std::fs::write(folder.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), package.join("assets/link")).unwrap();
        let text = r#"{"Name": "A", "Version": "1.0.0", "Task": "classification",
            "Models": [{"Name": "m", "File": "models/m.onnx"}]}"#;
        let assets = Assets::new(&package, &Manifest::parse(text.as_bytes()).unwrap(), 1 << 20);

        assert_eq!(assets.read("assets/labels.txt").unwrap(), b"cat");
        let manifest = String::from_utf8(assets.read("app.json").unwrap()).unwrap();
        assert!(manifest.contains("\"Photo\""), "defaults are filled in: {manifest}");
        let absolute = folder.path().join("secret");
        for path in
            ["../secret", "assets/../../secret", absolute.to_str().unwrap(), "", ".compiled/app.cwasm", "assets/link"]
        {
            assert!(assets.read(path).is_err(), "{path}");
        }
        assert_eq!(assets.read("assets/none").unwrap_err(), "the package has no file “assets/none”");
        assert_eq!(assets.read("assets").unwrap_err(), "“assets” is not a file");
    }
}
