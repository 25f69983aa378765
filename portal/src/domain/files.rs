//! Files for runners, by signed link only.

use bytes::Bytes;
use futures_util::{Stream, stream::BoxStream};
use vision_protocol::{
    ids::{BlobId, UserId},
    signed_url::{Method, SignedQuery},
};

use super::{DomainError, Result, work::remove_blob};
use crate::{
    blobs::{self, BlobError, keys::UserKey, objects::ObjectKey},
    state::Portal,
    store::{BlobRole, BlobRow, NewBlob},
};

/// An opened file. Every chunk is authenticated before it is handed out; a truncated or changed file ends in an error.
pub struct FileStream {
    /// For example `image/jpeg`.
    pub media_type: String,
    /// Bytes, opened.
    pub size: u64,
    /// The content.
    pub content: BoxStream<'static, std::result::Result<Bytes, BlobError>>,
}

/// An input file, for the runner that executes the run.
///
/// # Errors
/// `Forbidden` if the link is not good, or no longer (the reason is logged, not told).
pub async fn fetch(portal: &Portal, blob: BlobId, query: &SignedQuery) -> Result<FileStream> {
    let row = granted(portal, Method::Get, BlobRole::Input, blob, query).await?;
    open(portal, &row, blob).await
}

/// Takes a result picture from the runner that executes the run, once.
///
/// # Errors
/// `Forbidden` as [`fetch`]; `Conflict` if it is there already; `TooLarge`; `Invalid` if it is no picture; `Upload`.
pub async fn store<S, E>(portal: &Portal, blob: BlobId, query: &SignedQuery, stream: S) -> Result<()>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let row = granted(portal, Method::Put, BlobRole::Output, blob, query).await?;
    if row.stored != 0 {
        return Err(DomainError::Conflict("The file is there already.".to_owned()));
    }
    let key = key_of(portal, &row)?;
    fill(portal, &key, blob, portal.config.limits.runs().result_bytes, stream).await
}

/// The file behind a link, if the link is good now.
async fn granted(
    portal: &Portal,
    method: Method,
    role: BlobRole,
    blob: BlobId,
    query: &SignedQuery,
) -> Result<BlobRow> {
    let reason = match portal.signing.verify(portal, method, blob, query).await? {
        Err(refusal) => refusal.to_string(),
        Ok(grant) => match portal.store.blob_for_runner(grant.run, grant.release, blob).await? {
            Some(row) if row.role == role.name() => return Ok(row),
            _ => "the run is not being executed, or the file is not part of it".to_owned(),
        },
    };
    tracing::warn!(blob.id = %blob, run.id = %query.run, ?method, %reason, "signed link refused");
    Err(DomainError::Forbidden("This link is not valid.".to_owned()))
}

pub(super) fn key_of(portal: &Portal, row: &BlobRow) -> Result<UserKey> {
    Ok(portal.master.user_key(UserId(row.user_id), &row.data_key)?)
}

/// Opens a complete file.
pub(super) async fn open(portal: &Portal, row: &BlobRow, id: BlobId) -> Result<FileStream> {
    if row.stored == 0 {
        return Err(DomainError::NotFound);
    }
    let key = key_of(portal, row)?;
    let content = blobs::open_stream(&portal.objects, &key, id).await?;
    Ok(FileStream { media_type: row.media_type.clone(), size: row.size.unsigned_abs(), content })
}

/// Makes a file known, then seals a stream into it. What goes wrong leaves neither row nor content.
pub(super) async fn create<S, E>(portal: &Portal, key: &UserKey, new: &NewBlob<'_>, limit: u64, stream: S) -> Result<()>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    portal.store.create_blob(new).await?;
    let filled = fill(portal, key, new.id, limit, stream).await;
    if filled.is_err() {
        remove_blob(portal, new.id).await?;
    }
    filled
}

async fn fill<S, E>(portal: &Portal, key: &UserKey, id: BlobId, limit: u64, stream: S) -> Result<()>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let sealed = match blobs::seal_stream(&portal.objects, key, id, limit, portal.random_bytes(), stream).await {
        Err(BlobError::Source(message)) => return Err(DomainError::Upload(message)),
        Err(BlobError::TooLarge { limit }) => return Err(DomainError::TooLarge { limit }),
        sealed => sealed?,
    };
    let Some(media_type) = sealed.picture else {
        portal.objects.delete(ObjectKey::Blob(id)).await?;
        return Err(DomainError::invalid("", "must be a JPEG, PNG, WebP, GIF or BMP picture"));
    };
    let size = i64::try_from(sealed.size).unwrap_or(i64::MAX);
    if !portal.store.complete_blob(id, media_type, size).await? {
        // The run was deleted meanwhile, or somebody else was first: then the content is theirs.
        if portal.store.is_known(id).await? {
            return Err(DomainError::Conflict("The file is there already.".to_owned()));
        }
        portal.objects.delete(ObjectKey::Blob(id)).await?;
        return Err(DomainError::NotFound);
    }
    Ok(())
}
