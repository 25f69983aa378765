//! `GET` and `POST /admin/invitations`: links that let one person sign up.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, HeaderValue},
    },
    web::Data,
};
use askama::Template;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{
    domain::{
        DomainError,
        invitations::{self, GOOD_FOR_DAYS, InvitationView},
        site::{self, SignUpPolicy},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{self, CsrfForm},
        identity::{ManagePeople, May},
        respond, show,
    },
};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    #[serde(default)]
    note: String,
}

/// `admin/invitations.html`.
#[derive(Template)]
#[template(path = "admin/invitations.html")]
pub(crate) struct InvitationsPage {
    pub(crate) chrome: Chrome,
    pub(crate) invitations: Vec<InvitationView>,
    /// A link that was just made: this is the only page that shows it.
    pub(crate) link: Option<SecretString>,
    pub(crate) sign_up: SignUpPolicy,
    pub(crate) note: String,
    pub(crate) wrong: Option<String>,
}

/// The list, and the form.
pub(crate) async fn show(
    may: May<ManagePeople>,
    portal: Data<Portal>,
    chrome: Chrome,
) -> Result<HttpResponse, WebError> {
    let invitations = invitations::list(&portal, &may.user).await?;
    let sign_up = site::current(&portal).await?.sign_up;
    let page = InvitationsPage { chrome, invitations, link: None, sign_up, note: String::new(), wrong: None };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// Makes an invitation and shows its link.
pub(crate) async fn submit(
    may: May<ManagePeople>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let (status, link, note, wrong) = match invitations::create(&portal, may.by(), &form.note).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            (StatusCode::UNPROCESSABLE_ENTITY, None, form.note, forms::wrong_at(&faults, "note"))
        }
        other => {
            let secret = other?;
            let base = portal.public_url.as_str().trim_end_matches('/');
            let url = format!("{base}/signup?invitation={}", show::encoded(secret.expose_secret()));
            (StatusCode::CREATED, Some(SecretString::from(url)), String::new(), None)
        }
    };
    let invitations = invitations::list(&portal, &may.user).await?;
    let sign_up = site::current(&portal).await?.sign_up;
    let page = InvitationsPage { chrome, invitations, link, sign_up, note, wrong };
    let mut response = respond::page(status, &page.chrome, &page)?;
    // No copy of the link stays behind in the browser.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
