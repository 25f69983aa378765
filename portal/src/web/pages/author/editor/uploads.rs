//! Resumable uploads, as the core of tus 1.0 has them (<https://tus.io/protocols/resumable-upload>):
//! `POST /author/drafts/{draft}/uploads` begins one, `HEAD /author/uploads/{upload}` says how far it is, `PATCH` sends a
//! piece, `DELETE` ends it. The form's token comes in a header.

use std::collections::HashMap;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION},
    },
    web::{Data, Path, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    domain::{
        DomainError,
        drafting::{self, DraftId, PartKind, UploadId},
    },
    state::Portal,
    web::{
        error::WebError,
        forms,
        identity::{self, May, PublishApps},
    },
};

const VERSION: &str = "1.0.0";
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");
const PIECE: &str = "application/offset+octet-stream";

fn header<'a>(request: &'a HttpRequest, name: &HeaderName) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

fn number(request: &HttpRequest, name: &HeaderName) -> Result<u64, WebError> {
    let value = header(request, name).and_then(|text| text.parse().ok());
    value.ok_or_else(|| WebError::BadForm(format!("The header {name} must be a whole number.")))
}

async fn check_token(request: &HttpRequest) -> Result<(), WebError> {
    identity::visitor(request).await?.check_csrf(header(request, &TOKEN).unwrap_or_default())
}

/// An answer with what every answer of the protocol carries.
fn answer(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((RESUMABLE, VERSION)).insert_header((CACHE_CONTROL, "no-store"));
    response
}

/// `Upload-Metadata`: keys, each with its value in base64.
fn metadata(request: &HttpRequest) -> HashMap<String, String> {
    let pairs = header(request, &METADATA).unwrap_or_default().split(',');
    let decoded = |text: &str| String::from_utf8(STANDARD.decode(text).ok()?).ok();
    pairs
        .filter_map(|pair| pair.trim().split_once(' '))
        .filter_map(|(key, value)| Some((key.to_owned(), decoded(value)?)))
        .collect()
}

/// What the server can do.
pub(crate) async fn options(
    may: May<PublishApps>,
    portal: Data<Portal>,
    id: Path<DraftId>,
) -> Result<HttpResponse, WebError> {
    drafting::open(&portal, &may.user, *id).await?;
    Ok(answer(StatusCode::NO_CONTENT)
        .insert_header((HeaderName::from_static("tus-version"), VERSION))
        .insert_header((HeaderName::from_static("tus-extension"), "creation,termination"))
        .insert_header((HeaderName::from_static("tus-max-size"), portal.config.limits.packages().zipped_bytes))
        .insert_header((ALLOW, "OPTIONS, POST"))
        .finish())
}

/// Begins an upload.
pub(crate) async fn begin(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<DraftId>,
) -> Result<HttpResponse, WebError> {
    check_token(&request).await?;
    let draft = drafting::open(&portal, &may.user, *id).await?;
    let length = number(&request, &LENGTH)?;
    let metadata = metadata(&request);
    let text = |key: &str| metadata.get(key).map(String::as_str).unwrap_or_default();
    let kind = PartKind::by_name(text("kind"));
    let kind = kind.ok_or_else(|| DomainError::invalid("kind", "is none of zip, model, glue, asset, icon"))?;
    let upload = drafting::begin(&portal, &may.user, &draft, kind, text("filename"), length).await?;
    let location = format!("/author/uploads/{upload}");
    Ok(answer(StatusCode::CREATED).insert_header((LOCATION, location)).insert_header((OFFSET, 0)).finish())
}

/// How far an upload is.
pub(crate) async fn head(
    may: May<PublishApps>,
    portal: Data<Portal>,
    id: Path<UploadId>,
) -> Result<HttpResponse, WebError> {
    let progress = drafting::progress(&portal, &may.user, *id).await?;
    let mut response = answer(StatusCode::OK);
    response.insert_header((OFFSET, progress.offset)).insert_header((LENGTH, progress.length));
    Ok(response.finish())
}

/// Takes a piece.
pub(crate) async fn patch(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<UploadId>,
    mut piece: Payload,
) -> Result<HttpResponse, WebError> {
    let taken = take(&may, &request, &portal, *id, &mut piece).await;
    if taken.is_err() {
        forms::drain(piece).await;
    }
    let offset = taken?;
    Ok(answer(StatusCode::NO_CONTENT).insert_header((OFFSET, offset)).finish())
}

async fn take(
    may: &May<PublishApps>,
    request: &HttpRequest,
    portal: &Portal,
    id: UploadId,
    piece: &mut Payload,
) -> Result<u64, WebError> {
    // What is somebody else's is not there, token or not.
    drafting::progress(portal, &may.user, id).await?;
    check_token(request).await?;
    if header(request, &CONTENT_TYPE) != Some(PIECE) {
        return Err(WebError::BadForm(format!("A piece has the media type {PIECE}.")));
    }
    Ok(drafting::append(portal, &may.user, id, number(request, &OFFSET)?, piece).await?)
}

/// Ends an upload.
pub(crate) async fn delete(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<UploadId>,
) -> Result<HttpResponse, WebError> {
    drafting::progress(&portal, &may.user, *id).await?;
    check_token(&request).await?;
    drafting::abandon(&portal, &may.user, *id).await?;
    Ok(answer(StatusCode::NO_CONTENT).finish())
}
