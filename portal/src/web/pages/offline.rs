//! `GET /offline`: what an installed marketplace shows where there is no connection. It is kept by the browser, so it
//! knows nobody.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::CACHE_CONTROL},
};
use askama::Template;

use crate::web::{chrome::Chrome, error::WebError};

/// `offline.html`.
#[derive(Template)]
#[template(path = "offline.html")]
pub(crate) struct OfflinePage {
    pub(crate) chrome: Chrome,
}

/// The handler.
pub(crate) async fn show() -> Result<HttpResponse, WebError> {
    let page = OfflinePage { chrome: Chrome::of_nobody() };
    Ok(HttpResponse::build(StatusCode::OK)
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .body(page.render()?))
}
