//! `GET /apps/{slug}/examples/{example}/files/{blob}`: a photo or result picture of an example, for everybody.

use actix_web::{
    HttpResponse,
    body::SizedStream,
    http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY},
    web::{Data, Path},
};
use vision_protocol::ids::{BlobId, Slug};

use crate::{
    domain::examples,
    state::Portal,
    web::{error::WebError, headers::FILE_POLICY, identity::Viewer},
};

/// The handler.
pub(crate) async fn show(
    viewer: Viewer,
    portal: Data<Portal>,
    path: Path<(Slug, u32, BlobId)>,
) -> Result<HttpResponse, WebError> {
    let (app, position, blob) = path.into_inner();
    let file = examples::file(&portal, viewer.0.as_ref(), &app, position, blob).await?;
    // What a run took and gave are pictures, and nothing else is ever stored.
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header((CONTENT_SECURITY_POLICY, FILE_POLICY))
        .insert_header((CONTENT_DISPOSITION, "inline"))
        .insert_header((CACHE_CONTROL, "private, max-age=3600"))
        .body(SizedStream::new(file.size, file.content)))
}
