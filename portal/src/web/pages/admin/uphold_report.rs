//! `POST /admin/reports/{report}/uphold`: the app is taken down.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;

use super::reports::ReportsPage;
use crate::{
    domain::{DomainError, ids::ReportId, moderation},
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
    id: Path<ReportId>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    match moderation::uphold(&portal, may.by(), *id, &form.reason).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let reports = moderation::queue(&portal, &may.user).await?;
            let wrong = forms::wrong_at(&faults, "reason").map(|words| (*id, words));
            let page = ReportsPage { chrome, reports, wrong };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/admin/reports", Some(Notice::Decided)))
        }
    }
}
