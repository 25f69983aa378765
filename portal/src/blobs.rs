//! Files at rest: keys, sealing, and the object store. No opened byte of a person's file ever reaches a disk.

pub mod keys;
pub mod metadata;
pub mod objects;
pub mod seal;
mod sniff;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream::BoxStream};
use vision_protocol::ids::BlobId;

use keys::UserKey;
use objects::{ObjectKey, ObjectStore};
use seal::{Opener, Sealer};

pub use sniff::picture_type;

/// What can go wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The object is not there.
    #[error("the object is not there")]
    Missing,
    /// It was changed, cut off, reordered, or sealed under another key.
    #[error("a sealed file was changed, cut off, or sealed under another key")]
    Tampered,
    /// It is larger than it may be.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
    },
    /// The stream that it came from broke.
    #[error("the source broke off: {0}")]
    Source(String),
    /// A key has the wrong form.
    #[error("{0}")]
    Key(String),
    /// The file system's fault.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What is known of a file once it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Bytes, opened.
    pub size: u64,
    /// The picture format that its first bytes announce.
    pub picture: Option<&'static str>,
}

/// Seals a stream into the object store, chunk by chunk, and says what it was.
///
/// # Errors
/// `TooLarge` as soon as `limit` is passed, `Source` if the stream breaks; nothing is left behind then.
pub async fn seal_stream<S, E>(
    objects: &ObjectStore,
    key: &UserKey,
    id: BlobId,
    limit: u64,
    salt: [u8; seal::SALT_BYTES],
    mut stream: S,
) -> Result<Sealed, BlobError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let mut writer = objects.create(ObjectKey::Blob(id)).await?;
    let mut sealer = Sealer::new(key, id, salt);
    let mut head = Vec::with_capacity(sniff::HEAD_BYTES);
    let mut size = 0;
    writer.write(sealer.header()).await?;
    let mut sealed = Vec::with_capacity(seal::SEALED_CHUNK_BYTES);
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| BlobError::Source(error.to_string()))?;
        size += piece.len() as u64;
        if size > limit {
            return Err(BlobError::TooLarge { limit });
        }
        let missing = sniff::HEAD_BYTES - head.len();
        head.extend_from_slice(&piece[..piece.len().min(missing)]);
        sealed.clear();
        sealer.push(&piece, &mut sealed)?;
        if !sealed.is_empty() {
            writer.write(&sealed).await?;
        }
    }
    sealed.clear();
    sealer.finish(&mut sealed)?;
    writer.write(&sealed).await?;
    writer.finish().await?;
    Ok(Sealed { size, picture: picture_type(&head) })
}

/// Opens a sealed file. Each chunk is handed out only after it was authenticated.
///
/// # Errors
/// `Missing`, or `Tampered` if the header is not right; what is wrong later ends the stream with an error.
pub async fn open_stream(
    objects: &ObjectStore,
    key: &UserKey,
    id: BlobId,
) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, BlobError> {
    let mut reader = objects.open(ObjectKey::Blob(id)).await?;
    let mut header = vec![0; seal::HEADER_BYTES];
    if reader.fill(&mut header).await? != header.len() {
        return Err(BlobError::Tampered);
    }
    let opener = Opener::new(key, id, &header)?;
    let mut first = vec![0; seal::SEALED_CHUNK_BYTES];
    let filled = reader.fill(&mut first).await?;
    first.truncate(filled);
    let stream = futures_util::stream::try_unfold(Some((reader, opener, first)), |state| async move {
        let Some((mut reader, mut opener, mut chunk)) = state else { return Ok(None) };
        // Whether a chunk is the last is part of what is authenticated, so one must look ahead.
        let mut next = vec![0; seal::SEALED_CHUNK_BYTES];
        let filled = if chunk.len() == seal::SEALED_CHUNK_BYTES { reader.fill(&mut next).await? } else { 0 };
        next.truncate(filled);
        opener.open(&mut chunk, next.is_empty())?;
        let state = (!next.is_empty()).then_some((reader, opener, next));
        Ok::<_, BlobError>(Some((Bytes::from(chunk), state)))
    });
    Ok(stream.boxed())
}

#[cfg(test)]
mod tests;
