//! `GET` and `POST /reset/{link}`: a new password, by a link that an admin made.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use serde::Deserialize;
use vision_protocol::fault::Fault;

use crate::{
    domain::{DomainError, people},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{self, CsrfForm},
        identity,
        notices::Notice,
        respond,
    },
};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    password: String,
}

/// `reset.html`.
#[derive(Template)]
#[template(path = "reset.html")]
pub(crate) struct ResetPage {
    pub(crate) chrome: Chrome,
    pub(crate) link: String,
    pub(crate) faults: Vec<Fault>,
}

impl ResetPage {
    fn wrong(&self) -> Option<String> {
        forms::wrong_at(&self.faults, "password")
    }
}

/// The form, if the link is good.
pub(crate) async fn show(
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    link: Path<String>,
) -> Result<HttpResponse, WebError> {
    let address = identity::address(&request, &portal);
    if !people::is_good_link(&portal, &link, &address).await? {
        return Err(DomainError::NotFound.into());
    }
    let page = ResetPage { chrome, link: link.into_inner(), faults: Vec::new() };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// Sets the password.
pub(crate) async fn submit(
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    link: Path<String>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let address = identity::address(&request, &portal);
    match people::set_password_by_link(&portal, &link, &form.password, &address).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let page = ResetPage { chrome, link: link.into_inner(), faults };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/login", Some(Notice::PasswordSet)))
        }
    }
}
