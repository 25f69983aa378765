//! PNG: chunks, each with its length, its four letters and its sum.

use super::{Damaged, LOOKED_AT, exif};

const SIGNATURE_BYTES: usize = 8;
const SUM_BYTES: usize = 4;
/// The longest chunk that the format allows.
const LONGEST: u32 = i32::MAX as u32;

/// Optional chunks that say how the picture looks, or that it moves. Those that every picture needs have a capital.
const KEPT: [&[u8; 4]; 16] = [
    b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"cICP", b"mDCV",
    b"cLLI", b"acTL", b"fcTL", b"fdAT",
];

/// What becomes of a chunk.
#[derive(Clone, Copy)]
enum Fate {
    Pass,
    Drop,
    Read,
}

/// Where in the file one is.
enum State {
    Signature,
    /// Before a chunk or in its first eight bytes.
    Head,
    /// In a chunk of which so many bytes are missing, its sum included.
    Chunk(Fate, usize),
    Over,
}

/// A PNG on its way.
pub(super) struct Png {
    state: State,
    head: Vec<u8>,
    exif: Vec<u8>,
    first: bool,
    last: bool,
    turned: bool,
    has_picture: bool,
}

impl Default for Png {
    fn default() -> Self {
        Self {
            state: State::Signature,
            head: Vec::with_capacity(8),
            exif: Vec::new(),
            first: true,
            last: false,
            turned: false,
            has_picture: false,
        }
    }
}

impl Png {
    pub(super) fn has_picture(&self) -> bool {
        self.has_picture
    }

    pub(super) fn push(&mut self, mut piece: &[u8], out: &mut Vec<u8>) -> Result<(), Damaged> {
        while !piece.is_empty() {
            piece = match self.state {
                State::Over => return Ok(()),
                State::Signature => self.signature(piece, out),
                State::Head => self.chunk_head(piece, out)?,
                State::Chunk(fate, left) => self.chunk(fate, left, piece, out),
            };
        }
        Ok(())
    }

    fn signature<'a>(&mut self, piece: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let rest = self.fill(piece, SIGNATURE_BYTES);
        if self.head.len() == SIGNATURE_BYTES {
            out.append(&mut self.head);
            self.state = State::Head;
        }
        rest
    }

    /// Moves bytes into the head until it has `wanted`.
    fn fill<'a>(&mut self, piece: &'a [u8], wanted: usize) -> &'a [u8] {
        let (now, later) = piece.split_at(piece.len().min(wanted - self.head.len()));
        self.head.extend_from_slice(now);
        later
    }

    fn chunk_head<'a>(&mut self, piece: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], Damaged> {
        let rest = self.fill(piece, 8);
        let Ok(head) = <[u8; 8]>::try_from(self.head.as_slice()) else { return Ok(rest) };
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let kind = [head[4], head[5], head[6], head[7]];
        if length > LONGEST || !kind.iter().all(u8::is_ascii_alphabetic) || (self.first && &kind != b"IHDR") {
            return Err(Damaged("is damaged: it begins as a PNG and goes on as something else"));
        }
        self.first = false;
        self.last = &kind == b"IEND";
        self.has_picture |= &kind == b"IDAT";
        let fate = match &kind {
            b"eXIf" => Fate::Read,
            kind if kind[0].is_ascii_uppercase() || KEPT.contains(&kind) => Fate::Pass,
            _ => Fate::Drop,
        };
        if matches!(fate, Fate::Pass) {
            out.extend_from_slice(&head);
        }
        self.head.clear();
        self.exif.clear();
        self.state = State::Chunk(fate, length as usize + SUM_BYTES);
        Ok(rest)
    }

    fn chunk<'a>(&mut self, fate: Fate, left: usize, piece: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let (now, later) = piece.split_at(piece.len().min(left));
        match fate {
            Fate::Pass => out.extend_from_slice(now),
            Fate::Read => self.exif.extend_from_slice(&now[..now.len().min(LOOKED_AT - self.exif.len())]),
            Fate::Drop => {}
        }
        self.state = match left - now.len() {
            0 if self.last => State::Over,
            0 => {
                if matches!(fate, Fate::Read) {
                    self.turn(out);
                }
                State::Head
            }
            left => State::Chunk(fate, left),
        };
        later
    }

    /// Writes the one thing on that the chunk may say.
    fn turn(&mut self, out: &mut Vec<u8>) {
        let tiff = &self.exif[..self.exif.len().saturating_sub(SUM_BYTES)];
        if self.turned {
            return;
        }
        let Some(turn) = exif::orientation(tiff) else { return };
        let mut chunk = b"eXIf".to_vec();
        chunk.extend(exif::block(turn));
        out.extend((exif::BLOCK_BYTES as u32).to_be_bytes());
        out.extend_from_slice(&chunk);
        out.extend(crc32fast::hash(&chunk).to_be_bytes());
        self.turned = true;
    }
}
