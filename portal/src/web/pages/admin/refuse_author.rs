//! `POST /admin/requests/{id}/refuse`: somebody does not become an author, and is told why.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;

use super::requests::RequestsPage;
use crate::{
    domain::{DomainError, authorship, ids::RequestId},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{self, CsrfForm},
        identity::{ManagePeople, May},
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
    may: May<ManagePeople>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<RequestId>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    match authorship::refuse(&portal, may.by(), *id, &form.reason).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let requests = authorship::waiting(&portal, &may.user).await?;
            let wrong = forms::wrong_at(&faults, "reason").map(|words| (*id, words));
            let page = RequestsPage { chrome, requests, wrong };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/admin/requests", Some(Notice::Decided)))
        }
    }
}
