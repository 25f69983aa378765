//! `POST /runs/{id}/feedback/remove`.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::RunId;

use crate::{
    domain::feedback,
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
    feedback::remove(&portal, &user, *id).await?;
    Ok(respond::see_other(&request, &format!("/runs/{id}"), Some(Notice::FeedbackRemoved)))
}
