//! `GET /admin/runners`: the services that execute apps.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use vision_protocol::fault::Fault;

use crate::{
    domain::fleet::{self, RunnerView},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms,
        identity::{ManageRunners, May},
        respond,
    },
};

/// `admin/runners.html`.
#[derive(Template)]
#[template(path = "admin/runners.html")]
pub(crate) struct RunnersPage {
    pub(crate) chrome: Chrome,
    pub(crate) runners: Vec<RunnerView>,
    pub(crate) url: String,
    pub(crate) name: String,
    pub(crate) faults: Vec<Fault>,
}

impl RunnersPage {
    fn wrong(&self, field: &str) -> Option<String> {
        forms::wrong_at(&self.faults, field)
    }
}

/// The handler.
pub(crate) async fn show(
    may: May<ManageRunners>,
    portal: Data<Portal>,
    chrome: Chrome,
) -> Result<HttpResponse, WebError> {
    let runners = fleet::list_runners(&portal, &may.user).await?;
    let page = RunnersPage { chrome, runners, url: String::new(), name: String::new(), faults: Vec::new() };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
