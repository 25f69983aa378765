//! `GET /runs/batches/{id}`: photos that were given in one go, how far they are, and what was found on each.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;

use crate::{
    domain::running::{self, BatchId, BatchRun, BatchView, table},
    state::Portal,
    web::{chrome::Chrome, error::WebError, events::News, identity::CurrentUser, respond, results::file_url},
};

/// `runs/batch.html`.
#[derive(Template)]
#[template(path = "runs/batch.html")]
pub(crate) struct BatchPage {
    pub(crate) chrome: Chrome,
    pub(crate) batch: BatchView,
    pub(crate) progress: News,
    pub(crate) photos: Vec<Photo>,
}

/// One photo of a batch.
pub(crate) struct Photo {
    pub(crate) run: String,
    /// Its place, from 1.
    pub(crate) number: usize,
    pub(crate) picture: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) label: &'static str,
    /// What was found, or why nothing was.
    pub(crate) summary: String,
    /// The first picture that the app made of it.
    pub(crate) made: Option<String>,
}

impl Photo {
    fn new(index: usize, run: &BatchRun) -> Self {
        let line = &run.line;
        let made = run.parts.iter().find_map(|part| part.file.as_ref());
        Self {
            run: line.id.to_string(),
            number: index + 1,
            picture: line.photo.map(|photo| file_url(line.id, photo)),
            status: line.status.name(),
            label: crate::web::show::run_status(&line.status),
            summary: run.error.clone().unwrap_or_else(|| table::summary(&run.parts)),
            made: made.map(|file| file_url(line.id, file.blob)),
        }
    }
}

impl BatchPage {
    pub(crate) fn new(chrome: Chrome, batch: BatchView) -> Self {
        let photos = batch.runs.iter().enumerate().map(|(index, run)| Photo::new(index, run)).collect();
        Self { chrome, progress: News::of_batch(batch.progress()), photos, batch }
    }
}

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<BatchId>,
) -> Result<HttpResponse, WebError> {
    let page = BatchPage::new(chrome, running::batch(&portal, &user, *id).await?);
    respond::page(StatusCode::OK, &page.chrome, &page)
}
