//! `GET` and `POST /login`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;
use vision_protocol::fault::Fault;

use crate::{
    domain::{
        DomainError,
        accounts::{self, Caller},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{self, CsrfForm},
        identity, respond, show,
    },
};

/// Where to go afterwards.
#[derive(Deserialize)]
pub(crate) struct Next {
    pub(crate) next: Option<String>,
}

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    email: String,
    password: String,
}

/// `login.html`.
#[derive(Template)]
#[template(path = "login.html")]
pub(crate) struct LoginPage {
    pub(crate) chrome: Chrome,
    pub(crate) next: Option<String>,
    pub(crate) email: String,
    pub(crate) faults: Vec<Fault>,
}

impl LoginPage {
    fn wrong(&self, field: &str) -> Option<String> {
        forms::wrong_at(&self.faults, field)
    }

    fn general(&self) -> Option<String> {
        general(&self.faults, &["email", "password"])
    }

    fn next_query(&self) -> String {
        next_query(self.next.as_deref())
    }
}

/// What is wrong at none of the fields, as one text.
pub(crate) fn general(faults: &[Fault], fields: &[&str]) -> Option<String> {
    let faults = forms::wrong_elsewhere(faults, fields);
    (!faults.is_empty()).then(|| vision_protocol::fault::summary(&faults))
}

/// Carries the place to go to afterwards through the form.
pub(crate) fn next_query(next: Option<&str>) -> String {
    match respond::local_path(next) {
        "/" => String::new(),
        path => format!("?next={}", show::encoded(path)),
    }
}

/// The empty form.
pub(crate) async fn show(request: HttpRequest, chrome: Chrome, query: Query<Next>) -> Result<HttpResponse, WebError> {
    let next = query.into_inner().next;
    if chrome.user.is_some() {
        return Ok(respond::see_other(&request, respond::local_path(next.as_deref()), None));
    }
    let page = LoginPage { chrome, next, email: String::new(), faults: Vec::new() };
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
    let (address, device) = (identity::address(&request, &portal), identity::device(&request));
    let from = Caller { address: &address, device: &device };
    let (token, _) = match accounts::log_in(&portal, &form.email, &form.password, from).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let page = LoginPage { chrome, next, email: form.email, faults };
            return respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page);
        }
        // The right password of an account that is suspended: its owner reads why.
        Err(DomainError::Forbidden(why)) if respond::wants_html(&request) => {
            let page = LoginPage { chrome, next, email: form.email, faults: vec![Fault::new("", why)] };
            return respond::page(StatusCode::FORBIDDEN, &page.chrome, &page);
        }
        other => other?,
    };
    let mut response = respond::onward(&request);
    response.cookie(identity::session_cookie(&portal, &token));
    Ok(respond::finish(&request, response, respond::local_path(next.as_deref())))
}
