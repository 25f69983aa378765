//! `GET /`: the apps, with search by words and by shelf.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;

use crate::{
    domain::catalog::{self, AppCard, Category, Search},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        respond,
        show::{self, Pager},
    },
};

/// What the search form sends. Every field may be anything: a wrong page number is the first page.
#[derive(Deserialize)]
pub(crate) struct Params {
    #[serde(default)]
    q: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    page: String,
}

/// A shelf to choose.
pub(crate) struct Chip {
    pub(crate) name: String,
    pub(crate) apps: Option<u64>,
    pub(crate) url: String,
    pub(crate) current: bool,
}

/// `home.html`.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage {
    pub(crate) chrome: Chrome,
    pub(crate) text: String,
    pub(crate) category: Option<String>,
    pub(crate) chips: Vec<Chip>,
    pub(crate) apps: Vec<AppCard>,
    pub(crate) total: u64,
    pub(crate) pager: Pager,
}

/// The handler.
pub(crate) async fn show(
    portal: Data<Portal>,
    chrome: Chrome,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let text = params.q.trim().to_owned();
    let category = Some(params.category.clone()).filter(|category| !category.is_empty());
    let search = Search { text: text.clone(), category: category.clone(), page: params.page.parse().unwrap_or(1) };
    let found = catalog::search(&portal, &search).await?;
    let shelves = catalog::categories(&portal).await?;
    let pager = pager(&text, category.as_deref(), found.page, found.pages);
    let chips = chips(&text, category.as_deref(), &shelves);
    let page = HomePage { chrome, text, category, chips, apps: found.items, total: found.total, pager };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

pub(crate) fn pager(text: &str, category: Option<&str>, page: u32, pages: u32) -> Pager {
    let (text, category) = (text.to_owned(), category.map(ToOwned::to_owned));
    Pager::new(page, pages, move |page| show::home_url(&text, category.as_deref(), page))
}

pub(crate) fn chips(text: &str, category: Option<&str>, shelves: &[Category]) -> Vec<Chip> {
    let all =
        Chip { name: "All".to_owned(), apps: None, url: show::home_url(text, None, 1), current: category.is_none() };
    let shelf = |shelf: &Category| Chip {
        name: shelf.name.clone(),
        apps: Some(shelf.apps),
        url: show::home_url(text, Some(&shelf.name), 1),
        current: category == Some(shelf.name.as_str()),
    };
    std::iter::once(all).chain(shelves.iter().filter(|shelf| !shelf.name.is_empty()).map(shelf)).collect()
}
