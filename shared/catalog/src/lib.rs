#![doc = include_str!("../README.md")]

mod assemble;
mod depot;
mod download;
mod entry;

use std::sync::LazyLock;

pub use assemble::{AssembleError, readme, write_folder, write_zip};
pub use depot::{Depot, FetchError, Wanted};
pub use entry::{Entry, ModelFile, Source};

/// Names with texts, as the build script found them.
type Texts = &'static [(&'static str, &'static str)];

static TEXTS: (Texts, Texts) = include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// All entries.
#[derive(Debug)]
pub struct Catalog {
    entries: Vec<Entry>,
}

impl Catalog {
    /// The entries that are built into this program.
    ///
    /// # Panics
    /// Never: a test reads them all.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Catalog> = LazyLock::new(|| {
            let entries = TEXTS.0.iter().map(|(name, text)| Entry::parse(name, text).expect("the entry was tested"));
            Catalog { entries: entries.collect() }
        });
        &BUILTIN
    }

    /// All entries, by name.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of that name.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }
}

/// A list of labels that several entries share: its text, one label per line.
pub(crate) fn labels(name: &str) -> Option<&'static str> {
    TEXTS.1.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
