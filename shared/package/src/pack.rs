//! Making an archive out of an app's source, the same bytes every time.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use zip::{
    CompressionMethod, DateTime, ZipWriter,
    result::ZipError,
    write::{SimpleFileOptions, StreamWriter},
};

use crate::layout::{ASSETS, EXAMPLES, MODELS, Role, role};

/// Why a folder could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder holds a link, or something that is neither file nor folder.
    #[error("{}: is a link or a special file; only files and folders can be packed", .0.display())]
    NotAFile(PathBuf),
    /// A name is not valid text.
    #[error("{}: has a name that is not valid text", .0.display())]
    Name(PathBuf),
    /// The archive could not be written.
    #[error("the archive could not be written: {0}")]
    Write(#[from] io::Error),
}

/// Packs what belongs into a package out of an app's folder; what else lies there (sources, training scripts)
/// stays out.
///
/// # Errors
/// What could not be read or written.
pub fn pack_folder(folder: &Path, out: impl Write) -> Result<(), PackError> {
    let mut paths = Vec::new();
    for (name, path) in children(folder)? {
        if [MODELS, ASSETS, EXAMPLES].contains(&name.as_str()) && path.is_dir() {
            collect(&path, &name, &mut paths)?;
        } else if !matches!(role(&name), Role::Unknown(_)) {
            paths.push((name, plain_file(path)?));
        }
    }
    // Files that systems leave behind stay out; an unknown file in a known folder goes in, so that the check names it.
    paths.retain(|(name, _)| !name.rsplit('/').next().is_some_and(|name| name.starts_with('.')));
    paths.sort();
    let mut archive = Writer::new(out);
    for (name, path) in paths {
        let mut file = File::open(&path).map_err(|source| PackError::Read { path, source })?;
        archive.add(&name, &mut file)?;
    }
    Ok(archive.finish().map(drop)?)
}

/// Packs files that are held in memory, such as those built into a program. Paths as in a package.
///
/// # Errors
/// The archive could not be written.
pub fn pack_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>, out: impl Write) -> io::Result<()> {
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort();
    let mut archive = Writer::new(out);
    for (path, mut bytes) in files {
        archive.add(path, &mut bytes)?;
    }
    archive.finish().map(drop)
}

fn collect(folder: &Path, prefix: &str, paths: &mut Vec<(String, PathBuf)>) -> Result<(), PackError> {
    for (name, path) in children(folder)? {
        let name = format!("{prefix}/{name}");
        if path.is_dir() && !path.is_symlink() {
            collect(&path, &name, paths)?;
        } else {
            paths.push((name, plain_file(path)?));
        }
    }
    Ok(())
}

fn children(folder: &Path) -> Result<Vec<(String, PathBuf)>, PackError> {
    let read = |source| PackError::Read { path: folder.to_owned(), source };
    let mut children = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let name = entry.file_name().into_string().map_err(|_| PackError::Name(entry.path()))?;
        children.push((name, entry.path()));
    }
    Ok(children)
}

fn plain_file(path: PathBuf) -> Result<PathBuf, PackError> {
    match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_file() => Ok(path),
        Ok(_) => Err(PackError::NotAFile(path)),
        Err(source) => Err(PackError::Read { path, source }),
    }
}

/// Writes an archive in one go, with the same time and mode for every file.
pub(crate) struct Writer<W: Write>(ZipWriter<StreamWriter<W>>);

impl<W: Write> Writer<W> {
    pub(crate) fn new(out: W) -> Self {
        Self(ZipWriter::new_stream(out))
    }

    pub(crate) fn add(&mut self, path: &str, content: &mut (impl Read + ?Sized)) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        self.0.start_file(path, options).map_err(into_io)?;
        io::copy(content, &mut self.0).map(drop)
    }

    pub(crate) fn finish(self) -> io::Result<W> {
        Ok(self.0.finish().map_err(into_io)?.into_inner())
    }
}

fn into_io(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        error => io::Error::other(error),
    }
}
