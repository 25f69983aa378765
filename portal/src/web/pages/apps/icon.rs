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
    web::{error::WebError, headers::FILE_POLICY},
};

/// The handler.
pub(crate) async fn show(portal: Data<Portal>, slug: Path<Slug>) -> Result<HttpResponse, WebError> {
    let icon = catalog::icon(&portal, &slug).await?;
    Ok(HttpResponse::Ok()
        .content_type(icon.media_type)
        .insert_header((CONTENT_SECURITY_POLICY, FILE_POLICY))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .body(icon.bytes))
}
