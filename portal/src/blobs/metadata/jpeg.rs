//! JPEG: segments, each with a marker and mostly a length, and compressed data after those that begin a scan.

use super::{Damaged, exif};

const EXIF: &[u8] = b"Exif\0\0";
/// Marker, length, name, density and the size of a small copy: none.
const JFIF_BYTES: usize = 14;

/// Where in the file one is.
#[derive(Clone, Copy)]
enum State {
    /// In the first two bytes.
    Start,
    /// Before a marker.
    Between,
    /// Behind the `FF` of a marker.
    Marker,
    /// Before the length of a segment.
    Length(u8),
    /// Behind the first byte of it.
    HalfLength(u8, u8),
    /// In a segment of which so many bytes are missing.
    Segment(u8, usize),
    /// In compressed data.
    Scan,
    /// Behind an `FF` in it.
    ScanMarker,
    /// Behind the picture.
    Over,
}

/// A JPEG on its way.
pub(super) struct Jpeg {
    state: State,
    read: usize,
    segment: Vec<u8>,
    turned: bool,
    has_picture: bool,
}

impl Default for Jpeg {
    fn default() -> Self {
        Self { state: State::Start, read: 0, segment: Vec::new(), turned: false, has_picture: false }
    }
}

impl Jpeg {
    pub(super) fn has_picture(&self) -> bool {
        self.has_picture
    }

    pub(super) fn push(&mut self, mut piece: &[u8], out: &mut Vec<u8>) -> Result<(), Damaged> {
        while let Some((&byte, rest)) = piece.split_first() {
            piece = match self.state {
                State::Over => return Ok(()),
                State::Scan => self.scan(piece, out),
                State::Segment(code, left) => self.segment(code, left, piece, out),
                _ => {
                    self.step(byte, out)?;
                    rest
                }
            };
        }
        Ok(())
    }

    /// One byte between segments.
    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), Damaged> {
        self.state = match (self.state, byte) {
            (State::Start, _) => {
                out.push(byte);
                self.read += 1;
                if self.read == 2 { State::Between } else { State::Start }
            }
            // Readers skip what stands between segments; it is not passed on.
            (State::Between, 0xFF) => State::Marker,
            (State::Between, _) => State::Between,
            (State::Marker | State::ScanMarker, 0xFF) => self.state,
            (State::Marker, 0x00 | 0xD8) => State::Between,
            (State::ScanMarker, 0x00 | 0xD0..=0xD7) => {
                out.extend([0xFF, byte]);
                State::Scan
            }
            (State::Marker, 0x01 | 0xD0..=0xD7) => State::Between,
            (State::Marker | State::ScanMarker, 0xD9) => {
                out.extend([0xFF, byte]);
                State::Over
            }
            (State::Marker | State::ScanMarker, code) => State::Length(code),
            (State::Length(code), high) => State::HalfLength(code, high),
            (State::HalfLength(code, high), low) => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                let left = length.checked_sub(2).ok_or(Damaged("is damaged: a part of it has no length"))?;
                self.segment.clear();
                if left == 0 { self.end_segment(code, out) } else { State::Segment(code, left) }
            }
            (state, _) => state,
        };
        Ok(())
    }

    fn segment<'a>(&mut self, code: u8, left: usize, piece: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let (now, later) = piece.split_at(piece.len().min(left));
        self.segment.extend_from_slice(now);
        self.state = match left - now.len() {
            0 => self.end_segment(code, out),
            left => State::Segment(code, left),
        };
        later
    }

    /// Passes a whole segment on, or not.
    fn end_segment(&mut self, code: u8, out: &mut Vec<u8>) -> State {
        let segment = std::mem::take(&mut self.segment);
        match code {
            // Frames, tables, restarts: the picture itself.
            0xC0..=0xCF | 0xDA..=0xDF => write(code, &segment, out),
            0xE0 if segment.starts_with(b"JFIF\0") && segment.len() >= JFIF_BYTES => {
                let mut jfif = segment[..JFIF_BYTES].to_vec();
                jfif[JFIF_BYTES - 2..].fill(0);
                write(code, &jfif, out);
            }
            0xE1 if segment.starts_with(EXIF) && !self.turned => {
                if let Some(turn) = exif::orientation(&segment[EXIF.len()..]) {
                    write(code, &[EXIF, &exif::block(turn)].concat(), out);
                    self.turned = true;
                }
            }
            // Colours: a profile, and how the three channels are meant.
            0xE2 if segment.starts_with(b"ICC_PROFILE\0") => write(code, &segment, out),
            0xEE if segment.starts_with(b"Adobe") => write(code, &segment, out),
            _ => {}
        }
        // The memory serves the next one.
        self.segment = segment;
        if code == 0xDA {
            self.has_picture = true;
            State::Scan
        } else {
            State::Between
        }
    }

    fn scan<'a>(&mut self, piece: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let Some(end) = piece.iter().position(|byte| *byte == 0xFF) else {
            out.extend_from_slice(piece);
            return &[];
        };
        out.extend_from_slice(&piece[..end]);
        self.state = State::ScanMarker;
        &piece[end + 1..]
    }
}

fn write(code: u8, segment: &[u8], out: &mut Vec<u8>) {
    let length = u16::try_from(segment.len() + 2).unwrap_or(u16::MAX);
    out.extend([0xFF, code]);
    out.extend(length.to_be_bytes());
    out.extend_from_slice(segment);
}
