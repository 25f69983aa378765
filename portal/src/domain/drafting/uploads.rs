//! Large files, piece by piece: an upload that was interrupted goes on where it broke off.

use std::{fs, io, path::PathBuf};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use super::{Draft, PartKind, files, open};
use crate::{
    blobs::{BlobError, objects::ObjectKey},
    domain::{DomainError, Result, accounts::User},
    state::Portal,
    store::{DraftId, NewUpload, UploadId, UploadRow},
};

/// Uploads of one draft that may be under way at a time.
const MOST: usize = 10;
/// An upload that nobody went on with is removed after two days.
const EXPIRES_MS: i64 = 2 * 24 * 60 * 60 * 1000;

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The upload.
    pub id: UploadId,
    /// The draft that it is for.
    pub draft: DraftId,
    /// What the file is called.
    pub name: String,
    /// Bytes that have arrived.
    pub offset: u64,
    /// Bytes that it will have.
    pub length: u64,
}

fn place(portal: &Portal, id: UploadId) -> PathBuf {
    portal.config.storage.data_dir.join("uploads").join(id.to_string())
}

/// Begins an upload of `length` bytes.
///
/// # Errors
/// `Invalid` if it cannot be what it is to be; `TooLarge`; `Conflict` with too many under way.
pub async fn begin(
    portal: &Portal,
    author: &User,
    draft: &Draft,
    kind: PartKind,
    name: &str,
    length: u64,
) -> Result<UploadId> {
    let path = kind.path(name)?;
    let limit = portal.config.limits.packages().zipped_bytes;
    if length > limit {
        return Err(DomainError::TooLarge { limit });
    }
    if length == 0 {
        return Err(DomainError::invalid(name, "is empty: choose a file"));
    }
    if portal.store.uploads_of(draft.id).await?.len() >= MOST {
        let message = format!("{MOST} files are on their way already; wait for them, or remove one.");
        return Err(DomainError::Conflict(message));
    }
    let id = UploadId(Uuid::new_v4());
    let file = place(portal, id);
    fs::OpenOptions::new().write(true).create_new(true).open(file).map_err(BlobError::Io)?;
    let new = NewUpload {
        id,
        draft: draft.id,
        user: author.id,
        path: &path,
        name,
        length: i64::try_from(length).unwrap_or(i64::MAX),
        now: portal.now(),
    };
    portal.store.create_upload(&new).await?;
    Ok(id)
}

async fn of_row(portal: &Portal, row: &UploadRow) -> Result<Progress> {
    let id: UploadId = row.id.parse().map_err(|_| crate::store::StoreError::Corrupt("upload id"))?;
    let offset = match tokio::fs::metadata(place(portal, id)).await {
        Ok(file) => file.len(),
        // It was begun on another node of the portal, or swept up.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(DomainError::NotFound),
        Err(error) => return Err(BlobError::Io(error).into()),
    };
    let (draft, length) = (DraftId(row.draft_id), row.length.unsigned_abs());
    Ok(Progress { id, draft, name: row.name.clone(), offset, length })
}

/// How far an upload of one's own is.
///
/// # Errors
/// `NotFound`.
pub async fn progress(portal: &Portal, author: &User, id: UploadId) -> Result<Progress> {
    let row = portal.store.upload(author.id, id).await?.ok_or(DomainError::NotFound)?;
    of_row(portal, &row).await
}

/// The uploads of a draft that have not ended.
///
/// # Errors
/// The database's.
pub async fn under_way(portal: &Portal, draft: &Draft) -> Result<Vec<Progress>> {
    let mut all = Vec::new();
    for row in portal.store.uploads_of(draft.id).await? {
        match of_row(portal, &row).await {
            Ok(progress) => all.push(progress),
            Err(DomainError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// Appends to an upload what comes, from `offset` on; what came before the stream broke is kept. With its last byte the
/// file becomes part of the draft. Answers with the new offset.
///
/// # Errors
/// `NotFound`; `Conflict` if the upload is elsewhere, or somebody else is writing it; `TooLarge` if more comes than was
/// announced; `Invalid` if the whole is not what it is to be, and then the upload has ended.
pub async fn append<S, E>(portal: &Portal, author: &User, id: UploadId, offset: u64, mut content: S) -> Result<u64>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let row = portal.store.upload(author.id, id).await?.ok_or(DomainError::NotFound)?;
    let file = match fs::OpenOptions::new().append(true).open(place(portal, id)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(DomainError::NotFound),
        other => other.map_err(BlobError::Io)?,
    };
    // Held until the file is closed, however this ends.
    if file.try_lock().is_err() {
        return Err(DomainError::Conflict("Another request is writing this upload.".to_owned()));
    }
    let mut at = file.metadata().map_err(BlobError::Io)?.len();
    if at != offset {
        return Err(DomainError::Conflict(format!("The upload is at byte {at}, not {offset}.")));
    }
    let length = row.length.unsigned_abs();
    let mut file = tokio::fs::File::from_std(file);
    while let Some(piece) = content.next().await {
        // What broke off is no failure: the rest comes with the next request.
        let Ok(piece) = piece else { break };
        if at + piece.len() as u64 > length {
            file.flush().await.map_err(BlobError::Io)?;
            return Err(DomainError::TooLarge { limit: length });
        }
        file.write_all(&piece).await.map_err(BlobError::Io)?;
        at += piece.len() as u64;
    }
    file.flush().await.map_err(BlobError::Io)?;
    if at == length {
        finish(portal, author, &row, id).await?;
    }
    Ok(at)
}

async fn finish(portal: &Portal, author: &User, row: &UploadRow, id: UploadId) -> Result<()> {
    let mut draft = open(portal, author, DraftId(row.draft_id)).await?;
    let whole = tokio::fs::File::open(place(portal, id)).await.map_err(BlobError::Io)?;
    let kind = match row.path.as_str() {
        "" => PartKind::Zip,
        path if path.starts_with("models/") => PartKind::Model,
        path if path.starts_with("assets/") => PartKind::Asset,
        path if path.starts_with("icon.") => PartKind::Icon,
        _ => PartKind::Glue,
    };
    let taken = files::add(portal, &mut draft, kind, &row.name, ReaderStream::new(whole)).await;
    match taken {
        Ok(()) | Err(DomainError::Invalid(_) | DomainError::TooLarge { .. }) => discard(portal, id).await?,
        Err(_) => {}
    }
    taken
}

async fn discard(portal: &Portal, id: UploadId) -> Result<()> {
    match tokio::fs::remove_file(place(portal, id)).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(BlobError::Io(error).into()),
        _ => {}
    }
    portal.store.delete_upload(id).await?;
    Ok(())
}

/// Ends an upload of one's own; what has arrived is thrown away.
///
/// # Errors
/// `NotFound`.
pub async fn abandon(portal: &Portal, author: &User, id: UploadId) -> Result<()> {
    portal.store.upload(author.id, id).await?.ok_or(DomainError::NotFound)?;
    discard(portal, id).await
}

/// Removes uploads that nobody went on with, and objects that no draft refers to any more.
///
/// # Errors
/// The database's and the object store's.
pub async fn sweep(portal: &Portal) -> Result<()> {
    for id in portal.store.expire_uploads(portal.now() - EXPIRES_MS).await? {
        discard(portal, id).await?;
    }
    for object in portal.store.loose_objects(portal.now() - EXPIRES_MS).await? {
        portal.objects.delete(ObjectKey::Draft(object.0)).await?;
        portal.store.forget_object(object).await?;
    }
    Ok(())
}
