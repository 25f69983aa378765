//! What has changed since the release that was published last.

use std::collections::BTreeSet;

use similar::{ChangeTag, TextDiff};

use super::contents::{self, Contents};
use crate::{
    domain::{Result, catalog},
    state::Portal,
    store::{EarlierRow, ReleaseRow},
};

/// Unchanged lines that are shown around a change.
const AROUND: usize = 3;
/// Lines of one text that are shown.
const MOST_LINES: usize = 2000;

/// How a line or a file differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It does not.
    Same,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another one under the same name.
    Other,
}

impl Change {
    /// For the style sheet.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Other => "other",
        }
    }

    /// For people who see no colours.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Same => " ",
            Self::Added => "+",
            Self::Removed => "−",
            Self::Other => "≠",
        }
    }
}

/// A line of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// How it differs.
    pub change: Change,
    /// The line.
    pub text: String,
}

/// A file of the package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// How it differs.
    pub change: Change,
    /// Its path.
    pub path: String,
    /// Bytes; of the old one if it is gone.
    pub size: u64,
    /// SHA-256; of the old one if it is gone.
    pub digest: String,
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Version of the release that it is held against; none for a first one.
    pub against: Option<String>,
    /// Lines of the manifest.
    pub manifest: Vec<DiffLine>,
    /// Lines of the author's layout.
    pub template: Vec<DiffLine>,
    /// The files.
    pub files: Vec<ChangedFile>,
}

pub(super) async fn compare(
    portal: &Portal,
    row: &ReleaseRow,
    contents: &Contents,
    earlier: Option<EarlierRow>,
) -> Result<Comparison> {
    let manifest = catalog::manifest(&row.manifest)?.to_json();
    let template = row.template.clone().unwrap_or_default();
    let Some(earlier) = earlier else {
        return Ok(Comparison {
            against: None,
            manifest: lines("", &manifest),
            template: lines("", &template),
            files: files(contents, &Contents::default()),
        });
    };
    let old = contents::read(portal, &earlier.digest).await?;
    let old_manifest = catalog::manifest(&earlier.manifest)?.to_json();
    Ok(Comparison {
        manifest: lines(&old_manifest, &manifest),
        template: lines(earlier.template.as_deref().unwrap_or_default(), &template),
        files: files(contents, &old),
        against: Some(earlier.version),
    })
}

/// What differs between two texts, line by line, with some of what does not.
fn lines(old: &str, new: &str) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(old, new);
    let mut lines = Vec::new();
    for (number, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if number > 0 {
            lines.push(DiffLine { change: Change::Same, text: "…".to_owned() });
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            if lines.len() >= MOST_LINES {
                lines.push(DiffLine { change: Change::Same, text: "… and more".to_owned() });
                return lines;
            }
            let tag = match change.tag() {
                ChangeTag::Equal => Change::Same,
                ChangeTag::Insert => Change::Added,
                ChangeTag::Delete => Change::Removed,
            };
            lines.push(DiffLine { change: tag, text: change.value().trim_end_matches(['\r', '\n']).to_owned() });
        }
    }
    lines
}

fn files(new: &Contents, old: &Contents) -> Vec<ChangedFile> {
    let paths: BTreeSet<&String> = new.files.keys().chain(old.files.keys()).collect();
    let file = |path: &&String| {
        let (now, before) = (new.files.get(*path), old.files.get(*path));
        let (size, digest) = now.or(before)?.clone();
        let change = match (now, before) {
            (Some(_), None) => Change::Added,
            (None, _) => Change::Removed,
            (Some(now), Some(before)) if now == before => Change::Same,
            _ => Change::Other,
        };
        Some(ChangedFile { change, path: (*path).clone(), size, digest })
    };
    paths.iter().filter_map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_found_with_what_surrounds_them() {
        let old: String = (1..=20).map(|number| format!("line {number}\n")).collect();
        let new = old.replace("line 10\n", "line ten\nline ten and a half\n");
        let found = lines(&old, &new);
        let changed: Vec<_> = found.iter().filter(|line| line.change != Change::Same).collect();
        assert_eq!(changed.len(), 3);
        assert_eq!((changed[0].change, changed[0].text.as_str()), (Change::Removed, "line 10"));
        assert_eq!(found.len(), 3 + 3 + 3);
        assert!(lines(&old, &old).is_empty());
    }

    #[test]
    fn files_differ_by_their_digests() {
        let contents = |files: &[(&str, &str)]| Contents {
            files: files.iter().map(|(path, digest)| ((*path).to_owned(), (1, (*digest).to_owned()))).collect(),
            ..Contents::default()
        };
        let old = contents(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let new = contents(&[("a", "1"), ("b", "9"), ("d", "4")]);
        let changes: Vec<_> = files(&new, &old).iter().map(|file| file.change).collect();
        assert_eq!(changes, [Change::Same, Change::Other, Change::Removed, Change::Added]);
    }
}
