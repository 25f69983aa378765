//! Archives for tests: good ones, and hand-made ones in which every field can lie.

#![expect(dead_code, reason = "each test binary uses its own part")]
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made ends its test")]

use std::io::Cursor;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use vision_package::{Package, check};
use vision_protocol::{Fault, limits::PackageLimits};

/// A manifest that is good without further keys, for the standard glue.
pub(crate) const MANIFEST: &str = r#"{
  "Name": "Cats", "Description": "Which cat is it?", "Category": "Animals", "Version": "1.0.0",
  "Task": "classification",
  "Models": [{"Name": "cats", "File": "models/cats.onnx", "Labels": "assets/labels.txt"}]
}"#;

/// The beginning of an ONNX model: IR version 8, producer "test".
pub(crate) const MODEL: &[u8] = b"\x08\x08\x12\x04test";

/// One entry, field by field.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) crc: u32,
    pub(crate) size: u64,
    /// Upper half: Unix mode.
    pub(crate) attributes: u32,
    pub(crate) extra: Vec<u8>,
}

impl Entry {
    pub(crate) fn stored(name: &str, content: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(content);
        Self {
            name: name.into(),
            data: content.to_owned(),
            method: 0,
            flags: 0x800,
            crc: crc.sum(),
            size: content.len() as u64,
            attributes: 0o100_644 << 16,
            extra: Vec::new(),
        }
    }

    pub(crate) fn deflated(name: &str, content: &[u8]) -> Self {
        let data = deflate(content, FlushCompress::Finish);
        Self { data, method: 8, ..Self::stored(name, content) }
    }

    /// Zeros that were never written out: `chunks` times 16 MiB.
    pub(crate) fn bomb(name: &str, chunks: usize) -> Self {
        const CHUNK: usize = 16 << 20;
        let chunk = deflate(&vec![0; CHUNK], FlushCompress::Sync);
        let mut data = chunk.repeat(chunks);
        data.extend([3, 0]);
        Self { data, method: 8, size: (CHUNK * chunks) as u64, ..Self::stored(name, b"") }
    }
}

fn deflate(content: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut data = Vec::with_capacity(content.len() + 1024);
    let status = Compress::new(Compression::best(), false).compress_vec(content, &mut data, flush).unwrap();
    assert!(matches!(status, Status::Ok | Status::StreamEnd));
    data.shrink_to_fit();
    data
}

/// Puts entries together without a question.
pub(crate) fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = out.len() as u32;
        let large = entry.size >= u64::from(u32::MAX);
        let size = if large { u32::MAX } else { entry.size as u32 };
        let mut extra = entry.extra.clone();
        if large {
            extra.extend([1, 0, 16, 0]);
            extra.extend(entry.size.to_le_bytes());
            extra.extend((entry.data.len() as u64).to_le_bytes());
        }
        let compressed = if large { u32::MAX } else { entry.data.len() as u32 };
        let mut common = Vec::new();
        for half in [if large { 45 } else { 20 }, entry.flags, entry.method, 0, 0x21] {
            common.extend(half.to_le_bytes());
        }
        for word in [entry.crc, compressed, size] {
            common.extend(word.to_le_bytes());
        }
        for half in [entry.name.len() as u16, extra.len() as u16] {
            common.extend(half.to_le_bytes());
        }
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(&entry.name);
        out.extend(&extra);
        out.extend(&entry.data);
        directory.extend(b"PK\x01\x02");
        directory.extend((3_u16 << 8 | 45).to_le_bytes());
        directory.extend(&common);
        directory.extend([0; 6]);
        directory.extend(entry.attributes.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(&entry.name);
        directory.extend(&extra);
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// The entries of a good package.
pub(crate) fn good() -> Vec<Entry> {
    vec![
        Entry::deflated("app.json", MANIFEST.as_bytes()),
        Entry::deflated("models/cats.onnx", MODEL),
        Entry::deflated("assets/labels.txt", b"tabby\nsiamese\n"),
    ]
}

/// A good package with more entries.
pub(crate) fn good_and(more: impl IntoIterator<Item = Entry>) -> Vec<u8> {
    let mut entries = good();
    entries.extend(more);
    zip(&entries)
}

/// A good package with one of its entries replaced.
pub(crate) fn good_but(entry: Entry) -> Vec<u8> {
    let mut entries = good();
    match entries.iter_mut().find(|known| known.name == entry.name) {
        Some(known) => *known = entry,
        None => entries.push(entry),
    }
    zip(&entries)
}

pub(crate) fn check_bytes(archive: &[u8]) -> Result<Package, Vec<Fault>> {
    check(Cursor::new(archive), &PackageLimits::default())
}

/// The faults of an archive that must have some, each as one line.
pub(crate) fn faults(archive: &[u8]) -> Vec<String> {
    check_bytes(archive).expect_err("has faults").iter().map(ToString::to_string).collect()
}

/// Asserts that there is just one fault, and that it begins and goes on so.
#[track_caller]
pub(crate) fn assert_fault(archive: &[u8], start: &str, part: &str) {
    let found = faults(archive);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(start) && found[0].contains(part), "{found:#?} is not “{start}…{part}…”");
}

/// A component that imports the given names as instances and exports `run`.
pub(crate) fn component(imports: &[&str]) -> Vec<u8> {
    let imports: String = imports.iter().map(|name| format!("(import \"{name}\" (instance))")).collect();
    wat::parse_str(format!(
        r#"(component {imports}
            (core module $m (func (export "run")))
            (core instance $i (instantiate $m))
            (func $run (canon lift (core func $i "run")))
            (export "run" (func $run)))"#
    ))
    .unwrap()
}
