//! Writing and reading frames.

use std::{
    io::{self, BufReader, Read, Write},
    os::unix::net::UnixStream,
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{
    attachment::{Attachment, Inflow, SHARED_BYTES},
    descriptors::{self, Receiver, Shared},
    invalid,
};

/// Longest header, in bytes: guards against a confused peer, not against large photos.
pub const MAX_HEADER_BYTES: u32 = 16 << 20;

/// Most attachments of one frame.
pub const MAX_ATTACHMENTS: u32 = 4_096;

/// In the length of an attachment: its bytes do not follow, but lie in the next descriptor.
const PASSED: u64 = 1 << 63;

/// A header with its attachments.
#[derive(Debug)]
pub struct Frame<T> {
    /// The message.
    pub message: T,
    /// Binary data that the message refers to by index.
    pub attachments: Vec<Attachment>,
}

/// Writes one frame, all bytes in line, and flushes it.
///
/// # Errors
/// When the socket is gone, or the message is larger than [`MAX_HEADER_BYTES`].
pub fn write_frame<T: Serialize>(
    out: &mut impl Write,
    message: &T,
    attachments: &[impl AsRef<[u8]>],
) -> io::Result<()> {
    let mut gathered = head(message, attachments.len())?;
    for attachment in attachments {
        let bytes = attachment.as_ref();
        gathered.extend((bytes.len() as u64).to_le_bytes());
        if bytes.len() <= SHARED_BYTES {
            gathered.extend(bytes);
        } else {
            out.write_all(&gathered)?;
            out.write_all(bytes)?;
            gathered.clear();
        }
    }
    out.write_all(&gathered)?;
    out.flush()
}

/// Writes one frame to a worker; attachments larger than [`SHARED_BYTES`] are passed as descriptors.
///
/// # Errors
/// As [`write_frame`], and when the system gives no shared memory.
pub async fn send_frame<T: Serialize>(
    socket: &tokio::net::UnixStream,
    message: &T,
    attachments: &[Attachment],
) -> io::Result<()> {
    let mut gathered = head(message, attachments.len())?;
    for attachment in attachments {
        let copied;
        let shared = match attachment.as_shared() {
            None if attachment.len() > SHARED_BYTES => {
                let mut inflow = Inflow::new(attachment.len() as u64)?;
                inflow.push(attachment)?;
                copied = inflow.finish()?;
                copied.as_shared()
            }
            shared => shared,
        };
        if let Some(shared) = shared {
            gathered.extend((shared.len() as u64 | PASSED).to_le_bytes());
            descriptors::send(socket, &gathered, Some(shared.descriptor())).await?;
            gathered.clear();
        } else {
            gathered.extend((attachment.len() as u64).to_le_bytes());
            gathered.extend(&**attachment);
        }
    }
    descriptors::send(socket, &gathered, None).await
}

/// The worker's end of the socket for reading: the only one that takes descriptors.
#[derive(Debug)]
pub struct Incoming(BufReader<Receiver>);

impl Incoming {
    /// Reads from that socket from now on.
    pub fn new(socket: UnixStream) -> Self {
        Self(BufReader::with_capacity(SHARED_BYTES, Receiver::new(socket)))
    }

    /// [`read_frame`], with attachments that may have been passed as descriptors.
    ///
    /// # Errors
    /// As [`read_frame`], and when a descriptor is missing, not of the announced length, or of memory that could change.
    pub fn read<T: DeserializeOwned>(&mut self, max_attachment_bytes: u64) -> io::Result<Option<Frame<T>>> {
        read(&mut self.0, max_attachment_bytes, |input, length| {
            let descriptor =
                input.get_mut().next().ok_or_else(|| invalid("a frame names a descriptor that is not there"))?;
            Shared::accept(descriptor, length).map(Attachment::shared)
        })
    }
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
    read(input, max_attachment_bytes, |_, _| Err(unwanted()))
}

fn read<R: Read, T: DeserializeOwned>(
    input: &mut R,
    max_attachment_bytes: u64,
    accept: impl Fn(&mut R, u64) -> io::Result<Attachment>,
) -> io::Result<Option<Frame<T>>> {
    let mut prefix = [0; 8];
    if first(input, &mut prefix[..1])? == 0 {
        return Ok(None);
    }
    input.read_exact(&mut prefix[1..])?;
    let (header_bytes, count) = lengths(prefix)?;
    let mut header = Vec::new();
    exactly(input.by_ref().take(header_bytes).read_to_end(&mut header)?, header_bytes)?;
    let mut left = max_attachment_bytes;
    let mut attachments = Vec::new();
    for _ in 0..count {
        let mut length = [0; 8];
        input.read_exact(&mut length)?;
        let announced = u64::from_le_bytes(length);
        let length = within(announced & !PASSED, &mut left)?;
        if announced & PASSED != 0 {
            attachments.push(accept(input, length)?);
            continue;
        }
        let mut bytes = Vec::with_capacity(first_capacity(length));
        exactly(input.by_ref().take(length).read_to_end(&mut bytes)?, length)?;
        attachments.push(bytes.into());
    }
    Ok(Some(Frame { message: serde_json::from_slice(&header)?, attachments }))
}

fn first(input: &mut impl Read, byte: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(byte) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
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
        let announced = input.read_u64_le().await?;
        if announced & PASSED != 0 {
            return Err(unwanted());
        }
        let length = within(announced, &mut left)?;
        let mut bytes = Vec::with_capacity(first_capacity(length));
        exactly((&mut *input).take(length).read_to_end(&mut bytes).await?, length)?;
        attachments.push(bytes.into());
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

fn unwanted() -> io::Error {
    invalid("the peer passes a descriptor where none is taken")
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::ipc::{ToWorker, WireValue};

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
        assert!(frame.attachments.iter().map(|a| &**a).eq(attachments.iter().map(|a| &**a)));
        let frame = read_frame::<ToWorker>(&mut input, 0).unwrap().unwrap();
        assert!(matches!(frame.message, ToWorker::Cancel { id: 7 }));
        assert!(read_frame::<ToWorker>(&mut input, 0).unwrap().is_none());
    }

    #[tokio::test]
    async fn large_attachments_are_passed_and_small_ones_follow() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let ours = tokio::net::UnixStream::from_std(ours).unwrap();
        let sizes = [3, SHARED_BYTES, SHARED_BYTES + 1, 0, 5 << 20, 70_000];
        let reader = thread::spawn(move || {
            let mut input = Incoming::new(theirs);
            let frames = std::iter::from_fn(|| input.read::<ToWorker>(u64::MAX).unwrap());
            frames.map(|frame| frame.attachments).collect::<Vec<_>>()
        });
        // Many at once: descriptors arrive ahead of frames that are still being read.
        for number in 0..20_u8 {
            let attachments = sizes.map(|size| Attachment::from(vec![number; size]));
            send_frame(&ours, &ToWorker::Cancel { id: 1 }, &attachments).await.unwrap();
        }
        drop(ours);
        let frames = reader.join().unwrap();
        assert_eq!(frames.len(), 20);
        for (number, attachments) in frames.iter().enumerate() {
            for (attachment, size) in attachments.iter().zip(sizes) {
                assert!(**attachment == vec![number as u8; size], "{number}: {size}");
                assert_eq!(attachment.as_shared().is_some(), size > SHARED_BYTES, "{size}");
            }
        }
    }

    #[tokio::test]
    async fn descriptors_that_could_change_are_refused() {
        use std::io::Write;
        let unsealed = || {
            let mut file = descriptors::memory().unwrap();
            file.write_all(&[7; 100]).unwrap();
            file
        };
        let sealed = || Shared::seal(unsealed()).unwrap().descriptor().try_clone_to_owned().unwrap().into();
        let plain = || std::fs::File::open("/dev/null").unwrap();
        for (file, announced, good) in
            [(sealed(), 100, true), (sealed(), 99, false), (unsealed(), 100, false), (plain(), 0, false)]
        {
            let (ours, theirs) = UnixStream::pair().unwrap();
            ours.set_nonblocking(true).unwrap();
            let ours = tokio::net::UnixStream::from_std(ours).unwrap();
            let mut wire = head(&ToWorker::Cancel { id: 1 }, 1).unwrap();
            wire.extend((announced | PASSED).to_le_bytes());
            descriptors::send(&ours, &wire, Some(std::os::fd::AsFd::as_fd(&file))).await.unwrap();
            let read = Incoming::new(theirs).read::<ToWorker>(1_000);
            assert_eq!(read.is_ok(), good, "{file:?} {announced}: {read:?}");
            // Where nobody takes descriptors, and where none came along.
            assert!(read_frame::<ToWorker>(&mut wire.as_slice(), 1_000).is_err());
            assert!(read_frame_async::<ToWorker>(&mut wire.as_slice(), 1_000).await.is_err());
        }
    }

    #[tokio::test]
    async fn cut_and_lying_frames_are_errors() {
        let (message, attachments) = run();
        let mut wire = Vec::new();
        write_frame(&mut wire, &message, &attachments).unwrap();
        for end in 1..wire.len() {
            assert!(read_frame::<ToWorker>(&mut &wire[..end], 3).is_err(), "cut at {end}");
            assert!(read_frame_async::<ToWorker>(&mut &wire[..end], 3).await.is_err(), "cut at {end}");
        }
        assert!(read_frame::<ToWorker>(&mut wire.as_slice(), 2).is_err());
        assert!(read_frame::<ToWorker>(&mut [0xff; 64].as_slice(), 3).is_err());
        assert!(read_frame_async::<ToWorker>(&mut [0xff; 64].as_slice(), 3).await.is_err());
    }
}
