//! `POST /runs/{id}/feedback`: what a person says of a run of their own.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::RunId;

use crate::{
    domain::feedback,
    state::Portal,
    web::{error::WebError, feedback::read, forms::CsrfForm, identity::CurrentUser, notices::Notice, respond},
};

/// The fields: their names are those of the app's results.
type Fields = Vec<(String, String)>;

/// The handler.
pub(crate) async fn submit(
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<RunId>,
    CsrfForm(form): CsrfForm<Fields>,
) -> Result<HttpResponse, WebError> {
    feedback::give(&portal, &user, *id, |run| read(run, &form)).await?;
    Ok(respond::see_other(&request, &format!("/runs/{id}#feedback"), Some(Notice::FeedbackKept)))
}
