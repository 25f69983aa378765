//! Which names files of a package may have: such that every system can store them, side by side and inside one folder.

use std::collections::HashMap;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longest path, in bytes: leaves room for the folder that it is unpacked into.
const LONGEST_PATH: usize = 240;
/// Longest part of a path, in bytes.
const LONGEST_PART: usize = 120;
/// Most parts of a path.
const DEEPEST: usize = 12;
const PUNCTUATION: &str = " -_.,()[]{}+=@#$%&!'~^;";
const RESERVED: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A name as it can be shown to a person: nothing that moves a cursor or hides, and not endlessly long.
pub(crate) fn shown(name: &str) -> String {
    let mut shown: String = name.chars().take(100).flat_map(char::escape_debug).collect();
    if name.chars().nth(100).is_some() {
        shown.push('…');
    }
    shown
}

/// What is wrong with a path, if anything. A folder's comes without the `/` at its end.
pub(crate) fn fault(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("the archive holds a file without a name: make the archive again".to_owned());
    }
    if path.contains('\\') {
        return Some("has a backslash in its name: parts of a path are separated by /".to_owned());
    }
    if path.starts_with('/') {
        return Some("is an absolute path: names must be relative to the archive".to_owned());
    }
    if path.as_bytes().get(1) == Some(&b':') {
        return Some("begins with a drive letter: names must be relative to the archive".to_owned());
    }
    if path.len() > LONGEST_PATH {
        return Some(format!("has a path longer than {LONGEST_PATH} bytes"));
    }
    let parts: Vec<&str> = path.split('/').collect();
    if parts.len() > DEEPEST {
        return Some(format!("lies more than {DEEPEST} folders deep"));
    }
    parts.iter().find_map(|part| part_fault(part))
}

fn part_fault(part: &str) -> Option<String> {
    if part == ".." {
        return Some("leads out of the archive (..)".to_owned());
    }
    if part.is_empty() || part == "." {
        return Some("has an empty part in its path".to_owned());
    }
    if part.len() > LONGEST_PART {
        return Some(format!("has a name longer than {LONGEST_PART} bytes"));
    }
    if let Some(odd) =
        part.chars().find(|c| !(c.is_alphanumeric() || is_combining_mark(*c) || PUNCTUATION.contains(*c)))
    {
        return Some(format!("has the character “{}” in its name: rename it", odd.escape_debug()));
    }
    if part.ends_with(['.', ' ']) || part.starts_with(' ') {
        return Some("has a name that begins or ends with a space or ends with a dot: rename it".to_owned());
    }
    let stem = part.split('.').next().unwrap_or(part).to_ascii_lowercase();
    if RESERVED.contains(&stem.as_str()) {
        return Some(format!("is called “{stem}”, which Windows keeps for itself: rename it"));
    }
    None
}

/// Finds names that some file systems cannot tell apart.
#[derive(Default)]
pub(crate) struct Collisions {
    seen: HashMap<String, (String, bool)>,
}

impl Collisions {
    /// Notes a path and the folders above it; says what it collides with.
    pub(crate) fn note(&mut self, path: &str, is_folder: bool) -> Option<String> {
        for (end, _) in path.match_indices('/') {
            let folder = &path[..end];
            match self.seen.get(&key(folder)) {
                Some((_, false)) => return Some(format!("lies in “{folder}”, which is a file")),
                Some((other, true)) if other != folder => return Some(differs_by_case(other)),
                Some(_) => {}
                None => {
                    self.seen.insert(key(folder), (folder.to_owned(), true));
                }
            }
        }
        match self.seen.insert(key(path), (path.to_owned(), is_folder)) {
            Some((other, true)) if is_folder && other == path => None,
            Some((other, folder)) if other == path && folder == is_folder => {
                Some("is in the archive more than once".to_owned())
            }
            Some((other, _)) if other == path => Some("is both a file and a folder".to_owned()),
            Some((other, _)) => Some(differs_by_case(&other)),
            None => None,
        }
    }
}

fn differs_by_case(other: &str) -> String {
    format!("differs from “{other}” only by case or accents, which many systems cannot tell apart: rename one")
}

fn key(path: &str) -> String {
    path.nfc().flat_map(char::to_lowercase).nfc().collect()
}
