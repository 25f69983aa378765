//! `POST /settings/export`: all that is kept of a person, as a zip.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_DISPOSITION},
    web::Data,
};

use crate::{
    domain::exporting,
    state::Portal,
    web::{
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::CurrentUser,
    },
};

/// The handler.
pub(crate) async fn submit(
    user: CurrentUser,
    portal: Data<Portal>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    let zip = exporting::export(&portal, &user.0).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"my-data.zip\""))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(zip))
}
