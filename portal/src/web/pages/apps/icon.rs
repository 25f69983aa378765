//! `GET /apps/{slug}/icon`.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
    web::{Data, Path},
};
use vision_protocol::ids::Slug;

use crate::{
    domain::catalog,
    state::Portal,
    web::{error::WebError, headers::FILE_POLICY, identity::Viewer},
};

/// The handler.
pub(crate) async fn show(viewer: Viewer, portal: Data<Portal>, slug: Path<Slug>) -> Result<HttpResponse, WebError> {
    let icon = catalog::icon(&portal, viewer.0.as_ref(), &slug).await?;
    Ok(HttpResponse::Ok()
        .content_type(icon.media_type)
        .insert_header((CONTENT_SECURITY_POLICY, FILE_POLICY))
        .insert_header((CACHE_CONTROL, "private, max-age=3600"))
        .body(icon.bytes))
}
