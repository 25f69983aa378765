//! Zip archives, the good and the wicked.

use std::io::{Cursor, Write as _};

use flate2::{Compress, Compression, Crc, FlushCompress};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A zip of these files.
pub(crate) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        zip.start_file(*name, options).expect("a new entry");
        zip.write_all(bytes).expect("memory takes bytes");
    }
    zip.finish().expect("a finished archive").into_inner()
}

/// What the entries of a bomb say about their inflated size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Headers {
    /// The truth.
    Honest,
    /// A thousand bytes.
    Lying,
}

const CHUNK: usize = 1 << 20;
const CHUNKS_PER_ENTRY: usize = 3_500;
const ENTRIES: u16 = 3;

/// Ten gigabytes of zeros in ten megabytes: three models beside a manifest that names them.
///
/// A chunk that is flushed with a fresh dictionary can stand in the stream any number of times, so that this takes
/// milliseconds to make.
pub(crate) fn bomb(manifest: &[u8], headers: Headers) -> Vec<u8> {
    let zeros = vec![0; CHUNK];
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut deflate = Compress::new(Compression::best(), false);
    deflate.compress_vec(&zeros, &mut chunk, FlushCompress::Full).expect("zeros can be compressed");
    let mut of_chunk = Crc::new();
    of_chunk.update(&zeros);
    let (mut data, mut crc) = (Vec::with_capacity(chunk.len() * CHUNKS_PER_ENTRY + 2), Crc::new());
    for _ in 0..CHUNKS_PER_ENTRY {
        data.extend_from_slice(&chunk);
        crc.combine(&of_chunk);
    }
    // An empty last block.
    data.extend_from_slice(&[0x03, 0x00]);
    let size = if headers == Headers::Honest { (CHUNK * CHUNKS_PER_ENTRY) as u32 } else { 1_000 };

    let mut writer = RawZip::default();
    let mut of_manifest = Crc::new();
    of_manifest.update(manifest);
    writer.entry("app.json", 0, manifest, of_manifest.sum(), manifest.len() as u32);
    for index in 0..ENTRIES {
        writer.entry(&format!("models/{index}.onnx"), 8, &data, crc.sum(), size);
    }
    writer.finish()
}

/// A zip written field by field, which a zip library would refuse to write.
#[derive(Default)]
struct RawZip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

impl RawZip {
    fn entry(&mut self, name: &str, method: u16, data: &[u8], crc: u32, size: u32) {
        let offset = self.bytes.len() as u32;
        // From "version needed" to "extra field length": the same in both places.
        let mut common = Vec::new();
        for number in [20, 0, method, 0, 0x21] {
            common.extend_from_slice(&u16::to_le_bytes(number));
        }
        for number in [crc, data.len() as u32, size] {
            common.extend_from_slice(&number.to_le_bytes());
        }
        for number in [name.len() as u16, 0] {
            common.extend_from_slice(&number.to_le_bytes());
        }
        self.bytes.extend_from_slice(b"PK\x03\x04");
        self.bytes.extend_from_slice(&common);
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(data);
        self.directory.extend_from_slice(b"PK\x01\x02\x14\x03");
        self.directory.extend_from_slice(&common);
        // Comment length, disk, internal attributes; then "a regular file, rw-r--r--".
        self.directory.extend_from_slice(&[0; 6]);
        self.directory.extend_from_slice(&(0o100_644_u32 << 16).to_le_bytes());
        self.directory.extend_from_slice(&offset.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.entries += 1;
    }

    fn finish(mut self) -> Vec<u8> {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&self.directory);
        self.bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend_from_slice(&self.entries.to_le_bytes());
        self.bytes.extend_from_slice(&self.entries.to_le_bytes());
        self.bytes.extend_from_slice(&(self.directory.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(&start.to_le_bytes());
        self.bytes.extend_from_slice(&[0; 2]);
        self.bytes
    }
}
