//! `POST /settings/sessions/{session}/end`: logs out somewhere else.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::Digest;

use crate::{
    domain::accounts::sessions,
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
    user: CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    session: Path<Digest>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    sessions::end(&portal, &user.0, *session).await?;
    Ok(respond::see_other(&request, "/settings/sessions", Some(Notice::SessionsEnded)))
}
