//! What supervisor and worker say to each other over a Unix socket pair.
//!
//! A frame is a JSON header with binary attachments behind it: `u32` length of the header, `u32` number of
//! attachments, the header, then each attachment as `u64` length and bytes; all integers little-endian. Pictures
//! travel as attachments, so they are neither escaped nor copied more than once on each side.
//!
//! The supervisor starts a worker with the socket as its standard input, sends [`ToWorker::Start`], and waits for
//! [`FromWorker::Ready`] or [`FromWorker::Refused`]. From then on runs are multiplexed by their number.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use vision_protocol::{
    fault::Fault,
    limits::RunLimits,
    messages::{ErrorCode, LogLine, Timings},
};

/// Longest header, in bytes: guards against a confused peer, not against large photos.
pub const MAX_HEADER_BYTES: u32 = 16 << 20;

/// Most attachments of one frame.
pub const MAX_ATTACHMENTS: u32 = 4_096;

/// From supervisor to worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ToWorker {
    /// The first frame: what to load, and how.
    Start {
        /// Folder of the unpacked package.
        package: PathBuf,
        /// Whether to prove a new package or to serve runs of a published one.
        mode: Mode,
        /// What one run may use.
        limits: RunLimits,
        /// How many runs may be worked on side by side.
        parallel: usize,
    },
    /// Execute one run.
    Run {
        /// The supervisor's number for it.
        id: u64,
        /// Inputs by parameter name.
        inputs: Vec<(String, WireValue)>,
        /// Milliseconds left until the deadline.
        deadline_ms: u64,
    },
    /// The caller has gone: do not begin this run, or stop it soon.
    Cancel {
        /// The run's number.
        id: u64,
    },
}

/// What a worker is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Compile the component, load every model, run it once on zeros, run the examples; then answer and end.
    Prove,
    /// Map the compiled component and serve runs until the socket closes.
    Serve,
}

/// From worker to supervisor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FromWorker {
    /// `Serve`: runs can be sent. `Prove`: the package is good, attachment 0 is the compiled component.
    Ready {
        /// Milliseconds from the start frame until now.
        loading_ms: f64,
        /// Remarks for the author that do not stop a publication.
        warnings: Vec<Fault>,
    },
    /// The package cannot be used.
    Refused {
        /// Every fault.
        faults: Vec<Fault>,
    },
    /// A run has ended well.
    Done {
        /// The run's number.
        id: u64,
        /// Outputs by result variable.
        outputs: Vec<(String, WireValue)>,
        /// Where the time went inside the worker.
        timings: Timings,
        /// What the app logged.
        logs: Vec<LogLine>,
    },
    /// A run has failed; the worker goes on.
    Failed {
        /// The run's number.
        id: u64,
        /// The kind of failure.
        code: ErrorCode,
        /// What went wrong, fit for the app's author.
        message: String,
        /// Where the time went inside the worker.
        timings: Timings,
        /// What the app logged.
        logs: Vec<LogLine>,
    },
}

/// A value on its way between supervisor and worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireValue {
    /// Text, or the chosen option of a Select.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// A day, as YYYY-MM-DD.
    Date(String),
    /// An encoded picture: the index of its attachment.
    Picture(usize),
    /// Labels, boxes, tables.
    Json(Value),
}

/// A header with its attachments.
#[derive(Debug)]
pub struct Frame<T> {
    /// The message.
    pub message: T,
    /// Binary data that the message refers to by index.
    pub attachments: Vec<Vec<u8>>,
}

/// Writes one frame and flushes it.
///
/// # Errors
/// When the socket is gone, or the message is larger than [`MAX_HEADER_BYTES`].
pub fn write_frame<T: Serialize>(
    out: &mut impl Write,
    message: &T,
    attachments: &[impl AsRef<[u8]>],
) -> io::Result<()> {
    out.write_all(&head(message, attachments.len())?)?;
    for attachment in attachments {
        let bytes = attachment.as_ref();
        out.write_all(&(bytes.len() as u64).to_le_bytes())?;
        out.write_all(bytes)?;
    }
    out.flush()
}

/// Reads one frame; `None` where the peer has closed the socket between two frames.
///
/// Memory grows only with what has really arrived, whatever lengths a peer announces.
///
/// # Errors
/// When the socket breaks within a frame, the frame is not of this form, or its attachments are larger than
/// `max_attachment_bytes` together.
pub fn read_frame<T: DeserializeOwned>(
    input: &mut impl Read,
    max_attachment_bytes: u64,
) -> io::Result<Option<Frame<T>>> {
    let mut prefix = [0; 8];
    match input.read(&mut prefix[..1])? {
        0 => return Ok(None),
        _ => input.read_exact(&mut prefix[1..])?,
    }
    let (header_bytes, count) = lengths(prefix)?;
    let mut header = Vec::new();
    exactly(input.by_ref().take(header_bytes).read_to_end(&mut header)?, header_bytes)?;
    let mut left = max_attachment_bytes;
    let mut attachments = Vec::new();
    for _ in 0..count {
        let mut length = [0; 8];
        input.read_exact(&mut length)?;
        let length = within(u64::from_le_bytes(length), &mut left)?;
        let mut bytes = Vec::with_capacity(first_capacity(length));
        exactly(input.by_ref().take(length).read_to_end(&mut bytes)?, length)?;
        attachments.push(bytes);
    }
    Ok(Some(Frame { message: serde_json::from_slice(&header)?, attachments }))
}

/// [`write_frame`], on the supervisor's side.
///
/// # Errors
/// As [`write_frame`].
pub async fn write_frame_async<T: Serialize>(
    out: &mut (impl AsyncWrite + Unpin),
    message: &T,
    attachments: &[impl AsRef<[u8]>],
) -> io::Result<()> {
    out.write_all(&head(message, attachments.len())?).await?;
    for attachment in attachments {
        let bytes = attachment.as_ref();
        out.write_all(&(bytes.len() as u64).to_le_bytes()).await?;
        out.write_all(bytes).await?;
    }
    out.flush().await
}

/// [`read_frame`], on the supervisor's side. Not to be cancelled half-way: the rest of the frame would be lost.
///
/// # Errors
/// As [`read_frame`].
pub async fn read_frame_async<T: DeserializeOwned>(
    input: &mut (impl AsyncRead + Unpin),
    max_attachment_bytes: u64,
) -> io::Result<Option<Frame<T>>> {
    let mut prefix = [0; 8];
    match input.read(&mut prefix[..1]).await? {
        0 => return Ok(None),
        _ => input.read_exact(&mut prefix[1..]).await?,
    };
    let (header_bytes, count) = lengths(prefix)?;
    let mut header = Vec::new();
    exactly((&mut *input).take(header_bytes).read_to_end(&mut header).await?, header_bytes)?;
    let mut left = max_attachment_bytes;
    let mut attachments = Vec::new();
    for _ in 0..count {
        let length = within(input.read_u64_le().await?, &mut left)?;
        let mut bytes = Vec::with_capacity(first_capacity(length));
        exactly((&mut *input).take(length).read_to_end(&mut bytes).await?, length)?;
        attachments.push(bytes);
    }
    Ok(Some(Frame { message: serde_json::from_slice(&header)?, attachments }))
}

fn head<T: Serialize>(message: &T, attachments: usize) -> io::Result<Vec<u8>> {
    let mut head = vec![0; 8];
    serde_json::to_writer(&mut head, message)?;
    let header_bytes = u32::try_from(head.len() - 8).ok().filter(|&bytes| bytes <= MAX_HEADER_BYTES);
    let header_bytes = header_bytes.ok_or_else(|| invalid("the message is too large for a frame"))?;
    let count = u32::try_from(attachments).ok().filter(|&count| count <= MAX_ATTACHMENTS);
    let count = count.ok_or_else(|| invalid("too many attachments for a frame"))?;
    head[..4].copy_from_slice(&header_bytes.to_le_bytes());
    head[4..8].copy_from_slice(&count.to_le_bytes());
    Ok(head)
}

fn lengths(prefix: [u8; 8]) -> io::Result<(u64, u32)> {
    let [a, b, c, d, e, f, g, h] = prefix;
    let (header_bytes, count) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    if header_bytes > MAX_HEADER_BYTES || count > MAX_ATTACHMENTS {
        return Err(invalid("the peer announces a frame beyond all bounds"));
    }
    Ok((u64::from(header_bytes), count))
}

fn within(length: u64, left: &mut u64) -> io::Result<u64> {
    *left = left.checked_sub(length).ok_or_else(|| invalid("the attachments of a frame are too large"))?;
    Ok(length)
}

/// A photo fits at once; what is larger grows as it arrives.
fn first_capacity(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX).min(8 << 20)
}

fn exactly(read: usize, expected: u64) -> io::Result<()> {
    if read as u64 == expected { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> (ToWorker, Vec<Vec<u8>>) {
        let inputs = vec![("Image".to_owned(), WireValue::Picture(0)), ("Age".to_owned(), WireValue::Number(4.5))];
        (ToWorker::Run { id: 7, inputs, deadline_ms: 100 }, vec![vec![1, 2, 3], Vec::new()])
    }

    #[test]
    fn a_frame_comes_out_as_it_went_in() {
        let (message, attachments) = run();
        let mut wire = Vec::new();
        write_frame(&mut wire, &message, &attachments).unwrap();
        write_frame(&mut wire, &ToWorker::Cancel { id: 7 }, &[] as &[&[u8]]).unwrap();
        let mut input = wire.as_slice();
        let frame = read_frame::<ToWorker>(&mut input, 3).unwrap().unwrap();
        assert!(matches!(frame.message, ToWorker::Run { id: 7, inputs, .. } if inputs[1].1 == WireValue::Number(4.5)));
        assert_eq!(frame.attachments, attachments);
        let frame = read_frame::<ToWorker>(&mut input, 0).unwrap().unwrap();
        assert!(matches!(frame.message, ToWorker::Cancel { id: 7 }));
        assert!(read_frame::<ToWorker>(&mut input, 0).unwrap().is_none());
    }

    #[tokio::test]
    async fn both_sides_speak_the_same() {
        let (message, attachments) = run();
        let (mut plain, mut awaited) = (Vec::new(), Vec::new());
        write_frame(&mut plain, &message, &attachments).unwrap();
        write_frame_async(&mut awaited, &message, &attachments).await.unwrap();
        assert_eq!(plain, awaited);
        let frame = read_frame_async::<ToWorker>(&mut plain.as_slice(), 3).await.unwrap().unwrap();
        assert_eq!(frame.attachments, attachments);
    }

    #[test]
    fn cut_and_lying_frames_are_errors() {
        let (message, attachments) = run();
        let mut wire = Vec::new();
        write_frame(&mut wire, &message, &attachments).unwrap();
        for end in 1..wire.len() {
            assert!(read_frame::<ToWorker>(&mut &wire[..end], 3).is_err(), "cut at {end}");
        }
        assert!(read_frame::<ToWorker>(&mut wire.as_slice(), 2).is_err());
        assert!(read_frame::<ToWorker>(&mut [0xff; 64].as_slice(), 3).is_err());
    }
}
