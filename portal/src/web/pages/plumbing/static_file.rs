//! `GET /static/{name}`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH},
    web::Path,
};

use crate::{
    domain::DomainError,
    web::{assets, error::WebError},
};

/// The handler.
pub(crate) async fn show(request: HttpRequest, name: Path<String>) -> Result<HttpResponse, WebError> {
    let asset = assets::find(&name).ok_or(DomainError::NotFound)?;
    let etag = format!("\"{}\"", asset.version);
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == etag.as_bytes());
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // An address with the content's hash can be kept for good; one without may change under the browser.
    let forever = request.query_string() == format!("v={}", asset.version);
    let keep = if forever { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.insert_header((CACHE_CONTROL, keep)).insert_header((ETAG, etag)).content_type(asset.media_type);
    Ok(if known { response.finish() } else { response.body(asset.bytes) })
}
