//! GIF: a screen, then frames and extensions, each in blocks of up to 255 bytes.

use super::Damaged;

const SCREEN_BYTES: usize = 13;
const FRAME_BYTES: usize = 9;

/// Where in the file one is.
#[derive(Clone, Copy)]
enum State {
    /// In the signature and the screen that follows it.
    Screen,
    /// In so many bytes of a table of colours, before a block (`false`) or before the data of a frame (`true`).
    Colours(usize, bool),
    /// Before a frame or an extension.
    Between,
    /// In the description of a frame.
    Frame,
    /// Before the one byte that begins a frame's data.
    Code,
    /// Behind the first byte of an extension.
    Label,
    /// In the name of an application's extension.
    Application,
    /// Before the length of a block, passed on or not.
    Length(bool),
    /// In a block of which so many bytes are missing.
    Block(usize, bool),
    Over,
}

/// A GIF on its way.
pub(super) struct Gif {
    state: State,
    held: Vec<u8>,
    has_picture: bool,
}

impl Default for Gif {
    fn default() -> Self {
        Self { state: State::Screen, held: Vec::with_capacity(16), has_picture: false }
    }
}

impl Gif {
    pub(super) fn has_picture(&self) -> bool {
        self.has_picture
    }

    pub(super) fn push(&mut self, mut piece: &[u8], out: &mut Vec<u8>) -> Result<(), Damaged> {
        while let Some((&byte, rest)) = piece.split_first() {
            piece = match self.state {
                State::Over => return Ok(()),
                State::Colours(left, of_frame) => {
                    let then = if of_frame { State::Code } else { State::Between };
                    let (later, left) = pass(piece, left, true, out);
                    self.state = if left == 0 { then } else { State::Colours(left, of_frame) };
                    later
                }
                State::Block(left, passes) => {
                    let (later, left) = pass(piece, left, passes, out);
                    self.state = if left == 0 { State::Length(passes) } else { State::Block(left, passes) };
                    later
                }
                _ => {
                    self.step(byte, out)?;
                    rest
                }
            };
        }
        Ok(())
    }

    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), Damaged> {
        match (self.state, byte) {
            (State::Screen, _) => self.hold(byte, SCREEN_BYTES, 10, false, out),
            (State::Between, 0x2C) => {
                self.held.clear();
                out.push(byte);
                self.state = State::Frame;
            }
            (State::Between, 0x21) => self.state = State::Label,
            (State::Between, 0x3B) => {
                out.push(byte);
                self.state = State::Over;
            }
            // Readers skip empty blocks between others.
            (State::Between, 0) => {}
            (State::Between, _) => {
                return Err(Damaged("is damaged: it begins as a GIF and goes on as something else"));
            }
            (State::Frame, _) => self.hold(byte, FRAME_BYTES, 8, true, out),
            (State::Code, _) => {
                out.push(byte);
                self.has_picture = true;
                self.state = State::Length(true);
            }
            (State::Label, label) => self.label(label, out),
            (State::Application, _) => self.application(byte, out),
            (State::Length(passes), length) => {
                if passes {
                    out.push(length);
                }
                self.state = if length == 0 { State::Between } else { State::Block(length.into(), passes) };
            }
            (State::Colours(..) | State::Block(..) | State::Over, _) => {}
        }
        Ok(())
    }

    /// Holds the bytes of a head until it has `whole`; the one at `flags` says how long the colours are that follow.
    fn hold(&mut self, byte: u8, whole: usize, flags: usize, of_frame: bool, out: &mut Vec<u8>) {
        self.held.push(byte);
        if self.held.len() < whole {
            return;
        }
        let flags = self.held[flags];
        out.append(&mut self.held);
        self.state = match (flags & 0x80 != 0, of_frame) {
            (true, _) => State::Colours(3 << ((flags & 7) + 1), of_frame),
            (false, true) => State::Code,
            (false, false) => State::Between,
        };
    }

    fn label(&mut self, label: u8, out: &mut Vec<u8>) {
        self.held.clear();
        self.state = match label {
            // How long a frame is shown, and text that is part of the picture.
            0xF9 | 0x01 => {
                out.extend([0x21, label]);
                State::Length(true)
            }
            0xFF => State::Application,
            _ => State::Length(false),
        };
    }

    /// Only the extension that says how often a film is shown is passed on.
    fn application(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.held.push(byte);
        if self.held.len() <= usize::from(self.held[0]) {
            return;
        }
        let passes = matches!(&self.held[1..], b"NETSCAPE2.0" | b"ANIMEXTS1.0");
        if passes {
            out.extend([0x21, 0xFF]);
            out.extend_from_slice(&self.held);
        }
        let ended = self.held[0] == 0;
        self.held.clear();
        self.state = if ended { State::Between } else { State::Length(passes) };
    }
}

/// Passes up to `left` bytes on, or drops them: the rest, and how many are still missing.
fn pass<'a>(piece: &'a [u8], left: usize, passes: bool, out: &mut Vec<u8>) -> (&'a [u8], usize) {
    let (now, later) = piece.split_at(piece.len().min(left));
    if passes {
        out.extend_from_slice(now);
    }
    (later, left - now.len())
}
