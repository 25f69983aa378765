//! `GET /settings/consents`: photos that a person lets authors use.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;
use vision_protocol::ids::{BlobId, RunId};

use crate::{
    domain::feedback::consents::{self, Consent},
    state::Portal,
    web::{chrome::Chrome, error::WebError, identity::CurrentUser, respond, results::file_url},
};

/// Which page.
#[derive(Deserialize)]
pub(crate) struct Params {
    #[serde(default)]
    page: String,
}

/// `settings/consents.html`.
#[derive(Template)]
#[template(path = "settings/consents.html")]
pub(crate) struct ConsentsPage {
    pub(crate) chrome: Chrome,
    pub(crate) consents: Vec<Consent>,
    pub(crate) page: u32,
    pub(crate) more: bool,
}

impl ConsentsPage {
    fn photo(&self, run: &RunId, photo: &BlobId) -> String {
        file_url(*run, *photo)
    }
}

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    chrome: Chrome,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let page = params.page.parse().unwrap_or(1).max(1);
    let (consents, more) = consents::list(&portal, &user, page).await?;
    let page = ConsentsPage { chrome, consents, page, more };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
