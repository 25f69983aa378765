//! `GET` and `POST /admin/categories`: the shelves and their order.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use serde::Deserialize;

use crate::{
    domain::{
        DomainError,
        shelving::{self, Shelf, ShelfChange},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::CsrfForm,
        identity::{ManageSite, May},
        notices::Notice,
        respond,
    },
};

/// The forms: what to do, with which shelf, and its new name.
#[derive(Deserialize)]
pub(crate) struct Form {
    #[serde(default)]
    act: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    to: String,
}

impl Form {
    fn change(&self) -> Result<ShelfChange, DomainError> {
        Ok(match self.act.as_str() {
            "add" => ShelfChange::Add,
            "up" => ShelfChange::Up,
            "down" => ShelfChange::Down,
            "rename" => ShelfChange::Rename(self.to.clone()),
            "remove" => ShelfChange::Remove,
            _ => return Err(DomainError::invalid("act", "nothing of that name can be done")),
        })
    }
}

/// `admin/categories.html`.
#[derive(Template)]
#[template(path = "admin/categories.html")]
pub(crate) struct CategoriesPage {
    pub(crate) chrome: Chrome,
    pub(crate) shelves: Vec<Shelf>,
    pub(crate) wrong: Option<String>,
}

/// The list.
pub(crate) async fn show(may: May<ManageSite>, portal: Data<Portal>, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let shelves = shelving::shelves(&portal, &may.user).await?;
    let page = CategoriesPage { chrome, shelves, wrong: None };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// Changes a shelf.
pub(crate) async fn submit(
    may: May<ManageSite>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let change = form.change()?;
    match shelving::change_shelf(&portal, may.by(), &form.name, &change).await {
        Err(error @ (DomainError::Invalid(_) | DomainError::Conflict(_))) if respond::wants_html(&request) => {
            let shelves = shelving::shelves(&portal, &may.user).await?;
            let page = CategoriesPage { chrome, shelves, wrong: Some(error.to_string()) };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/admin/categories", Some(Notice::SiteSaved)))
        }
    }
}
