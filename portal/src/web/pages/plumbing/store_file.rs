//! `PUT /files/{blob}?…signature`: a result picture, from the runner that executes the run.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Payload},
};
use vision_protocol::ids::BlobId;

use super::fetch_file::signed;
use crate::{domain::files, state::Portal, web::error::WebError};

/// The handler.
pub(crate) async fn submit(
    request: HttpRequest,
    portal: Data<Portal>,
    blob: Path<BlobId>,
    body: Payload,
) -> Result<HttpResponse, WebError> {
    files::store(&portal, *blob, &signed(&request)?, body).await?;
    Ok(HttpResponse::NoContent().finish())
}
