//! `GET /settings/data`: taking one's data along, and ending the account; `POST /settings/end` ends it.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use serde::Deserialize;
use vision_protocol::fault::Fault;

use crate::{
    domain::{DomainError, accounts::leaving},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{self, CsrfForm},
        identity::{self, CurrentUser},
        notices::Notice,
        respond,
    },
};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    #[serde(default)]
    current: String,
    #[serde(default)]
    words: String,
}

/// `settings/data.html`.
#[derive(Template)]
#[template(path = "settings/data.html")]
pub(crate) struct DataPage {
    pub(crate) chrome: Chrome,
    pub(crate) words: String,
    pub(crate) faults: Vec<Fault>,
}

impl DataPage {
    fn wrong(&self, field: &str) -> Option<String> {
        forms::wrong_at(&self.faults, field)
    }
}

/// The forms.
pub(crate) async fn show(_: CurrentUser, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let page = DataPage { chrome, words: String::new(), faults: Vec::new() };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// Ends the account.
pub(crate) async fn submit(
    user: CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    match leaving::end(&portal, &user.0, &form.current, &form.words).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let page = DataPage { chrome, words: form.words, faults };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            let mut response = respond::onward(&request);
            response.cookie(identity::no_session_cookie(&portal)).cookie(Notice::AccountEnded.cookie());
            Ok(respond::finish(&request, response, "/"))
        }
    }
}
