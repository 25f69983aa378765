//! `POST /runs/{id}/cancel`: stops a run that has not ended.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::RunId;

use crate::{
    domain::{DomainError, running},
    state::Portal,
    web::{
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::CurrentUser,
        notices::Notice,
        respond,
    },
};

/// The handler. A run that has ended meanwhile is shown as it is.
pub(crate) async fn submit(
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<RunId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    let notice = match running::cancel(&portal, &user, *id).await {
        Ok(()) => Some(Notice::RunCancelled),
        Err(DomainError::Conflict(_)) if respond::wants_html(&request) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(respond::see_other(&request, &format!("/runs/{id}"), notice))
}
