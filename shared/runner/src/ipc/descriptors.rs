//! Memory that supervisor and worker share: sealed memory files, passed as descriptors beside the bytes of a frame.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, IoSlice, IoSliceMut, Read},
    mem::MaybeUninit,
    ops::Deref,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
};

use memmap2::{Mmap, MmapOptions};
use rustix::{
    fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, memfd_create},
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendAncillaryMessage,
        SendFlags, recvmsg, sendmsg,
    },
};
use tokio::io::Interest;

/// Descriptors that may have arrived ahead of the frames that name them.
const MOST_AHEAD: usize = 64;

/// A sealed memory file, mapped.
#[derive(Debug)]
pub(super) struct Shared {
    map: Mmap,
    descriptor: OwnedFd,
}

/// A memory file to write into; it goes with its last descriptor.
pub(super) fn memory() -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Kernels before 6.3 do not know the flag.
    let memory = memfd_create(c"input", flags | MemfdFlags::NOEXEC_SEAL).or_else(|_| memfd_create(c"input", flags))?;
    Ok(memory.into())
}

impl Shared {
    /// Closes a memory file against any further change.
    pub(super) fn seal(file: File) -> io::Result<Self> {
        fcntl_add_seals(&file, sealed() | SealFlags::SEAL)?;
        let length = file.metadata()?.len();
        Self::accept(file.into(), length)
    }

    /// Takes a memory file of that length over from the peer; one that could still be changed is refused.
    pub(super) fn accept(descriptor: OwnedFd, length: u64) -> io::Result<Self> {
        let seals = fcntl_get_seals(&descriptor).unwrap_or(SealFlags::empty());
        if !seals.contains(sealed()) {
            return Err(super::invalid("a descriptor is not one of sealed memory"));
        }
        let file = File::from(descriptor);
        if length == 0 || file.metadata()?.len() != length {
            return Err(super::invalid("a descriptor is not of the length that was announced"));
        }
        let map = map(&file, length)?;
        Ok(Self { map, descriptor: file.into() })
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl Deref for Shared {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

fn sealed() -> SealFlags {
    SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW
}

#[expect(unsafe_code, reason = "large inputs are mapped rather than copied")]
fn map(file: &File, length: u64) -> io::Result<Mmap> {
    let length = usize::try_from(length).map_err(|_| super::invalid("a descriptor is larger than memory"))?;
    // SAFETY: the file is sealed, as both callers have seen: nobody, not even a holder of another descriptor, can write
    // to it or cut it short. So the bytes behind the reference never change, and no access ends in SIGBUS.
    unsafe { MmapOptions::new().len(length).map_copy_read_only(file) }
}

/// Sends bytes, with a descriptor beside the first of them.
pub(super) async fn send(
    socket: &tokio::net::UnixStream,
    mut bytes: &[u8],
    mut descriptor: Option<BorrowedFd<'_>>,
) -> io::Result<()> {
    while !bytes.is_empty() {
        let sent = socket
            .async_io(Interest::WRITABLE, || {
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
                let mut control = SendAncillaryBuffer::new(&mut space);
                let passed = descriptor.as_slice();
                if !passed.is_empty() && !control.push(SendAncillaryMessage::ScmRights(passed)) {
                    return Err(io::Error::other("there is no room for a descriptor"));
                }
                Ok(sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?)
            })
            .await?;
        // The kernel passes descriptors with the first byte, however few it takes.
        descriptor = None;
        bytes = &bytes[sent..];
    }
    Ok(())
}

/// The receiving end: a socket whose descriptors wait, in their order, for the frames that name them.
#[derive(Debug)]
pub(super) struct Receiver {
    socket: UnixStream,
    passed: VecDeque<OwnedFd>,
}

impl Receiver {
    pub(super) fn new(socket: UnixStream) -> Self {
        Self { socket, passed: VecDeque::new() }
    }

    pub(super) fn next(&mut self) -> Option<OwnedFd> {
        self.passed.pop_front()
    }
}

impl Read for Receiver {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let slices = &mut [IoSliceMut::new(buffer)];
        let received = recvmsg(&self.socket, slices, &mut control, RecvFlags::CMSG_CLOEXEC)?;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.passed.extend(descriptors);
            }
        }
        if received.flags.contains(ReturnFlags::CTRUNC) || self.passed.len() > MOST_AHEAD {
            return Err(super::invalid("the peer passes more descriptors than its frames name"));
        }
        Ok(received.bytes)
    }
}
