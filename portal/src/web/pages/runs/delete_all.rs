//! `GET` and `POST /runs/delete-all`: asks whether all runs are to be deleted, and deletes them.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;

use crate::{
    domain::running::{self, HistoryFilter},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::CurrentUser,
        notices::Notice,
        respond,
    },
};

/// `runs/delete_all.html`.
#[derive(Template)]
#[template(path = "runs/delete_all.html")]
pub(crate) struct DeleteAllPage {
    pub(crate) chrome: Chrome,
    /// How many runs there are.
    pub(crate) total: u64,
}

/// The page.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    chrome: Chrome,
) -> Result<HttpResponse, WebError> {
    let total = running::history(&portal, &user, &HistoryFilter::default()).await?.total;
    let page = DeleteAllPage { chrome, total };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// The form.
pub(crate) async fn submit(
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    running::delete_all(&portal, &user).await?;
    Ok(respond::see_other(&request, "/runs", Some(Notice::AllRunsDeleted)))
}
