//! `GET` and `POST /signup`: a new account.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;
use vision_protocol::fault::Fault;

use super::login::{self, Next};
use crate::{
    domain::{
        DomainError,
        accounts::{self, SignUp},
    },
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
    name: String,
    email: String,
    password: String,
}

/// `signup.html`.
#[derive(Template)]
#[template(path = "signup.html")]
pub(crate) struct SignUpPage {
    pub(crate) chrome: Chrome,
    pub(crate) next: Option<String>,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) faults: Vec<Fault>,
}

impl SignUpPage {
    fn wrong(&self, field: &str) -> Option<String> {
        forms::wrong_at(&self.faults, field)
    }

    fn general(&self) -> Option<String> {
        login::general(&self.faults, &["name", "email", "password"])
    }

    fn next_query(&self) -> String {
        login::next_query(self.next.as_deref())
    }
}

/// The empty form.
pub(crate) async fn show(request: HttpRequest, chrome: Chrome, query: Query<Next>) -> Result<HttpResponse, WebError> {
    let next = query.into_inner().next;
    if chrome.user.is_some() {
        return Ok(respond::see_other(&request, respond::local_path(next.as_deref()), None));
    }
    let page = SignUpPage { chrome, next, name: String::new(), email: String::new(), faults: Vec::new() };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// The filled-in form.
pub(crate) async fn submit(
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    query: Query<Next>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let next = query.into_inner().next;
    let address = identity::address(&request, &portal);
    let new = SignUp { email: form.email.clone(), name: form.name.clone(), password: form.password };
    let (token, _) = match accounts::sign_up(&portal, &new, &address).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let page = SignUpPage { chrome, next, name: form.name, email: form.email, faults };
            return respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page);
        }
        other => other?,
    };
    let mut response = respond::onward(&request);
    response.cookie(identity::session_cookie(&portal, &token)).cookie(Notice::SignedUp.cookie());
    Ok(respond::finish(&request, response, respond::local_path(next.as_deref())))
}
