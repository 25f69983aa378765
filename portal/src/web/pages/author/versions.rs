//! `POST /author/releases/{release}/deprecate`, `…/undeprecate`, `…/rollback` and `…/notes`: what an author says of a
//! release that never changes.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::ids::{ReleaseId, Slug};

use super::releases;
use crate::{
    domain::{DomainError, publishing, versions},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::{May, PublishApps},
        notices::Notice,
        respond,
    },
};

/// Why a release should no longer be used.
#[derive(Deserialize)]
pub(crate) struct ReasonForm {
    #[serde(default)]
    reason: String,
}

/// What is new in a release.
#[derive(Deserialize)]
pub(crate) struct NotesForm {
    #[serde(default)]
    notes: String,
}

/// Back to the list of releases, or the list with what is wrong.
async fn answer(
    done: Result<(), DomainError>,
    place: (&May<PublishApps>, &HttpRequest, &Portal, Chrome),
    id: ReleaseId,
    notice: Notice,
) -> Result<HttpResponse, WebError> {
    let (may, request, portal, chrome) = place;
    let slug: Slug = publishing::release(portal, &may.user, id).await?.slug;
    match done {
        Ok(()) => Ok(respond::see_other(request, &format!("/author/apps/{slug}/releases"), Some(notice))),
        Err(error) if respond::wants_html(request) => releases::refused(portal, &may.user, chrome, &slug, error).await,
        Err(error) => Err(error.into()),
    }
}

/// Says that people should no longer use it.
pub(crate) async fn deprecate(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<ReleaseId>,
    form: CsrfForm<ReasonForm>,
) -> Result<HttpResponse, WebError> {
    let done = versions::deprecate(&portal, &may.user, *id, Some(&form.0.reason)).await;
    answer(done, (&may, &request, &portal, chrome), *id, Notice::Deprecated).await
}

/// Takes that back.
pub(crate) async fn undeprecate(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<ReleaseId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    let done = versions::deprecate(&portal, &may.user, *id, None).await;
    answer(done, (&may, &request, &portal, chrome), *id, Notice::NotDeprecated).await
}

/// Makes it the one that everybody runs again.
pub(crate) async fn roll_back(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<ReleaseId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    let done = versions::roll_back(&portal, &may.user, *id).await.map(drop);
    answer(done, (&may, &request, &portal, chrome), *id, Notice::RolledBack).await
}

/// Mends what is said of it.
pub(crate) async fn notes(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<ReleaseId>,
    form: CsrfForm<NotesForm>,
) -> Result<HttpResponse, WebError> {
    let done = versions::set_notes(&portal, &may.user, *id, &form.0.notes).await;
    answer(done, (&may, &request, &portal, chrome), *id, Notice::NotesSaved).await
}
