//! What an entry of the catalogue says.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use url::Url;
use vision_protocol::{Digest, Fault, Manifest};

use crate::Wanted;

/// One known model, and the app that it becomes.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Entry {
    /// What it is called by: the name of its file.
    #[serde(skip)]
    pub name: String,
    /// SPDX identifier of the models' licence.
    pub licence: String,
    /// Where the licence is told.
    pub licence_url: Url,
    /// Who made it, for the app's page.
    pub credits: String,
    /// What one should know before using it.
    #[serde(default)]
    pub notes: String,
    /// Its models.
    pub models: Vec<ModelFile>,
    /// Files of labels in the app, each with the name of the list that it holds.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// `app.json`.
    pub app: Value,
}

/// One file of an entry.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ModelFile {
    /// Where it lies in the app.
    pub path: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// How many they are.
    pub bytes: u64,
    /// Where it comes from.
    pub source: Source,
    /// How these bytes were made of the source's; without it they are the source's.
    #[serde(default)]
    pub converted: Option<String>,
}

/// A file in a repository at a pinned commit.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Source {
    /// Owner and name on GitHub.
    pub repository: String,
    /// The commit, or enough of it to tell it from others.
    pub commit: String,
    /// Where the file lies in it.
    pub path: String,
    /// Whether the repository holds a Git LFS pointer in its place.
    #[serde(default)]
    pub lfs: bool,
    /// Other places that have the same bytes.
    #[serde(default)]
    pub also: Vec<Url>,
}

impl Entry {
    pub(crate) fn parse(name: &str, text: &str) -> serde_json::Result<Self> {
        let entry: Self = serde_json::from_str(text)?;
        Ok(Self { name: name.to_owned(), ..entry })
    }

    /// Its manifest.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn manifest(&self) -> Result<Manifest, Vec<Fault>> {
        Manifest::parse(self.app.to_string().as_bytes())
    }

    /// A text of the manifest, such as `Name`.
    pub fn text(&self, key: &str) -> &str {
        self.app[key].as_str().unwrap_or_default()
    }

    /// Bytes of all its models.
    pub fn bytes(&self) -> u64 {
        self.models.iter().map(|model| model.bytes).sum()
    }

    /// Whether its models can be downloaded: none was made of another file.
    pub fn is_downloadable(&self) -> bool {
        self.models.iter().all(|model| model.converted.is_none())
    }
}

impl ModelFile {
    /// What a depot needs to know of it.
    pub fn wanted(&self) -> Wanted {
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let mut names = vec![name(&self.path)];
        if self.converted.is_none() {
            names.push(name(&self.source.path));
        }
        let (urls, hint) = match &self.converted {
            None => (self.source.urls(), None),
            Some(how) => {
                let page = self.source.page();
                (Vec::new(), Some(format!("it is no download: {how}, out of {page}")))
            }
        };
        Wanted { names, digest: self.sha256, bytes: self.bytes, urls, hint }
    }
}

impl Source {
    /// The page that shows the file to people.
    pub fn page(&self) -> String {
        format!("https://github.com/{}/blob/{}/{}", self.repository, self.commit, self.path)
    }

    /// Where the bytes are, best first.
    fn urls(&self) -> Vec<Url> {
        let Self { repository, commit, path, .. } = self;
        let url = match self.lfs {
            true => format!("https://media.githubusercontent.com/media/{repository}/{commit}/{path}"),
            false => format!("https://raw.githubusercontent.com/{repository}/{commit}/{path}"),
        };
        url.parse().into_iter().chain(self.also.iter().cloned()).collect()
    }
}
