//! `POST /runs/{id}/delete`.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::RunId;

use crate::{
    domain::running,
    state::Portal,
    web::{
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::CurrentUser,
        notices::Notice,
        respond,
    },
};

/// The handler.
pub(crate) async fn submit(
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<RunId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    running::delete(&portal, &user, *id).await?;
    Ok(respond::see_other(&request, "/runs", Some(Notice::RunDeleted)))
}
