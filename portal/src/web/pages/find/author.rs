//! `GET /authors/{author}`: an author's listed apps.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use askama::Template;
use serde::Deserialize;
use vision_protocol::ids::UserId;

use crate::{
    domain::{
        catalog::AppCard,
        finding::{self, Author, Search},
    },
    state::Portal,
    web::{chrome::Chrome, error::WebError, respond, show::Pager},
};

/// Which page.
#[derive(Deserialize)]
pub(crate) struct Params {
    #[serde(default)]
    page: String,
}

/// `author.html`.
#[derive(Template)]
#[template(path = "author.html")]
pub(crate) struct AuthorPage {
    pub(crate) chrome: Chrome,
    pub(crate) author: Author,
    pub(crate) apps: Vec<AppCard>,
    pub(crate) total: u64,
    pub(crate) pager: Pager,
}

/// The handler.
pub(crate) async fn show(
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<UserId>,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let author = finding::author(&portal, *id).await?;
    let search = Search { author: Some(*id), page: params.page.parse().unwrap_or(1), ..Search::default() };
    let found = finding::search(&portal, &search).await?.page;
    let pager = pager(&author, found.page, found.pages);
    let page = AuthorPage { chrome, author, apps: found.items, total: found.total, pager };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

pub(crate) fn pager(author: &Author, page: u32, pages: u32) -> Pager {
    let id = author.id;
    Pager::new(page, pages, move |page| format!("/authors/{id}?page={page}"))
}
