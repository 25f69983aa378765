//! `GET /admin/requests`: people who ask to become authors.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use askama::Template;

use crate::{
    domain::{
        authorship::{self, RequestView},
        ids::RequestId,
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        identity::{ManagePeople, May},
        respond,
    },
};

/// `admin/requests.html`.
#[derive(Template)]
#[template(path = "admin/requests.html")]
pub(crate) struct RequestsPage {
    pub(crate) chrome: Chrome,
    pub(crate) requests: Vec<RequestView>,
    /// What is wrong with the reason of a refusal.
    pub(crate) wrong: Option<(RequestId, String)>,
}

impl RequestsPage {
    fn wrong_at(&self, id: &RequestId) -> Option<&str> {
        self.wrong.as_ref().filter(|(wrong, _)| wrong == id).map(|(_, words)| words.as_str())
    }
}

/// The handler.
pub(crate) async fn show(
    may: May<ManagePeople>,
    portal: Data<Portal>,
    chrome: Chrome,
) -> Result<HttpResponse, WebError> {
    let requests = authorship::waiting(&portal, &may.user).await?;
    let page = RequestsPage { chrome, requests, wrong: None };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
