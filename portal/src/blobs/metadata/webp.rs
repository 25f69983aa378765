//! WebP: RIFF chunks. The header says how long the whole file is before one has seen what will be left out, so chunks keep
//! their place: what was in them is overwritten. In the frames of a film nothing is looked for.

use super::{Damaged, LOOKED_AT, exif};

const HEADER_BYTES: usize = 12;
const KEPT: [&[u8; 4]; 6] = [b"VP8 ", b"VP8L", b"ANIM", b"ANMF", b"ALPH", b"ICCP"];
/// The flag in `VP8X` that says that XMP follows.
const XMP_FLAG: u8 = 0b100;

/// What becomes of a chunk.
#[derive(Clone, Copy)]
enum Fate {
    Pass,
    /// Its first byte holds flags.
    Flags,
    /// Zeros in its place.
    Blank,
    /// Bytes that are still to be looked at.
    Read(usize),
}

/// Where in the file one is.
enum State {
    Header,
    Head,
    Chunk(Fate, usize),
    Over,
}

/// A WebP on its way.
pub(super) struct Webp {
    state: State,
    head: Vec<u8>,
    exif: Vec<u8>,
    left: u64,
    has_picture: bool,
}

impl Default for Webp {
    fn default() -> Self {
        Self {
            state: State::Header,
            head: Vec::with_capacity(HEADER_BYTES),
            exif: Vec::new(),
            left: 0,
            has_picture: false,
        }
    }
}

impl Webp {
    pub(super) fn has_picture(&self) -> bool {
        self.has_picture
    }

    pub(super) fn push(&mut self, mut piece: &[u8], out: &mut Vec<u8>) -> Result<(), Damaged> {
        while !piece.is_empty() {
            piece = match self.state {
                State::Over => return Ok(()),
                State::Header => self.header(piece, out),
                State::Head => self.chunk_head(piece, out)?,
                State::Chunk(fate, left) => self.chunk(fate, left, piece, out),
            };
        }
        Ok(())
    }

    fn fill<'a>(&mut self, piece: &'a [u8], wanted: usize) -> &'a [u8] {
        let (now, later) = piece.split_at(piece.len().min(wanted - self.head.len()));
        self.head.extend_from_slice(now);
        later
    }

    fn header<'a>(&mut self, piece: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let rest = self.fill(piece, HEADER_BYTES);
        if self.head.len() == HEADER_BYTES {
            // The length counts from behind itself: the word WEBP is part of it.
            self.left = u64::from(number(&self.head[4..8])).saturating_sub(4);
            out.append(&mut self.head);
            self.state = if self.left < 8 { State::Over } else { State::Head };
        }
        rest
    }

    fn chunk_head<'a>(&mut self, piece: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], Damaged> {
        let rest = self.fill(piece, 8);
        let Ok(head) = <[u8; 8]>::try_from(self.head.as_slice()) else { return Ok(rest) };
        self.head.clear();
        let kind = [head[0], head[1], head[2], head[3]];
        let length = number(&head[4..]);
        // Chunks begin at even places.
        let whole = u64::from(length) + u64::from(length % 2);
        if !kind.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
            return Err(Damaged("is damaged: it begins as a WebP and goes on as something else"));
        }
        self.left = self.left.saturating_sub(8 + whole);
        let looked_at = (length as usize).min(LOOKED_AT);
        let fate = match &kind {
            b"VP8X" => Fate::Flags,
            b"EXIF" if length as usize >= exif::BLOCK_BYTES => Fate::Read(looked_at),
            kind if KEPT.contains(&kind) => Fate::Pass,
            _ => Fate::Blank,
        };
        self.has_picture |= [b"VP8 ", b"VP8L", b"ANMF"].contains(&&kind);
        match fate {
            Fate::Blank => {
                out.extend_from_slice(b"JUNK");
                out.extend_from_slice(&head[4..]);
            }
            _ => out.extend_from_slice(&head),
        }
        self.exif.clear();
        self.state = match usize::try_from(whole).unwrap_or(usize::MAX) {
            0 => self.behind(),
            whole => State::Chunk(fate, whole),
        };
        Ok(rest)
    }

    fn behind(&self) -> State {
        if self.left < 8 { State::Over } else { State::Head }
    }

    fn chunk<'a>(&mut self, mut fate: Fate, left: usize, piece: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let (now, later) = piece.split_at(piece.len().min(left));
        match fate {
            Fate::Pass => out.extend_from_slice(now),
            Fate::Flags => {
                out.push(now[0] & !XMP_FLAG);
                out.extend_from_slice(&now[1..]);
                fate = Fate::Pass;
            }
            Fate::Blank => out.resize(out.len() + now.len(), 0),
            Fate::Read(missing) => {
                let (looked_at, blank) = now.split_at(now.len().min(missing));
                self.exif.extend_from_slice(looked_at);
                fate = Fate::Read(missing - looked_at.len());
                if missing == looked_at.len() {
                    self.turn(out);
                    out.resize(out.len() + blank.len(), 0);
                    fate = Fate::Blank;
                }
            }
        }
        self.state = match left - now.len() {
            0 => self.behind(),
            left => State::Chunk(fate, left),
        };
        later
    }

    /// Writes what was looked at anew: as long as before, but saying nothing more than which side is up.
    fn turn(&mut self, out: &mut Vec<u8>) {
        let tiff = self.exif.strip_prefix(b"Exif\0\0").unwrap_or(&self.exif);
        out.extend(exif::block(exif::orientation(tiff).unwrap_or(1)));
        out.resize(out.len() + self.exif.len() - exif::BLOCK_BYTES, 0);
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}
