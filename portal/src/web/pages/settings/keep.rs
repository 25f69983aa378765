//! `GET` and `POST /settings/keep`: how long one's runs are kept.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use serde::Deserialize;
use vision_protocol::fault::Fault;

use crate::{
    domain::running::{self, Keeping},
    state::Portal,
    web::{chrome::Chrome, error::WebError, forms::CsrfForm, identity::CurrentUser, notices::Notice, respond, show},
};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    #[serde(default)]
    keep: String,
    existing: Option<String>,
}

/// `settings/keep.html`.
#[derive(Template)]
#[template(path = "settings/keep.html")]
pub(crate) struct KeepPage {
    pub(crate) chrome: Chrome,
    pub(crate) keeping: Keeping,
    pub(crate) faults: Vec<Fault>,
}

/// Something to choose.
struct Choice {
    name: &'static str,
    title: &'static str,
    meaning: &'static str,
    chosen: bool,
}

impl KeepPage {
    fn choices(&self) -> impl Iterator<Item = Choice> {
        Keeping::ALL.into_iter().map(|keeping| {
            let (title, meaning) = show::keeping(&keeping);
            Choice { name: keeping.name(), title, meaning, chosen: keeping == self.keeping }
        })
    }
}

/// The page.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    chrome: Chrome,
) -> Result<HttpResponse, WebError> {
    let page = KeepPage { chrome, keeping: running::keeping(&portal, &user).await?, faults: Vec::new() };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// The form.
pub(crate) async fn submit(
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let Some(keeping) = Keeping::by_name(&form.keep) else {
        let faults = vec![Fault::new("keep", "choose one of these")];
        let page = KeepPage { chrome, keeping: running::keeping(&portal, &user).await?, faults };
        return respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page);
    };
    running::choose_keeping(&portal, &user, keeping, form.existing.is_some()).await?;
    Ok(respond::see_other(&request, "/settings/keep", Some(Notice::KeepingChosen)))
}
