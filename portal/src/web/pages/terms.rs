//! `GET /terms`: what people agree to.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use askama::Template;

use crate::{
    domain::{DomainError, site},
    state::Portal,
    web::{chrome::Chrome, error::WebError, markdown, respond},
};

/// `terms.html`.
#[derive(Template)]
#[template(path = "terms.html")]
pub(crate) struct TermsPage {
    pub(crate) chrome: Chrome,
    /// HTML, cleaned.
    pub(crate) terms: String,
}

/// The handler.
pub(crate) async fn show(portal: Data<Portal>, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let site = site::current(&portal).await?;
    if site.terms.is_empty() {
        return Err(DomainError::NotFound.into());
    }
    let page = TermsPage { chrome, terms: markdown::render(&site.terms) };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
