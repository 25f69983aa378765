//! `GET` and `POST /signup`: a new account, with an invitation where one is needed.
//!
//! The answer is the same whether the email has an account already or not: on to the log-in page.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;
use url::form_urlencoded;
use vision_protocol::fault::Fault;

use super::login;
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
        respond, show,
    },
};

/// Where to go afterwards, and what lets one in.
#[derive(Deserialize)]
pub(crate) struct Params {
    next: Option<String>,
    invitation: Option<String>,
}

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
    pub(crate) invitation: Option<String>,
    /// Why nobody can sign up now.
    pub(crate) closed: Option<String>,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) faults: Vec<Fault>,
}

impl SignUpPage {
    fn new(chrome: Chrome, params: Params) -> Self {
        let Params { next, invitation } = params;
        Self { chrome, next, invitation, closed: None, name: String::new(), email: String::new(), faults: Vec::new() }
    }

    fn wrong(&self, field: &str) -> Option<String> {
        forms::wrong_at(&self.faults, field)
    }

    fn general(&self) -> Option<String> {
        login::general(&self.faults, &["name", "email", "password"])
    }

    fn login_query(&self) -> String {
        login::next_query(self.next.as_deref())
    }

    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let next = respond::local_path(self.next.as_deref());
        if next != "/" {
            query.append_pair("next", next);
        }
        if let Some(invitation) = &self.invitation {
            query.append_pair("invitation", invitation);
        }
        show::with_query("/signup", &query.finish())
    }
}

/// The empty form, or why there is none.
pub(crate) async fn show(
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    query: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let params = query.into_inner();
    if chrome.user.is_some() {
        return Ok(respond::see_other(&request, respond::local_path(params.next.as_deref()), None));
    }
    let closed = match accounts::may_sign_up(&portal, params.invitation.as_deref()).await {
        Err(DomainError::Forbidden(why)) => Some(why),
        other => other.map(|()| None)?,
    };
    let page = SignUpPage { closed, ..SignUpPage::new(chrome, params) };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// The filled-in form.
pub(crate) async fn submit(
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    query: Query<Params>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let params = query.into_inner();
    let address = identity::address(&request, &portal);
    let new = SignUp { email: form.email.clone(), name: form.name.clone(), password: form.password };
    match accounts::sign_up(&portal, &new, params.invitation.as_deref(), &address).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let page = SignUpPage { name: form.name, email: form.email, faults, ..SignUpPage::new(chrome, params) };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        Err(DomainError::Forbidden(why)) if respond::wants_html(&request) => {
            let page = SignUpPage { closed: Some(why), ..SignUpPage::new(chrome, params) };
            respond::page(StatusCode::FORBIDDEN, &page.chrome, &page)
        }
        other => {
            other?;
            let login = format!("/login{}", login::next_query(params.next.as_deref()));
            Ok(respond::see_other(&request, &login, Some(Notice::SignedUp)))
        }
    }
}
