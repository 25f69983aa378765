//! `POST /admin/apps/{slug}/suspend`: an app is taken down, and its runs stop at once.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::ids::Slug;

use super::app::{AppAdminPage, page};
use crate::{
    domain::{DomainError, takedowns},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{self, CsrfForm},
        identity::{May, ReviewApps},
        notices::Notice,
        respond,
    },
};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    #[serde(default)]
    reason: String,
}

/// The handler.
pub(crate) async fn submit(
    may: May<ReviewApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    match takedowns::suspend(&portal, may.by(), &slug, &form.reason).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let page = page(&portal, &may, chrome, &slug).await?;
            let page = AppAdminPage { reason: form.reason, wrong: forms::wrong_at(&faults, "reason"), ..page };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, &format!("/admin/apps/{slug}"), Some(Notice::AppSuspended)))
        }
    }
}
