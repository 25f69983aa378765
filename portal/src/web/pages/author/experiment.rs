//! `POST /author/apps/{slug}/experiment`: two releases side by side; `POST …/experiment/end`: one of them, or neither.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::ids::{ReleaseId, Slug};

use super::releases;
use crate::{
    domain::{DomainError, experiments},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::CsrfForm,
        identity::{May, PublishApps},
        notices::Notice,
        respond,
    },
};

/// Which release, for how many.
#[derive(Deserialize)]
pub(crate) struct BeginForm {
    #[serde(default)]
    release: String,
    #[serde(default)]
    percent: String,
}

/// Which release has won.
#[derive(Deserialize)]
pub(crate) struct EndForm {
    #[serde(default)]
    winner: String,
}

async fn answer(
    done: Result<(), DomainError>,
    place: (&May<PublishApps>, &HttpRequest, &Portal, Chrome),
    slug: &Slug,
    notice: Notice,
) -> Result<HttpResponse, WebError> {
    let (may, request, portal, chrome) = place;
    match done {
        Ok(()) => Ok(respond::see_other(request, &format!("/author/apps/{slug}/releases"), Some(notice))),
        Err(error) if respond::wants_html(request) => releases::refused(portal, &may.user, chrome, slug, error).await,
        Err(error) => Err(error.into()),
    }
}

/// Begins to compare.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
    form: CsrfForm<BeginForm>,
) -> Result<HttpResponse, WebError> {
    let second = form.0.release.parse().unwrap_or(ReleaseId(0));
    let percent = form.0.percent.trim().parse().unwrap_or(0);
    let done = experiments::begin(&portal, &may.user, &slug, second, percent).await;
    answer(done, (&may, &request, &portal, chrome), &slug, Notice::ExperimentBegun).await
}

/// Ends it.
pub(crate) async fn end(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
    form: CsrfForm<EndForm>,
) -> Result<HttpResponse, WebError> {
    let winner = form.0.winner.parse::<ReleaseId>().ok();
    let done = experiments::end(&portal, &may.user, &slug, winner).await;
    answer(done, (&may, &request, &portal, chrome), &slug, Notice::ExperimentEnded).await
}
