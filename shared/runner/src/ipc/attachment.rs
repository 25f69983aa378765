//! Binary data beside a message: plain bytes when small, shared memory when large.

use std::{
    fs::File,
    io::{self, Write},
    ops::Deref,
};

use bytes::Bytes;

use super::descriptors::{self, Shared};

/// What is larger than this goes to a worker as a descriptor, which it maps: cheaper than two copies from here on.
pub const SHARED_BYTES: usize = 64 << 10;

/// Bytes that a message refers to by index.
#[derive(Debug)]
pub struct Attachment(Content);

#[derive(Debug)]
enum Content {
    Bytes(Bytes),
    Shared(Shared),
}

/// An attachment that is still arriving. What will be large is written to shared memory at once, so its bytes are
/// copied this one time between the network and the worker's decoder.
#[derive(Debug)]
pub struct Inflow(Arrived);

#[derive(Debug)]
enum Arrived {
    Small(Vec<u8>),
    Large { file: File, length: u64 },
}

impl Attachment {
    pub(super) fn shared(shared: Shared) -> Self {
        Self(Content::Shared(shared))
    }

    /// The shared memory that it lies in, if it does.
    pub(super) fn as_shared(&self) -> Option<&Shared> {
        match &self.0 {
            Content::Shared(shared) => Some(shared),
            Content::Bytes(_) => None,
        }
    }

    /// Whether it lies in memory that was passed by descriptor.
    pub fn is_shared(&self) -> bool {
        self.as_shared().is_some()
    }

    /// The bytes, to be kept and changed; copied only where they are shared.
    pub fn into_vec(self) -> Vec<u8> {
        match self.0 {
            Content::Bytes(bytes) => bytes.into(),
            Content::Shared(shared) => shared.to_vec(),
        }
    }
}

impl Deref for Attachment {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Content::Bytes(bytes) => bytes,
            Content::Shared(shared) => shared,
        }
    }
}

impl AsRef<[u8]> for Attachment {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl From<Vec<u8>> for Attachment {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Content::Bytes(bytes.into()))
    }
}

impl From<Bytes> for Attachment {
    fn from(bytes: Bytes) -> Self {
        Self(Content::Bytes(bytes))
    }
}

impl Inflow {
    /// Ready to take bytes; `announced` is how many are expected, 0 where that is not known.
    ///
    /// # Errors
    /// When the system gives no shared memory.
    pub fn new(announced: u64) -> io::Result<Self> {
        Ok(Self(if announced > SHARED_BYTES as u64 {
            Arrived::Large { file: descriptors::memory()?, length: 0 }
        } else {
            Arrived::Small(Vec::with_capacity(usize::try_from(announced).unwrap_or(SHARED_BYTES)))
        }))
    }

    /// How many bytes have come.
    pub fn length(&self) -> u64 {
        match &self.0 {
            Arrived::Small(bytes) => bytes.len() as u64,
            Arrived::Large { length, .. } => *length,
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When the system has no memory for them.
    pub fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        if let Arrived::Small(bytes) = &mut self.0 {
            if bytes.len() + chunk.len() <= SHARED_BYTES {
                bytes.extend_from_slice(chunk);
                return Ok(());
            }
            let (mut file, length) = (descriptors::memory()?, bytes.len() as u64);
            file.write_all(bytes)?;
            self.0 = Arrived::Large { file, length };
        }
        if let Arrived::Large { file, length } = &mut self.0 {
            file.write_all(chunk)?;
            *length += chunk.len() as u64;
        }
        Ok(())
    }

    /// Everything has come.
    ///
    /// # Errors
    /// When the system does not let the shared memory be sealed and mapped.
    pub fn finish(self) -> io::Result<Attachment> {
        match self.0 {
            Arrived::Small(bytes) => Ok(bytes.into()),
            Arrived::Large { file, .. } => Shared::seal(file).map(Attachment::shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrives_in_pieces_comes_out_whole() {
        let photo: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        for (announced, length, shared) in
            [(0, 3, false), (10, 10, false), (0, 200_000, true), (200_000, 200_000, true), (90_000, 12, true)]
        {
            let mut inflow = Inflow::new(announced).unwrap();
            for chunk in photo[..length].chunks(1_000) {
                inflow.push(chunk).unwrap();
            }
            assert_eq!(inflow.length(), length as u64);
            let attachment = inflow.finish().unwrap();
            assert!(*attachment == photo[..length], "{length}");
            assert_eq!(attachment.as_shared().is_some(), shared, "{length}");
            assert_eq!(attachment.into_vec(), photo[..length]);
        }
    }
}
