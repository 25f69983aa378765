//! `GET /admin/reviews`: releases that wait for a reviewer.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use askama::Template;

use crate::{
    domain::{
        reviewing::{self, Waiting},
        site,
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        identity::{May, ReviewApps},
        respond,
    },
};

/// `admin/reviews.html`.
#[derive(Template)]
#[template(path = "admin/reviews.html")]
pub(crate) struct ReviewsPage {
    pub(crate) chrome: Chrome,
    pub(crate) waiting: Vec<Waiting>,
    /// Whether releases need no reviewer now.
    pub(crate) auto_approve: bool,
}

/// The handler.
pub(crate) async fn show(may: May<ReviewApps>, portal: Data<Portal>, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let waiting = reviewing::queue(&portal, &may.user).await?;
    let auto_approve = site::current(&portal).await?.auto_approve;
    let page = ReviewsPage { chrome, waiting, auto_approve };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
