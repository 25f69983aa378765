//! `GET /runs/{id}/files/{blob}`: an input or result file of a run, opened for its owner.

use actix_web::{
    HttpResponse,
    body::SizedStream,
    http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY},
    web::{Data, Path},
};
use vision_protocol::ids::{BlobId, RunId};

use crate::{
    domain::running,
    state::Portal,
    web::{error::WebError, headers::FILE_POLICY, identity::CurrentUser},
};

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    path: Path<(RunId, BlobId)>,
) -> Result<HttpResponse, WebError> {
    let (run, blob) = path.into_inner();
    let file = running::file(&portal, &user, run, blob).await?;
    let shown = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp"].contains(&file.media_type.as_str());
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header((CONTENT_SECURITY_POLICY, FILE_POLICY))
        .insert_header((CONTENT_DISPOSITION, if shown { "inline" } else { "attachment" }))
        .body(SizedStream::new(file.size, file.content)))
}
