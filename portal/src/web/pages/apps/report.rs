//! `GET` and `POST /apps/{slug}/report`: says what is wrong with an app.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use serde::Deserialize;
use vision_protocol::{fault::Fault, ids::Slug};

use crate::{
    domain::{
        DomainError,
        catalog::{self, AppCard},
        reports::{self, Reason},
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
    reason: String,
    #[serde(default)]
    words: String,
}

/// `report.html`.
#[derive(Template)]
#[template(path = "report.html")]
pub(crate) struct ReportPage {
    pub(crate) chrome: Chrome,
    pub(crate) card: AppCard,
    pub(crate) reason: String,
    pub(crate) words: String,
    pub(crate) faults: Vec<Fault>,
}

impl ReportPage {
    fn reasons(&self) -> [Reason; 7] {
        Reason::ALL
    }

    fn wrong(&self, field: &str) -> Option<String> {
        forms::wrong_at(&self.faults, field)
    }

    fn general(&self) -> Option<String> {
        let faults = forms::wrong_elsewhere(&self.faults, &["reason", "words"]);
        (!faults.is_empty()).then(|| vision_protocol::fault::summary(&faults))
    }
}

/// The form.
pub(crate) async fn show(
    _: CurrentUser,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
) -> Result<HttpResponse, WebError> {
    let card = catalog::app(&portal, chrome.user.as_ref(), &slug).await?.card;
    let page = ReportPage { chrome, card, reason: String::new(), words: String::new(), faults: Vec::new() };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// Takes the report.
pub(crate) async fn submit(
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let (status, faults) = match reports::report(&portal, &user, &slug, &form.reason, &form.words).await {
        Ok(()) => return Ok(respond::see_other(&request, &format!("/apps/{}", *slug), Some(Notice::Reported))),
        Err(error) if !respond::wants_html(&request) => return Err(error.into()),
        Err(DomainError::Invalid(faults)) => (StatusCode::UNPROCESSABLE_ENTITY, faults),
        Err(DomainError::Conflict(why)) => (StatusCode::CONFLICT, vec![Fault::new("", why)]),
        Err(error) => return Err(error.into()),
    };
    let card = catalog::app(&portal, chrome.user.as_ref(), &slug).await?.card;
    let page = ReportPage { chrome, card, reason: form.reason, words: form.words, faults };
    respond::page(status, &page.chrome, &page)
}
