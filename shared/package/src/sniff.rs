//! What kind of file some bytes begin, for messages that say what was handed in instead.

/// How many bytes of a file are enough for [`kind`].
pub(crate) const HEAD: usize = 512;

const MAGIC: [(usize, &[u8], &str); 28] = [
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (8, b"WEBP", "a WebP image"),
    (0, b"BM", "a BMP image"),
    (0, b"II*\0", "a TIFF image"),
    (0, b"MM\0*", "a TIFF image"),
    (4, b"ftyp", "a video or HEIC photo"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"PK\x05\x06", "an empty zip archive"),
    (0, b"PK\x07\x08", "one part of a split zip archive"),
    (0, b"\x1f\x8b", "a gzip file"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\xfd7zXZ\0", "an xz file"),
    (0, b"BZh", "a bzip2 file"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (257, b"ustar", "a tar archive"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\0asm", "a WebAssembly file"),
    (0, b"\x7fELF", "a Linux program"),
    (0, b"MZ", "a Windows program"),
    (0, b"\x89HDF", "an HDF5 file, as Keras saves models"),
    (4, b"TFL3", "a TensorFlow Lite model"),
    (4, b"ORTM", "an ORT-format model"),
    (0, b"GGUF", "a GGUF model"),
    (0, b"\x80\x02", "a Python pickle, as PyTorch saves models"),
    (0, b"version https://git-lfs", "a Git LFS pointer: fetch the file itself with `git lfs pull`"),
];

/// What the file is that begins with `head`, with its article; `None` if it is nothing well known.
pub(crate) fn kind(head: &[u8]) -> Option<&'static str> {
    if head.is_empty() {
        return Some("empty");
    }
    let known =
        MAGIC.iter().find(|(at, magic, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(magic))).map(|m| m.2);
    known.or_else(|| text_kind(head))
}

fn text_kind(head: &[u8]) -> Option<&'static str> {
    let text = match str::from_utf8(head) {
        Ok(text) => text,
        // A character may have been cut in two at the end.
        Err(error) if error.error_len().is_none() => str::from_utf8(&head[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}')) {
        return None;
    }
    let start = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).to_ascii_lowercase();
    Some(match () {
        () if start.starts_with("<!doctype html") || start.starts_with("<html") => "an HTML page",
        () if start.starts_with("<svg") || start.starts_with("<?xml") && start.contains("<svg") => "an SVG image",
        () if start.starts_with(['{', '[']) => "a JSON or text file",
        () => "a text file",
    })
}
