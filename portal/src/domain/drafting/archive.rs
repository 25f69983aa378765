//! Zips of drafts: what lies in them, one text of them, and a package put together. What is in a zip is looked at as
//! little as possible here; the package check decides about all of it.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};

use vision_protocol::{fault::Fault, limits::PackageLimits};
use zip::{
    CompressionMethod, DateTime, ZipArchive, ZipWriter,
    result::{ZipError, ZipResult},
    write::SimpleFileOptions,
};

/// Paths and sizes of the files in a zip; folders are left out.
pub(super) fn list(file: File, limits: &PackageLimits) -> Result<Vec<(String, i64)>, Fault> {
    let damaged = |error: ZipError| Fault::new("", format!("is not a zip that can be read: {error}"));
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    if archive.len() > limits.entries {
        let message = format!("holds {} files; at most {} are allowed", archive.len(), limits.entries);
        return Err(Fault::new("", message));
    }
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(damaged)?;
        let path = entry.name().map_err(damaged)?.into_owned();
        if !entry.is_dir() && !is_left_over(&path) {
            files.push((path, i64::try_from(entry.size()).unwrap_or(i64::MAX)));
        }
    }
    let top = |path: &str| path.split_once('/').map(|(folder, _)| folder.to_owned());
    let folder = files.first().and_then(|(path, _)| top(path));
    if let Some(folder) = folder.filter(|folder| files.iter().any(|(path, _)| *path == format!("{folder}/app.json"))) {
        let message = format!("everything lies in the folder “{folder}”: zip what is in it, not the folder itself");
        return Err(Fault::new("", message));
    }
    Ok(files)
}

/// What systems leave in archives, and nobody put there.
fn is_left_over(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("__MACOSX/") || name == ".DS_Store" || name.starts_with("._") || name == "Thumbs.db"
}

/// A file of a zip, if it is there, can be read and is no larger than `limit`.
pub(super) fn read(file: File, path: &str, limit: u64) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(BufReader::new(file)).ok()?;
    let entry = archive.by_name(path).ok()?;
    let mut content = Vec::new();
    entry.take(limit + 1).read_to_end(&mut content).ok()?;
    (content.len() as u64 <= limit).then_some(content)
}

/// Where a file of a package comes from.
pub(super) enum Source {
    /// The draft's archive.
    Archive,
    /// A file of its own.
    File(File),
    /// Memory.
    Text(String),
}

/// Writes a package at `target`.
pub(super) fn assemble(archive: Option<File>, mut files: Vec<(String, Source)>, target: &Path) -> io::Result<()> {
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let mut archive = archive.map(|file| ZipArchive::new(BufReader::new(file))).transpose().map_err(into_io)?;
    // A name may stand in a zip twice; the one that was listed last is the one that was shown.
    let mut places = HashMap::new();
    if let Some(archive) = &mut archive {
        for index in 0..archive.len() {
            let name = archive.by_index_raw(index).and_then(|entry| entry.name().map(std::borrow::Cow::into_owned));
            places.insert(name.map_err(into_io)?, index);
        }
    }
    let mut writer = ZipWriter::new(BufWriter::new(File::create_new(target)?));
    for (path, source) in files {
        let done = match source {
            Source::Archive => copy(&mut writer, archive.as_mut().zip(places.get(&path).copied()), &path),
            Source::File(mut file) => start(&mut writer, &path).map(|()| io::copy(&mut file, &mut writer).map(drop)),
            Source::Text(text) => start(&mut writer, &path).map(|()| writer.write_all(text.as_bytes())),
        };
        done.map_err(into_io)??;
    }
    writer.finish().map_err(into_io)?.flush()
}

type Out = ZipWriter<BufWriter<File>>;

/// As it is, without inflating it: a bomb is told by the check, not set off here.
fn copy(
    writer: &mut Out,
    from: Option<(&mut ZipArchive<BufReader<File>>, usize)>,
    path: &str,
) -> ZipResult<io::Result<()>> {
    let Some((archive, index)) = from else {
        return Ok(Err(io::Error::new(io::ErrorKind::NotFound, format!("{path} is not in the draft's archive"))));
    };
    let entry = archive.by_index_raw(index)?;
    writer.raw_copy_file_rename(entry, path)?;
    Ok(Ok(()))
}

fn start(writer: &mut Out, path: &str) -> ZipResult<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    writer.start_file(path, options)
}

fn into_io(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        error => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn zip(folder: &Path, name: &str, files: &[(&str, &[u8])]) -> File {
        let path = folder.join(name);
        vision_package::pack_files(files.iter().copied(), File::create_new(&path).unwrap()).unwrap();
        File::open(path).unwrap()
    }

    #[test]
    fn a_package_is_put_together_of_what_was_kept_and_what_is_new() {
        let folder = TempDir::new().unwrap();
        let old = [("app.json", &b"{}"[..]), ("assets/a.txt", b"old"), ("models/m.onnx", b"model")];
        let archive = zip(folder.path(), "old.zip", &old);
        let listed = list(archive.try_clone().unwrap(), &PackageLimits::default()).unwrap();
        assert_eq!(listed.len(), 3);
        std::fs::write(folder.path().join("new"), "new").unwrap();
        let files = vec![
            ("models/m.onnx".to_owned(), Source::Archive),
            ("assets/a.txt".to_owned(), Source::File(File::open(folder.path().join("new")).unwrap())),
            ("app.json".to_owned(), Source::Text("{\"Name\": 1}".to_owned())),
        ];
        let target = folder.path().join("target.zip");
        assemble(Some(archive), files, &target).unwrap();
        let content = |path: &str| read(File::open(&target).unwrap(), path, 100);
        assert_eq!(content("models/m.onnx").unwrap(), b"model");
        assert_eq!(content("assets/a.txt").unwrap(), b"new");
        assert_eq!(content("app.json").unwrap(), b"{\"Name\": 1}");
        assert_eq!(read(File::open(&target).unwrap(), "models/m.onnx", 2), None, "too large");
    }

    #[test]
    fn what_is_no_package_is_told() {
        let folder = TempDir::new().unwrap();
        let wrapped = zip(folder.path(), "wrapped.zip", &[("cats/app.json", b"{}"), ("cats/app.wasm", b"")]);
        let fault = list(wrapped, &PackageLimits::default()).unwrap_err();
        assert!(fault.message.contains("“cats”"), "{fault}");
        std::fs::write(folder.path().join("photo"), b"\xff\xd8\xff").unwrap();
        let fault = list(File::open(folder.path().join("photo")).unwrap(), &PackageLimits::default()).unwrap_err();
        assert!(fault.message.starts_with("is not a zip"), "{fault}");
    }
}
