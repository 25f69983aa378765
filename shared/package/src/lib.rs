#![doc = include_str!("../README.md")]

mod archive;
mod check;
mod complete;
pub mod component;
mod examples;
mod icon;
mod json;
mod layout;
mod matching;
mod model;
mod names;
mod pack;
mod references;
mod sniff;
pub mod template;
mod unpack;

use serde_json::{Map, Value};
use vision_protocol::{Digest, Manifest};

pub use check::{check, check_with};
pub use complete::complete;
pub use matching::matches;
pub use pack::{PackError, pack_files, pack_folder};
pub use unpack::{UnpackError, unpack};

/// An archive without faults.
#[derive(Clone, Debug)]
pub struct Package {
    /// `app.json`, with what its task implies filled in.
    pub manifest: Manifest,
    /// SHA-256 of the archive.
    pub digest: Digest,
    /// Its files, sorted by path; folders are left out.
    pub files: Vec<FileEntry>,
    /// The examples, sorted by name.
    pub examples: Vec<Example>,
    /// `template.html`.
    pub template: Option<String>,
    /// `icon.png` or `icon.svg`.
    pub icon: Option<Icon>,
    /// `README.md`.
    pub readme: Option<String>,
}

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Its path, with `/` between the parts.
    pub path: String,
    /// Its bytes, inflated.
    pub size: u64,
}

/// A picture for lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Icon {
    /// `image/png` or `image/svg+xml`.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// One example: a test, and a sample to try on the app's page.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Name of its folder.
    pub name: String,
    /// Inputs by parameter; an Image's value names one of `files`.
    pub inputs: Map<String, Value>,
    /// What must come out.
    pub expected: Option<Expected>,
    /// The files that inputs name, without their folder.
    pub files: Vec<String>,
}

/// What an example must give.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// How far each number may be off.
    pub tolerance: f64,
    /// Result variables by name, for [`matches`].
    pub result: Map<String, Value>,
}

impl Package {
    /// Whether the archive holds that file.
    pub fn contains(&self, path: &str) -> bool {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok()
    }
}

impl Example {
    /// Path of one of its files in the archive.
    pub fn path(&self, file: &str) -> String {
        format!("{}/{}/{file}", layout::EXAMPLES, self.name)
    }
}
