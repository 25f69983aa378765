//! `GET /settings/sessions`: where a person is logged in; `POST /settings/sessions`: nowhere else any more.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;

use crate::{
    domain::accounts::sessions::{self, SessionView},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::CurrentSession,
        notices::Notice,
        respond,
    },
};

/// `settings/sessions.html`.
#[derive(Template)]
#[template(path = "settings/sessions.html")]
pub(crate) struct SessionsPage {
    pub(crate) chrome: Chrome,
    pub(crate) sessions: Vec<SessionView>,
}

/// The list.
pub(crate) async fn show(
    session: CurrentSession,
    portal: Data<Portal>,
    chrome: Chrome,
) -> Result<HttpResponse, WebError> {
    let sessions = sessions::list(&portal, &session.user, &session.token).await?;
    let page = SessionsPage { chrome, sessions };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// Ends all sessions but the one that asks.
pub(crate) async fn submit(
    session: CurrentSession,
    request: HttpRequest,
    portal: Data<Portal>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    sessions::end_others(&portal, &session.user, &session.token).await?;
    Ok(respond::see_other(&request, "/settings/sessions", Some(Notice::SessionsEnded)))
}
