//! `POST /releases/{id}/runs`: tries a release on what the form holds.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use vision_protocol::ids::ReleaseId;

use super::release::ReleasePage;
use crate::{
    domain::{DomainError, publishing},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::CsrfMultipart,
        identity::{May, RunApps},
        respond,
        run_upload::{self, Outcome},
    },
};

/// The handler.
pub(crate) async fn submit(
    may: May<RunApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<ReleaseId>,
    CsrfMultipart(mut form): CsrfMultipart,
) -> Result<HttpResponse, WebError> {
    match run_upload::take(&portal, &may.user, *id, &mut form).await? {
        Outcome::Accepted(accepted) => Ok(respond::see_other(&request, &run_upload::address(accepted), None)),
        Outcome::Refused { faults, .. } if !respond::wants_html(&request) => Err(DomainError::Invalid(faults).into()),
        Outcome::Refused { faults, typed } => {
            let release = publishing::release(&portal, &may.user, *id).await?;
            let mut page = ReleasePage::new(chrome, release);
            page.form = page.form.refused(&typed, &faults);
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
    }
}
