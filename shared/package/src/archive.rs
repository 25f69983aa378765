//! Opening an archive that nobody vouches for, and reading its entries within bounds.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use sha2::Digest as _;
use vision_protocol::{Digest, Fault, limits::PackageLimits};
use zip::{
    CompressionMethod, ZipReadOptions,
    read::{ArchiveOffset, Config, OwnedZipFileEntry},
    result::ZipError,
    unstable::read::ZipIterable,
};

use crate::{layout, names, sniff};

/// Most bytes that the archive's directory may spend on one file: its name and what packers add.
const DIRECTORY_RECORD_BYTES: u64 = 8 << 10;
/// A header of an entry: how it begins, how many bytes stand before the name, and where among them its length does.
#[derive(Clone, Copy)]
struct Header {
    signature: &'static [u8],
    bytes: usize,
    name_length: usize,
}

const DIRECTORY_HEADER: Header = Header { signature: b"PK\x01\x02", bytes: 46, name_length: 28 };
const LOCAL_HEADER: Header = Header { signature: b"PK\x03\x04", bytes: 30, name_length: 26 };
const FILE_TYPE: u32 = 0o170_000;

/// The files of an archive, with what is wrong with the list of them.
pub(crate) struct Archive<R> {
    source: R,
    /// Files that can be read, sorted by path; folders are left out.
    pub(crate) entries: Vec<Entry>,
    /// What is wrong with entries. Those with a fault are still listed when their path is good.
    pub(crate) faults: Vec<Fault>,
    /// Whether all files together stay below the limit by what the archive says.
    pub(crate) within_limit: bool,
}

/// One file of an archive.
pub(crate) struct Entry {
    pub(crate) path: String,
    /// Bytes inflated, as the archive says; reading fails when it lies.
    pub(crate) size: u64,
    raw: OwnedZipFileEntry,
    readable: bool,
}

impl<R: Read + Seek> Archive<R> {
    /// Lists the entries. An error is a fault that leaves nothing to look at.
    pub(crate) fn open(mut source: R, limits: &PackageLimits) -> Result<Self, Fault> {
        let length = source.seek(SeekFrom::End(0)).map_err(|error| unreadable(&error))?;
        if length > limits.zipped_bytes {
            let message =
                format!("the archive has {}; at most {} are allowed", bytes(length), bytes(limits.zipped_bytes));
            return Err(Fault::new("", message));
        }
        recognise(&mut source, length)?;
        let mut archive = Self { source, entries: Vec::new(), faults: Vec::new(), within_limit: true };
        archive.list(limits)?;
        Ok(archive)
    }

    fn list(&mut self, limits: &PackageLimits) -> Result<(), Fault> {
        let config = Config { archive_offset: ArchiveOffset::Known(0) };
        let mut directory = ZipIterable::try_new(BufReader::new(&mut self.source), config).map_err(damaged)?;
        if directory.is_empty() {
            return Err(Fault::new("", "the archive is empty"));
        }
        if directory.len() > limits.entries {
            let message =
                format!("the archive has {} entries; at most {} are allowed", directory.len(), limits.entries);
            return Err(Fault::new("", message));
        }
        let mut collisions = names::Collisions::default();
        let mut previous: Option<u64> = None;
        for entry in directory.files().map_err(damaged)? {
            let entry = OwnedZipFileEntry::from(entry.map_err(damaged)?);
            let start = entry.central_header_start();
            if previous.replace(start).is_some_and(|previous| start - previous > DIRECTORY_RECORD_BYTES) {
                return Err(Fault::new(
                    "",
                    "the archive's directory is far larger than its files need: make the archive again",
                ));
            }
            note(entry, &mut collisions, &mut self.entries, &mut self.faults);
        }
        overlaps(&mut self.entries, &mut self.faults);
        self.compare_names()?;
        self.unwrap_folder();
        self.entries.sort_by(|a, b| a.path.cmp(&b.path));
        let total = self.entries.iter().try_fold(0_u64, |sum, entry| sum.checked_add(entry.size));
        if total.is_none_or(|total| total > limits.inflated_bytes) {
            self.within_limit = false;
            let total = total.map_or_else(|| "more than can be counted".to_owned(), bytes);
            let message = format!(
                "the files of the archive have {total} when unpacked; at most {} are allowed",
                bytes(limits.inflated_bytes)
            );
            self.faults.push(Fault::new("", message));
        }
        Ok(())
    }

    /// Refuses entries that go by another name where their content stands than in the directory: two programs would
    /// see two archives.
    fn compare_names(&mut self) -> Result<(), Fault> {
        for entry in self.entries.iter_mut().filter(|entry| entry.readable) {
            let listed = name_at(&mut self.source, entry.raw.central_header_start(), DIRECTORY_HEADER);
            let own = name_at(&mut self.source, entry.raw.header_start(), LOCAL_HEADER);
            let message = match (listed, own) {
                (Ok(Some(listed)), Ok(Some(own))) if listed == own => continue,
                (Ok(Some(_)), Ok(Some(own))) => {
                    let own = names::shown(&String::from_utf8_lossy(&own));
                    format!("stands under two names in the archive, here and as “{own}”: make the archive again")
                }
                (Err(error), _) | (_, Err(error)) if !is_beyond_the_end(&error) => {
                    return Err(unreadable(&error));
                }
                _ => "has its content nowhere in the archive: make the archive again".to_owned(),
            };
            self.faults.push(Fault::new(&entry.path, message));
            entry.readable = false;
        }
        Ok(())
    }

    /// Looks into the folder that everything lies in, so that the other faults are found too.
    fn unwrap_folder(&mut self) {
        let Some(folder) = layout::wrapper(self.entries.iter().map(|entry| entry.path.as_str())) else { return };
        let message = "everything lies in this folder: zip what is in it, not the folder itself";
        self.faults.push(Fault::new(names::shown(&folder), message));
        for entry in &mut self.entries {
            if let Some(inner) = entry.path.strip_prefix(&folder).and_then(|path| path.strip_prefix('/')) {
                entry.path = inner.to_owned();
            }
        }
    }

    /// A reader of an entry's content that ends with an error if size or checksum are not what the archive says.
    pub(crate) fn reader<'a>(&'a mut self, index: usize) -> io::Result<impl Read + 'a> {
        let Self { source, entries, .. } = self;
        entries[index].raw.as_ref().with_reader(source, ZipReadOptions::default()).map_err(|error| match error {
            ZipError::Io(error) => error,
            error => io::Error::new(io::ErrorKind::InvalidData, error),
        })
    }

    /// Inflates a whole entry and returns its first bytes, at most `keep`.
    pub(crate) fn read(&mut self, index: usize, keep: u64) -> Result<Vec<u8>, Fault> {
        self.inflate(index, keep, true)
    }

    /// Inflates no more than an entry's first bytes, at most `keep`.
    pub(crate) fn peek(&mut self, index: usize, keep: u64) -> Result<Vec<u8>, Fault> {
        self.inflate(index, keep, false)
    }

    fn inflate(&mut self, index: usize, keep: u64, to_the_end: bool) -> Result<Vec<u8>, Fault> {
        let size = self.entries[index].size;
        self.try_inflate(index, keep, to_the_end).map_err(|error| broken_entry(&self.entries[index].path, size, &error))
    }

    fn try_inflate(&mut self, index: usize, keep: u64, to_the_end: bool) -> io::Result<Vec<u8>> {
        let size = self.entries[index].size;
        let mut reader = self.reader(index)?;
        let mut head = Vec::new();
        reader.by_ref().take(keep).read_to_end(&mut head)?;
        if to_the_end {
            let rest = io::copy(&mut reader, &mut io::sink())?;
            if head.len() as u64 + rest != size {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is shorter than the archive says"));
            }
        }
        Ok(head)
    }

    /// Whether an entry's content can be read at all.
    pub(crate) fn is_readable(&self, index: usize) -> bool {
        self.entries[index].readable
    }

    /// SHA-256 of the whole archive.
    pub(crate) fn digest(&mut self) -> Result<Digest, Fault> {
        let mut hasher = sha2::Sha256::new();
        let mut buffer = vec![0; 64 << 10];
        self.source.rewind().map_err(|error| unreadable(&error))?;
        loop {
            match self.source.read(&mut buffer) {
                Ok(0) => return Ok(Digest(hasher.finalize().into())),
                Ok(read) => hasher.update(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(&error)),
            }
        }
    }
}

/// Notes one entry: its faults, and the file if its path is good.
fn note(raw: OwnedZipFileEntry, collisions: &mut names::Collisions, entries: &mut Vec<Entry>, faults: &mut Vec<Fault>) {
    let Ok(name) = raw.name().map(std::borrow::Cow::into_owned) else {
        let place = names::shown(&String::from_utf8_lossy(raw.name_raw()));
        return faults.push(Fault::new(place, "has a name that is not valid text"));
    };
    let place = names::shown(&name);
    let folder = name.strip_suffix('/');
    let path = folder.unwrap_or(&name);
    if let Some(message) = names::fault(path) {
        return faults.push(Fault::new(place, message));
    }
    if let Some(message) = collisions.note(path, folder.is_some()) {
        return faults.push(Fault::new(place, message));
    }
    let problem = entry_fault(&raw, folder.is_some());
    let readable = problem.is_none();
    faults.extend(problem.map(|message| Fault::new(place, message)));
    if folder.is_none() {
        entries.push(Entry { path: path.to_owned(), size: raw.size(), raw, readable });
    }
}

/// The name in the header that begins at `start`; `None` if none begins there.
fn name_at(source: &mut (impl Read + Seek), start: u64, header: Header) -> io::Result<Option<Vec<u8>>> {
    source.seek(SeekFrom::Start(start))?;
    let mut fields = [0; 46];
    let fields = &mut fields[..header.bytes];
    source.read_exact(fields)?;
    if !fields.starts_with(header.signature) {
        return Ok(None);
    }
    let length = u16::from_le_bytes([fields[header.name_length], fields[header.name_length + 1]]);
    let mut name = vec![0; usize::from(length)];
    source.read_exact(&mut name)?;
    Ok(Some(name))
}

/// Whether what was read would lie behind the end, or farther than a file can reach.
fn is_beyond_the_end(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput)
}

/// Refuses entries that lie in one another, as in bombs that inflate the same bytes under many names.
fn overlaps(entries: &mut [Entry], faults: &mut Vec<Fault>) {
    entries.sort_by_key(|entry| entry.raw.header_start());
    let mut furthest: Option<(u64, String)> = None;
    for entry in entries {
        let start = entry.raw.header_start();
        if let Some((end, other)) = &furthest
            && start < *end
        {
            let message = format!("shares its bytes with “{other}”: make the archive again");
            faults.push(Fault::new(&entry.path, message));
            entry.readable = false;
        }
        let end = start.saturating_add(LOCAL_HEADER.bytes as u64).saturating_add(entry.raw.compressed_size());
        if furthest.as_ref().is_none_or(|(known, _)| *known < end) {
            furthest = Some((end, entry.path.clone()));
        }
    }
}

fn entry_fault(entry: &OwnedZipFileEntry, is_folder: bool) -> Option<String> {
    // Some packers record Unix attributes while they name another system, so the system is not asked.
    match (entry.external_attributes() >> 16) & FILE_TYPE {
        0 => {}
        0o100_000 if !is_folder => {}
        0o040_000 if is_folder => {}
        0o120_000 => return Some("is a link: put the file itself into the archive".to_owned()),
        _ => return Some("is neither a file nor a folder: remove it".to_owned()),
    }
    if is_folder && entry.size() > 0 {
        return Some("is a folder with content of its own: make the archive again".to_owned());
    }
    if entry.encrypted() {
        return Some("is encrypted: make the archive without a password".to_owned());
    }
    match entry.compression() {
        CompressionMethod::Stored | CompressionMethod::Deflated => None,
        #[expect(deprecated, reason = "the only way to learn the number of a method that is not compiled in")]
        other => Some(format!(
            "is compressed with {}: make the archive with Deflate, the usual method",
            method_name(other.to_u16())
        )),
    }
}

fn method_name(method: u16) -> String {
    let name = match method {
        9 => "Deflate64",
        12 => "bzip2",
        14 => "LZMA",
        93 | 20 => "Zstandard",
        95 => "xz",
        98 => "PPMd",
        _ => return format!("method {method}"),
    };
    name.to_owned()
}

/// Refuses what does not begin as a zip archive, and says what it is.
fn recognise(source: &mut (impl Read + Seek), length: u64) -> Result<(), Fault> {
    let mut head = Vec::new();
    let read = source.rewind().and_then(|()| source.take(sniff::HEAD as u64).read_to_end(&mut head));
    read.map_err(|error| unreadable(&error))?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(());
    }
    let found = match sniff::kind(&head) {
        Some("empty") => "is empty".to_owned(),
        Some(kind) => format!("is {kind}"),
        None => format!("is something else ({})", bytes(length)),
    };
    Err(Fault::new("", format!("the file {found}, not a zip archive: upload a zip with app.json at its top")))
}

fn unreadable(error: &io::Error) -> Fault {
    Fault::new("", format!("the archive could not be read: {error}"))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn damaged(error: ZipError) -> Fault {
    let reason = match &error {
        // zip's own words name parts of the format by their initials.
        ZipError::InvalidArchive(reason) if reason.contains("EOCD") || reason.contains("CDFH") => {
            "its directory is not where it should be".to_owned()
        }
        ZipError::InvalidArchive(reason) => reason.to_string(),
        ZipError::UnsupportedArchive(reason) => (*reason).to_owned(),
        ZipError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        error => error.to_string(),
    };
    let message =
        format!("the zip archive is cut off or damaged ({reason}): make it again, or upload it again in full");
    Fault::new("", message)
}

fn broken_entry(path: &str, size: u64, error: &io::Error) -> Fault {
    let text = error.to_string();
    let message = if text.contains("declared uncompressed size") {
        format!("unpacks to more than the {} that the archive says: refused", bytes(size))
    } else if text.contains("checksum") {
        "is damaged: its checksum is wrong; make the archive again".to_owned()
    } else {
        format!("is damaged ({text}): make the archive again")
    };
    Fault::new(path, message)
}

/// A number of bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return format!("{count} bytes");
    }
    let mut size = count as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if size.fract() < 0.05 { format!("{size:.0} {}", UNITS[unit]) } else { format!("{size:.1} {}", UNITS[unit]) }
}
