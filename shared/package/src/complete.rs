//! Making a release's package: complete in itself, the same bytes every time.

use std::io::{self, Read, Seek, Write};

use sha2::Digest as _;
use vision_protocol::{Digest, Manifest, limits::PackageLimits};

use crate::{Package, archive::Archive, pack::Writer};

/// Writes the release's package: the files of the checked archive `source`, sorted and with one fixed time; the
/// standard glue, if the manifest names a task and the author brought no component; and the manifest, if the
/// archive has none. Returns the digest of what was written.
///
/// # Errors
/// What could not be read or written, or that `source` is not the archive that `package` was made of.
pub fn complete(source: impl Read + Seek, package: &Package, out: impl Write) -> io::Result<Digest> {
    let changed = |fault| io::Error::new(io::ErrorKind::InvalidData, format!("the archive has changed: {fault}"));
    // The archive has been checked under the operator's limits, which are not known here.
    let limits = PackageLimits {
        zipped_bytes: u64::MAX,
        inflated_bytes: package.files.iter().map(|file| file.size).sum(),
        entries: usize::MAX,
        ..PackageLimits::default()
    };
    let mut archive = Archive::open(source, &limits).map_err(changed)?;
    let listed = archive.entries.iter().map(|entry| (entry.path.as_str(), entry.size));
    if !listed.eq(package.files.iter().map(|file| (file.path.as_str(), file.size))) {
        return Err(changed(vision_protocol::Fault::new("", "other files")));
    }
    let manifest = package.manifest.to_json();
    let mut added: Vec<(&str, &[u8])> = Vec::new();
    if !package.contains(Manifest::FILE) {
        added.push((Manifest::FILE, manifest.as_bytes()));
    }
    if let Some(task) = package.manifest.task.filter(|_| !package.contains(Manifest::COMPONENT)) {
        added.push((Manifest::COMPONENT, vision_glue::standard(task)));
    }
    let mut order: Vec<(String, Source<'_>)> =
        added.into_iter().map(|(path, bytes)| (path.to_owned(), Source::Added(bytes))).collect();
    order.extend(archive.entries.iter().enumerate().map(|(index, e)| (e.path.clone(), Source::Entry(index))));
    order.sort_by(|a, b| a.0.cmp(&b.0));
    let mut writer = Writer::new(Hashing { out, hasher: sha2::Sha256::new() });
    for (path, content) in order {
        match content {
            Source::Added(mut bytes) => writer.add(&path, &mut bytes)?,
            Source::Entry(index) => writer.add(&path, &mut archive.reader(index)?)?,
        }
    }
    let mut hashing = writer.finish()?;
    hashing.out.flush()?;
    Ok(Digest(hashing.hasher.finalize().into()))
}

enum Source<'a> {
    Entry(usize),
    Added(&'a [u8]),
}

/// Hashes what passes through.
struct Hashing<W> {
    out: W,
    hasher: sha2::Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
