//! `GET /admin/catalog`: known pretrained models, each an app that only has to be fetched.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use askama::Template;

use crate::{
    domain::installing::{self, EntryView},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        identity::{InstallModels, May},
        respond,
    },
};

/// `admin/catalog.html`.
#[derive(Template)]
#[template(path = "admin/catalog.html")]
pub(crate) struct CatalogPage {
    pub(crate) chrome: Chrome,
    pub(crate) entries: Vec<EntryView>,
    pub(crate) wrong: Option<String>,
}

/// The handler.
pub(crate) async fn show(
    may: May<InstallModels>,
    portal: Data<Portal>,
    chrome: Chrome,
) -> Result<HttpResponse, WebError> {
    let entries = installing::entries(&portal, &may.user).await?;
    let page = CatalogPage { chrome, entries, wrong: None };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
