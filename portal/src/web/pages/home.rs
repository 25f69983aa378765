//! `GET /`: shelves of apps. With a search in the address, what it finds, as `GET /search` does.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use askama::Template;

use super::find::{
    search::{self, Params},
    shelf,
};
use crate::{
    domain::{
        catalog::Category,
        finding,
        shelves::{self, ShelfView},
    },
    state::Portal,
    web::{chrome::Chrome, error::WebError, respond, show},
};

/// Categories on the first page: those with most apps.
const CATEGORIES: u32 = 12;

/// A category to choose.
pub(crate) struct Chip {
    pub(crate) name: String,
    pub(crate) apps: u64,
    pub(crate) url: String,
}

/// `home.html`.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage {
    pub(crate) chrome: Chrome,
    pub(crate) chips: Vec<Chip>,
    pub(crate) shelves: Vec<ShelfView>,
}

impl HomePage {
    fn title(&self, view: &ShelfView) -> &'static str {
        shelf::title(view.shelf)
    }
}

/// The handler.
pub(crate) async fn show(
    portal: Data<Portal>,
    chrome: Chrome,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    if !params.is_empty() {
        return search::page(&portal, chrome, &params).await;
    }
    let shelves = shelves::home(&portal, chrome.user.as_ref()).await?;
    let chips = chips(&finding::categories(&portal, CATEGORIES).await?);
    let page = HomePage { chrome, chips, shelves };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

pub(crate) fn chips(categories: &[Category]) -> Vec<Chip> {
    let chip =
        |shelf: &Category| Chip { name: shelf.name.clone(), apps: shelf.apps, url: show::category_url(&shelf.name) };
    categories.iter().map(chip).collect()
}
