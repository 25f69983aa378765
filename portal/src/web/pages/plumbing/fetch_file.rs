//! `GET /files/{blob}?…signature`: an input file, for the runner that executes the run.

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
    web::{Data, Path, Query},
};
use vision_protocol::{ids::BlobId, signed_url::SignedQuery};

use crate::{
    domain::{DomainError, files},
    state::Portal,
    web::{error::WebError, headers::FILE_POLICY},
};

/// The handler.
pub(crate) async fn show(
    request: HttpRequest,
    portal: Data<Portal>,
    blob: Path<BlobId>,
) -> Result<HttpResponse, WebError> {
    let file = files::fetch(&portal, *blob, &signed(&request)?).await?;
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header((CONTENT_SECURITY_POLICY, FILE_POLICY))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(SizedStream::new(file.size, file.content)))
}

/// The signature of a link. A link without one is refused like one with a wrong one.
pub(crate) fn signed(request: &HttpRequest) -> Result<SignedQuery, WebError> {
    let query = Query::<SignedQuery>::from_query(request.query_string());
    query.map(Query::into_inner).map_err(|_| {
        tracing::warn!(url.path = request.path(), "a file was asked for without a signature");
        DomainError::Forbidden("This link is not good, or no longer.".to_owned()).into()
    })
}
