//! `GET` and `POST /settings`: a person's name and email; `POST /settings/password`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use serde::Deserialize;
use vision_protocol::fault::Fault;

use crate::{
    domain::{
        DomainError,
        accounts::profile::{self, NewProfile},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{self, CsrfForm},
        identity::CurrentSession,
        notices::Notice,
        respond,
    },
};

/// The form with name and email.
#[derive(Deserialize)]
pub(crate) struct ProfileForm {
    name: String,
    email: String,
    #[serde(default)]
    current: String,
}

/// The form with the passwords.
#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    current: String,
    password: String,
}

/// `settings/account.html`.
#[derive(Template)]
#[template(path = "settings/account.html")]
pub(crate) struct AccountPage {
    pub(crate) chrome: Chrome,
    pub(crate) name: String,
    pub(crate) email: String,
    /// What is wrong with name and email.
    pub(crate) profile_faults: Vec<Fault>,
    /// What is wrong with the passwords.
    pub(crate) password_faults: Vec<Fault>,
}

impl AccountPage {
    fn wrong(&self, field: &str) -> Option<String> {
        forms::wrong_at(&self.profile_faults, field)
    }

    fn wrong_password(&self, field: &str) -> Option<String> {
        forms::wrong_at(&self.password_faults, field)
    }
}

/// The forms.
pub(crate) async fn show(session: CurrentSession, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let page = AccountPage {
        chrome,
        name: session.user.name,
        email: session.user.email,
        profile_faults: Vec::new(),
        password_faults: Vec::new(),
    };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// Saves name and email.
pub(crate) async fn submit(
    session: CurrentSession,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    CsrfForm(form): CsrfForm<ProfileForm>,
) -> Result<HttpResponse, WebError> {
    let new = NewProfile { name: form.name.clone(), email: form.email.clone(), password: form.current };
    match profile::change(&portal, &session.user, &new).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let page = AccountPage {
                chrome,
                name: form.name,
                email: form.email,
                profile_faults: faults,
                password_faults: Vec::new(),
            };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/settings", Some(Notice::ProfileSaved)))
        }
    }
}

/// Sets a new password.
pub(crate) async fn submit_password(
    session: CurrentSession,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    CsrfForm(form): CsrfForm<PasswordForm>,
) -> Result<HttpResponse, WebError> {
    match profile::change_password(&portal, &session.user, &form.current, &form.password, &session.token).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let page = AccountPage {
                chrome,
                name: session.user.name,
                email: session.user.email,
                profile_faults: Vec::new(),
                password_faults: faults,
            };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/settings", Some(Notice::PasswordChanged)))
        }
    }
}
