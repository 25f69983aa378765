//! What an app with glue of its own begins as: the template of a language with the kit beside it, built into a program.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Component, Path},
};

static FILES: [&[(&str, &[u8])]; 3] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// A language that there is a kit for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust.
    Rust,
    /// JavaScript.
    JavaScript,
    /// Python.
    Python,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rust, Self::JavaScript, Self::Python];

    /// The name that people type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "javascript",
            Self::Python => "python",
        }
    }

    /// The language of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }

    /// The files of a new app, sorted, by their paths in its folder.
    pub fn files(self) -> &'static [(&'static str, &'static [u8])] {
        FILES[self as usize]
    }

    /// Writes a new app into a folder, which is made where it is not there. Files that are there already stay as they
    /// are, and are an error.
    ///
    /// # Errors
    /// If something cannot be written.
    pub fn write(self, folder: &Path) -> io::Result<()> {
        for (path, content) in self.files() {
            debug_assert!(Path::new(path).components().all(|part| matches!(part, Component::Normal(_))));
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            let mut options = fs::OpenOptions::new();
            let mut file = options.write(true).create_new(true).open(&path)?;
            io::Write::write_all(&mut file, content)?;
            if content.starts_with(b"#!") {
                file.set_permissions(fs::Permissions::from_mode(0o755))?;
            }
        }
        Ok(())
    }
}
