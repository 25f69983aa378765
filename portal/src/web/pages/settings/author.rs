//! `GET` and `POST /settings/author`: asking to become an author.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use serde::Deserialize;
use vision_protocol::fault::Fault;

use crate::{
    domain::{
        DomainError,
        authorship::{self, Answer, RequestView},
        roles::Permission,
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{self, CsrfForm},
        identity::CurrentUser,
        notices::Notice,
        respond,
    },
};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    #[serde(default)]
    words: String,
}

/// `settings/author.html`.
#[derive(Template)]
#[template(path = "settings/author.html")]
pub(crate) struct AuthorPage {
    pub(crate) chrome: Chrome,
    pub(crate) is_author: bool,
    pub(crate) request: Option<RequestView>,
    pub(crate) words: String,
    pub(crate) faults: Vec<Fault>,
}

impl AuthorPage {
    fn wrong(&self) -> Option<String> {
        forms::wrong_at(&self.faults, "words")
    }

    fn waits(&self) -> bool {
        self.request.as_ref().is_some_and(|request| request.answer == Answer::Waiting)
    }

    fn refusal(&self) -> Option<&str> {
        match &self.request.as_ref()?.answer {
            Answer::Refused(reason) => Some(reason),
            Answer::Waiting | Answer::Granted => None,
        }
    }
}

/// How it stands, and the form.
pub(crate) async fn show(user: CurrentUser, portal: Data<Portal>, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let request = authorship::own(&portal, &user.0).await?;
    let is_author = user.0.can(Permission::PublishApps);
    let page = AuthorPage { chrome, is_author, request, words: String::new(), faults: Vec::new() };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// Asks.
pub(crate) async fn submit(
    user: CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    match authorship::ask(&portal, &user.0, &form.words).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let request = authorship::own(&portal, &user.0).await?;
            let page = AuthorPage { chrome, is_author: false, request, words: form.words, faults };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/settings/author", Some(Notice::AuthorAsked)))
        }
    }
}
