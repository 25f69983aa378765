//! What a camera writes beside the picture (where it was taken, when, by which phone, a small copy of it) is taken out
//! of a photo while it is received: no such byte is ever stored or handed to a runner.
//!
//! The file is read as its format says and written on piece by piece; at most 64 KiB of it are held. What makes up the
//! picture is passed on as it came, colours included. Of everything else only one thing is kept: which side is up, in
//! an EXIF block that says nothing more, so that upright photos stay upright.
//!
//! | format | what is left out |
//! |---|---|
//! | JPEG | EXIF, XMP, IPTC, comments, makers' own segments, small copies, and whatever follows the picture (second pictures, films) |
//! | PNG | eXIf, tEXt, zTXt, iTXt, tIME, chunks that the format does not know, and what follows the picture |
//! | WebP | EXIF, XMP and unknown chunks: overwritten with zeros, as the header has already said how long the file is |
//! | GIF | comments, XMP and other extensions of applications but the one that says how often a film is shown |
//! | BMP | nothing: it has no place for such things |
//!
//! A file that cannot be followed to where its picture begins is refused in words. One that breaks off later is passed on
//! as far as it goes: whether there is enough of it is for the runner to say.

mod exif;
mod gif;
mod jpeg;
mod png;
mod webp;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

use self::{gif::Gif, jpeg::Jpeg, png::Png, webp::Webp};
use super::sniff::{HEAD_BYTES, picture_type};

/// Bytes of one block of metadata that are looked at for the orientation.
const LOOKED_AT: usize = 64 << 10;

/// Why a photo cannot be cleaned, as a person may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Damaged(pub(super) &'static str);

const CUT_OFF: Damaged = Damaged("is damaged: it ends before its picture begins");

/// Takes metadata out of one file.
pub struct Cleaner(Format);

enum Format {
    /// Too little was read to tell.
    Unknown(Vec<u8>),
    Jpeg(Jpeg),
    Png(Png),
    Webp(Webp),
    Gif(Gif),
    /// It has none, or is no picture: that is found out elsewhere.
    Plain,
}

impl Cleaner {
    /// A cleaner for a file of any format.
    pub fn new() -> Self {
        Self(Format::Unknown(Vec::with_capacity(HEAD_BYTES)))
    }

    /// Takes more of the file; what is passed on is appended to `out`.
    ///
    /// # Errors
    /// If the file is not what its first bytes say.
    pub fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<(), Damaged> {
        match &mut self.0 {
            Format::Unknown(head) => {
                head.extend_from_slice(piece);
                if head.len() < HEAD_BYTES {
                    return Ok(());
                }
                let head = std::mem::take(head);
                self.0 = Format::of(&head);
                self.push(&head, out)
            }
            Format::Jpeg(jpeg) => jpeg.push(piece, out),
            Format::Png(png) => png.push(piece, out),
            Format::Webp(webp) => webp.push(piece, out),
            Format::Gif(gif) => gif.push(piece, out),
            Format::Plain => {
                out.extend_from_slice(piece);
                Ok(())
            }
        }
    }

    /// The file has ended; what is left to be passed on is appended to `out`.
    ///
    /// # Errors
    /// If its picture has not begun.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Damaged> {
        if let Format::Unknown(head) = &mut self.0 {
            let head = std::mem::take(head);
            self.0 = Format::of(&head);
            self.push(&head, out)?;
        }
        let begun = match &self.0 {
            Format::Jpeg(jpeg) => jpeg.has_picture(),
            Format::Png(png) => png.has_picture(),
            Format::Webp(webp) => webp.has_picture(),
            Format::Gif(gif) => gif.has_picture(),
            Format::Unknown(_) | Format::Plain => true,
        };
        if begun { Ok(()) } else { Err(CUT_OFF) }
    }
}

impl Default for Cleaner {
    fn default() -> Self {
        Self::new()
    }
}

impl Format {
    fn of(head: &[u8]) -> Self {
        match picture_type(head) {
            Some("image/jpeg") => Self::Jpeg(Jpeg::default()),
            Some("image/png") => Self::Png(Png::default()),
            Some("image/webp") => Self::Webp(Webp::default()),
            Some("image/gif") => Self::Gif(Gif::default()),
            _ => Self::Plain,
        }
    }
}

/// What can go wrong with a stream that is cleaned.
#[derive(Debug, thiserror::Error)]
pub enum CleanError<E: std::fmt::Display> {
    /// The source broke off.
    #[error("{0}")]
    Source(E),
    /// The file is not what it says.
    #[error(transparent)]
    Damaged(#[from] Damaged),
}

/// The stream without metadata. It ends with the first error.
pub fn clean<'a, S, E>(stream: &'a mut S) -> impl Stream<Item = Result<Bytes, CleanError<E>>> + Unpin + 'a
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display + 'a,
{
    let cleaned = stream::try_unfold(Some((stream, Cleaner::new())), |state| async move {
        let Some((stream, mut cleaner)) = state else { return Ok(None) };
        let mut out = Vec::new();
        // Pieces that hold nothing but metadata are no pieces.
        while out.is_empty() {
            match stream.next().await {
                Some(piece) => cleaner.push(&piece.map_err(CleanError::Source)?, &mut out)?,
                None => {
                    cleaner.finish(&mut out)?;
                    return Ok(Some((Bytes::from(out), None)));
                }
            }
        }
        Ok(Some((Bytes::from(out), Some((stream, cleaner)))))
    });
    Box::pin(cleaned)
}
