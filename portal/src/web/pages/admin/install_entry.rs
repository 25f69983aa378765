//! `POST /admin/catalog/{entry}`: fetches a model of the catalogue and makes an app of it.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;

use super::catalog::CatalogPage;
use crate::{
    domain::{DomainError, installing},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::CsrfForm,
        identity::{InstallModels, May},
        respond,
    },
};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    publish: Option<String>,
}

/// The handler.
pub(crate) async fn submit(
    may: May<InstallModels>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    entry: Path<String>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    match installing::begin(&portal, may.by(), &entry, form.publish.is_some()).await {
        Err(error @ DomainError::Conflict(_)) if respond::wants_html(&request) => {
            let entries = installing::entries(&portal, &may.user).await?;
            let page = CatalogPage { chrome, entries, wrong: Some(error.to_string()) };
            respond::page(StatusCode::CONFLICT, &page.chrome, &page)
        }
        begun => Ok(respond::see_other(&request, &format!("/admin/installs/{}", begun?), None)),
    }
}
