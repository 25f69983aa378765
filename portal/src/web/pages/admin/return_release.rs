//! `POST /admin/reviews/{release}/return`: back to its author, with reasons.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::ids::ReleaseId;

use super::review::{ReviewPage, page};
use crate::{
    domain::{DomainError, reviewing},
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
    id: Path<ReleaseId>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    match reviewing::return_it(&portal, may.by(), *id, &form.reason).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let page = page(&portal, &may, chrome, *id).await?;
            let page = ReviewPage { reason: form.reason, wrong: forms::wrong_at(&faults, "reason"), ..page };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/admin/reviews", Some(Notice::ReleaseReturned)))
        }
    }
}
