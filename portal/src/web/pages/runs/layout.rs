//! `GET /runs/{id}/layout`: the author's own layout, alone in its document, for the frame on the run's page.

use actix_web::{
    HttpResponse,
    http::header::CONTENT_SECURITY_POLICY,
    web::{Data, Path},
};
use askama::Template;
use vision_protocol::ids::RunId;

use crate::{
    domain::{
        DomainError,
        layouts::{self, RenderedLayout},
        running::{self, RunStatus, RunView},
    },
    state::Portal,
    web::{error::WebError, headers::LAYOUT_POLICY, identity::CurrentUser, results::Place},
};

/// `layout_document.html`.
#[derive(Template)]
#[template(path = "layout_document.html")]
pub(crate) struct LayoutDocument {
    /// Cleaned by the domain.
    pub(crate) html: String,
}

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    id: Path<RunId>,
) -> Result<HttpResponse, WebError> {
    let run = running::view(&portal, &user, *id).await?;
    document(&run, &Place::of_run(*id))
}

/// The document of a run whose files stand at `place`.
pub(crate) fn document(run: &RunView, place: &Place) -> Result<HttpResponse, WebError> {
    if run.status != RunStatus::Done {
        return Err(DomainError::NotFound.into());
    }
    let RenderedLayout::Custom(html) = layouts::render_at(run, place.path())? else {
        return Err(DomainError::NotFound.into());
    };
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, LAYOUT_POLICY))
        .body(LayoutDocument { html }.render()?))
}
