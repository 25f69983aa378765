//! `POST /admin/people/{id}/suspend`: a person's sessions and runs end at once.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::ids::UserId;

use super::person::{PersonPage, page};
use crate::{
    domain::{DomainError, people},
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
    id: Path<UserId>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    match people::suspend(&portal, may.by(), *id, &form.reason).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let page = page(&portal, &may, chrome, *id).await?;
            let page = PersonPage { reason: form.reason, wrong: forms::wrong_at(&faults, "reason"), ..page };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, &format!("/admin/people/{id}"), Some(Notice::PersonSuspended)))
        }
    }
}
