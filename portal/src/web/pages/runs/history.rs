//! `GET /runs`: one's own runs.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;

use crate::{
    domain::running::{self, RunLine},
    state::Portal,
    web::{chrome::Chrome, error::WebError, identity::CurrentUser, respond, show::Pager},
};

/// Which page.
#[derive(Deserialize)]
pub(crate) struct Params {
    #[serde(default)]
    page: String,
}

/// `history.html`.
#[derive(Template)]
#[template(path = "history.html")]
pub(crate) struct HistoryPage {
    pub(crate) chrome: Chrome,
    pub(crate) runs: Vec<RunLine>,
    pub(crate) pager: Pager,
}

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    chrome: Chrome,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let found = running::history(&portal, &user, params.page.parse().unwrap_or(1)).await?;
    let page = HistoryPage { chrome, runs: found.items, pager: pager(found.page, found.pages) };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

pub(crate) fn pager(page: u32, pages: u32) -> Pager {
    Pager::new(page, pages, |page| format!("/runs?page={page}"))
}
