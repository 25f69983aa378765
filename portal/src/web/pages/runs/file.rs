//! `GET /runs/{id}/files/{blob}`: an input or result file of a run, opened for its owner; with `?save`, to be saved.

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, ETag, EntityTag, Header, IfNoneMatch},
    web::{Data, Path, Query},
};
use serde::Deserialize;
use vision_protocol::ids::{BlobId, RunId};

use crate::{
    domain::running,
    state::Portal,
    web::{error::WebError, headers::FILE_POLICY, identity::CurrentUser},
};

/// How it is wanted.
#[derive(Deserialize)]
pub(crate) struct Params {
    save: Option<String>,
}

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    path: Path<(RunId, BlobId)>,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let (run, blob) = path.into_inner();
    let file = running::file(&portal, &user, run, blob).await?;
    // A file never changes: lists of runs show the same photos again and again. Whether it may be seen was looked up.
    let tag = EntityTag::new_strong(blob.to_string());
    let known = IfNoneMatch::parse(&request).is_ok_and(|known| match known {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(tags) => tags.iter().any(|other| other.weak_eq(&tag)),
    });
    if known {
        return Ok(HttpResponse::NotModified().insert_header(ETag(tag)).finish());
    }
    let ending = match file.media_type.as_str() {
        "image/jpeg" => Some("jpg"),
        "image/png" => Some("png"),
        "image/webp" => Some("webp"),
        "image/gif" => Some("gif"),
        "image/bmp" => Some("bmp"),
        _ => None,
    };
    let disposition = match (ending, &params.save) {
        (Some(_), None) => "inline".to_owned(),
        (Some(ending), Some(_)) => format!("attachment; filename=\"{blob}.{ending}\""),
        (None, _) => "attachment".to_owned(),
    };
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header((CONTENT_SECURITY_POLICY, FILE_POLICY))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .insert_header(ETag(tag))
        .body(SizedStream::new(file.size, file.content)))
}
