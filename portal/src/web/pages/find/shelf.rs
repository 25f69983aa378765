//! `GET /shelves/{shelf}`: all of a shelf, page by page.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use askama::Template;
use serde::Deserialize;

use crate::{
    domain::{
        DomainError,
        catalog::AppCard,
        shelves::{self, Shelf},
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

/// `shelf.html`.
#[derive(Template)]
#[template(path = "shelf.html")]
pub(crate) struct ShelfPage {
    pub(crate) chrome: Chrome,
    pub(crate) shelf: Shelf,
    pub(crate) apps: Vec<AppCard>,
    pub(crate) pager: Pager,
}

/// What people call a shelf.
pub(crate) fn title(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::Featured => "Featured",
        Shelf::Recent => "Recently used",
        Shelf::Favourites => "Your favourites",
        Shelf::Recommended => "Recommended",
        Shelf::Popular => "Popular this month",
        Shelf::New => "New",
    }
}

impl ShelfPage {
    /// The page of a part of a shelf.
    pub(crate) fn new(chrome: Chrome, shelf: Shelf, apps: Vec<AppCard>, page: u32, pages: u32) -> Self {
        let pager = Pager::new(page, pages, move |page| format!("/shelves/{}?page={page}", shelf.name()));
        Self { chrome, shelf, apps, pager }
    }

    fn title(&self) -> &'static str {
        title(self.shelf)
    }

    /// What stands here.
    fn about(&self) -> &'static str {
        match self.shelf {
            Shelf::Featured => "The apps that this marketplace puts first.",
            Shelf::Recent => "The apps that you ran, the last one first.",
            Shelf::Favourites => "The apps that you keep at hand.",
            Shelf::Recommended => "What people with the same apps use, then what is like yours, popular or well rated.",
            Shelf::Popular => "By how many people ran them in the last 30 days.",
            Shelf::New => "The apps that were listed last.",
        }
    }

    /// What to do where nothing stands here.
    fn empty(&self) -> &'static str {
        match self.shelf {
            Shelf::Featured => "Admins choose what stands here.",
            Shelf::Recent => "Run an app, and it stands here.",
            Shelf::Favourites => "Choose “Keep as favourite” on the page of an app, and it stands here.",
            Shelf::Recommended => "Run an app or two, and what goes with them stands here.",
            Shelf::Popular => "As soon as people run apps, those that most of them run stand here.",
            Shelf::New => "As soon as an author publishes an app, it stands here.",
        }
    }
}

/// The handler.
pub(crate) async fn show(
    portal: Data<Portal>,
    chrome: Chrome,
    name: Path<String>,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let shelf = Shelf::by_name(&name).ok_or(DomainError::NotFound)?;
    let found = shelves::shelf(&portal, chrome.user.as_ref(), shelf, params.page.parse().unwrap_or(1)).await?;
    let page = ShelfPage::new(chrome, shelf, found.items, found.page, found.pages);
    respond::page(StatusCode::OK, &page.chrome, &page)
}
