//! A zip that is written while it is sent: a thread of its own packs what it is handed, piece by piece.

use std::io::{self, Write};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde::Serialize;
use tokio::sync::mpsc::{self, Receiver, Sender};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{DomainError, Result};

/// Pieces that may wait on either side of the thread.
const WAITING: usize = 8;
/// Bytes that are sent at once.
const SENT_AT_ONCE: usize = 64 << 10;

/// What the thread is handed.
enum Piece {
    /// A file begins; whether it is worth packing.
    File(String, bool),
    /// More of it.
    Data(Bytes),
    /// That was all.
    End,
}

/// A zip that is being written.
pub(in crate::domain) struct Archive(Sender<Piece>);

/// Begins a zip: where it is written, and what is to be sent.
pub(in crate::domain) fn open() -> (Archive, Receiver<io::Result<Bytes>>) {
    let (pieces, handed) = mpsc::channel(WAITING);
    let (zipped, out) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = pack(handed, Sending { out: zipped.clone(), waiting: Vec::new() }) {
            // Nobody listening is no error.
            let _ = zipped.blocking_send(Err(error));
        }
    });
    (Archive(pieces), out)
}

fn pack(mut handed: Receiver<Piece>, out: Sending) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(out);
    loop {
        match handed.blocking_recv() {
            Some(Piece::File(path, worth_packing)) => {
                let method = if worth_packing { CompressionMethod::Deflated } else { CompressionMethod::Stored };
                // Sizes stand behind the content, which may be of any length.
                let options = SimpleFileOptions::default().compression_method(method).large_file(true);
                zip.start_file(path, options)?;
            }
            Some(Piece::Data(bytes)) => zip.write_all(&bytes)?,
            Some(Piece::End) => break,
            None => return Err(io::Error::other("the archive broke off")),
        }
    }
    let mut out = zip.finish()?.into_inner();
    out.flush()
}

/// Where the zip goes: to whoever asked for it.
struct Sending {
    out: Sender<io::Result<Bytes>>,
    waiting: Vec<u8>,
}

impl Write for Sending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= SENT_AT_ONCE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::take(&mut self.waiting));
        self.out.blocking_send(Ok(piece)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

impl Archive {
    async fn hand(&mut self, piece: Piece) -> Result<()> {
        self.0.send(piece).await.map_err(|_| DomainError::Upload("whoever asked for the archive has gone".to_owned()))
    }

    /// Begins a file; whether packing makes it smaller.
    pub(in crate::domain) async fn begin(&mut self, path: &str, worth_packing: bool) -> Result<()> {
        self.hand(Piece::File(path.to_owned(), worth_packing)).await
    }

    /// More of the file that was begun.
    pub(in crate::domain) async fn write(&mut self, content: impl Into<Bytes>) -> Result<()> {
        self.hand(Piece::Data(content.into())).await
    }

    /// Adds a text.
    pub(in crate::domain) async fn text(&mut self, path: &str, text: String) -> Result<()> {
        self.begin(path, true).await?;
        self.write(text).await
    }

    /// Adds something as JSON.
    pub(in crate::domain) async fn json(&mut self, path: &str, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(DomainError::internal)?;
        self.text(path, text).await
    }

    /// Adds a file, which is packed already as pictures are.
    pub(in crate::domain) async fn file<S, E>(&mut self, path: &str, mut content: S) -> Result<()>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
        DomainError: From<E>,
    {
        self.begin(path, false).await?;
        while let Some(piece) = content.next().await {
            self.write(piece?).await?;
        }
        Ok(())
    }

    /// Writes the end, without which it is no zip.
    pub(in crate::domain) async fn finish(mut self) {
        // Whoever went away needs none.
        let _ = self.hand(Piece::End).await;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::*;

    async fn received(mut out: Receiver<io::Result<Bytes>>) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(piece) = out.recv().await {
            all.extend_from_slice(&piece?);
        }
        Ok(all)
    }

    #[tokio::test]
    async fn what_is_handed_in_comes_out_as_a_zip() {
        let (mut archive, out) = open();
        let photo = vec![7_u8; 300_000];
        let pieces: Vec<_> =
            photo.chunks(50_000).map(|piece| Ok::<_, DomainError>(Bytes::copy_from_slice(piece))).collect();
        let writing = tokio::spawn(async move {
            archive.text("a.txt", "hello".to_owned()).await.unwrap();
            archive.file("b/photo.png", futures_util::stream::iter(pieces)).await.unwrap();
            archive.finish().await;
        });
        let zip = received(out).await.unwrap();
        writing.await.unwrap();
        let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        let mut text = String::new();
        zip.by_name("a.txt").unwrap().read_to_string(&mut text).unwrap();
        let mut read = Vec::new();
        zip.by_name("b/photo.png").unwrap().read_to_end(&mut read).unwrap();
        assert_eq!((text.as_str(), read == photo), ("hello", true));
    }

    #[tokio::test]
    async fn one_that_breaks_off_is_no_zip() {
        let (mut archive, out) = open();
        archive.text("a.txt", "hello".to_owned()).await.unwrap();
        drop(archive);
        assert!(received(out).await.is_err());
    }
}
