//! `POST /logout`.

use actix_web::{HttpRequest, HttpResponse, web::Data};

use crate::{
    domain::accounts::{self, SessionToken},
    state::Portal,
    web::{
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity,
        notices::Notice,
        respond,
    },
};

/// The handler.
pub(crate) async fn submit(
    request: HttpRequest,
    portal: Data<Portal>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    if let Some(cookie) = request.cookie(identity::session_cookie_name(&portal)) {
        accounts::log_out(&portal, &SessionToken(cookie.value().to_owned())).await?;
    }
    let mut response = respond::onward(&request);
    response.cookie(identity::no_session_cookie(&portal)).cookie(Notice::LoggedOut.cookie());
    Ok(respond::finish(&request, response, "/"))
}
