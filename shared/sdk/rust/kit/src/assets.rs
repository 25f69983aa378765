//! The package's own files, `app.json` among them.

use serde::de::DeserializeOwned;

use crate::{Result, bindings::vision::app::assets, error::host};

/// The content of a file, by its path in the package, such as `assets/labels.txt`.
///
/// # Errors
/// If there is no such file.
#[track_caller]
pub fn read(path: &str) -> Result<Vec<u8>> {
    host(assets::read(path))
}

/// A file's text.
///
/// # Errors
/// If there is no such file, or if it is not UTF-8.
#[track_caller]
pub fn text(path: &str) -> Result<String> {
    host(String::from_utf8(read(path)?).map_err(|_| format!("{path} is not UTF-8 text")))
}

/// A text's lines, without the empty ones at its end: the labels of a model.
///
/// # Errors
/// If there is no such file, or if it is not UTF-8.
#[track_caller]
pub fn lines(path: &str) -> Result<Vec<String>> {
    Ok(split(&text(path)?))
}

/// A file of JSON.
///
/// # Errors
/// If there is no such file, or if it is not what was asked for.
#[track_caller]
pub fn json<T: DeserializeOwned>(path: &str) -> Result<T> {
    host(serde_json::from_slice(&read(path)?).map_err(|error| format!("{path}: {error}")))
}

fn split(text: &str) -> Vec<String> {
    let text = text.trim_start_matches('\u{feff}').trim_end();
    if text.is_empty() { Vec::new() } else { text.lines().map(|line| line.trim().to_owned()).collect() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_lose_what_editors_leave() {
        assert_eq!(super::split("\u{feff}cat\r\n\r\n dog \n\n"), ["cat", "", "dog"]);
        assert!(super::split(" \n").is_empty());
    }
}
