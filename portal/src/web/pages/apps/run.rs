//! `POST /apps/{slug}/runs`: runs an app on what the form holds.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use vision_protocol::ids::Slug;

use super::show::AppPage;
use crate::{
    domain::{DomainError, catalog, experiments},
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
    slug: Path<Slug>,
    CsrfMultipart(mut form): CsrfMultipart,
) -> Result<HttpResponse, WebError> {
    let view = match catalog::app(&portal, Some(&may.user), &slug).await {
        Ok(view) => view,
        Err(error) => {
            form.drain().await;
            return Err(error.into());
        }
    };
    let release = experiments::choose(&portal, &may.user, view.app, view.release).await?;
    match run_upload::take(&portal, &may.user, release, &mut form).await? {
        Outcome::Accepted(accepted) => Ok(respond::see_other(&request, &run_upload::address(accepted), None)),
        Outcome::Refused { faults, .. } if !respond::wants_html(&request) => Err(DomainError::Invalid(faults).into()),
        Outcome::Refused { faults, typed } => {
            let mut page = AppPage::load(&portal, chrome, view, None).await?;
            page.form = page.form.refused(&typed, &faults);
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
    }
}
