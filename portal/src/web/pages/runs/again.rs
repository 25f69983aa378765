//! `POST /runs/{id}/again`: the same release on the same inputs.

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
        identity::{May, RunApps},
        respond,
    },
};

/// The handler.
pub(crate) async fn submit(
    may: May<RunApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<RunId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    let run = running::again(&portal, &may.user, *id).await?;
    Ok(respond::see_other(&request, &format!("/runs/{run}"), None))
}
