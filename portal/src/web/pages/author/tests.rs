//! `GET` and `POST /author/releases/{release}/tests`: the examples of a release, expected against actual;
//! `POST /author/releases/{release}/compare`: a run of one's own beside the published release.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use serde::Deserialize;
use vision_protocol::ids::{ReleaseId, RunId};

use crate::{
    domain::{
        DomainError,
        publishing::{self, ReleaseView},
        running::RunView,
        trials::{self, Trial},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::{May, PublishApps},
        respond,
        results::StageBar,
    },
};

/// Which run.
#[derive(Deserialize)]
pub(crate) struct CompareForm {
    #[serde(default)]
    run: String,
}

/// A test with its times.
pub(crate) struct TrialPart {
    pub(crate) trial: Trial,
    pub(crate) timings: Option<StageBar>,
    pub(crate) baseline_timings: Option<StageBar>,
}

/// `author/tests.html`.
#[derive(Template)]
#[template(path = "author/tests.html")]
pub(crate) struct TestsPage {
    pub(crate) chrome: Chrome,
    pub(crate) release: ReleaseView,
    pub(crate) trials: Vec<TrialPart>,
    /// Runs of one's own that can be compared.
    pub(crate) own_runs: Vec<RunView>,
    pub(crate) wrong: Option<String>,
}

impl TestsPage {
    /// The page.
    pub(crate) fn new(chrome: Chrome, release: ReleaseView, trials: Vec<Trial>, own_runs: Vec<RunView>) -> Self {
        let part = |trial: Trial| TrialPart {
            timings: trial.run.timings.as_ref().map(StageBar::new),
            baseline_timings: trial.baseline.as_ref().and_then(|(_, run)| run.timings.as_ref()).map(StageBar::new),
            trial,
        };
        Self { chrome, release, trials: trials.into_iter().map(part).collect(), own_runs, wrong: None }
    }

    /// Whether something is still running.
    pub(crate) fn is_pending(&self) -> bool {
        self.trials.iter().any(|part| part.trial.is_pending())
    }

    /// How many tests are as expected, and how many are not.
    pub(crate) fn verdict(&self) -> (usize, usize) {
        let verdicts: Vec<bool> = self.trials.iter().filter_map(|part| part.trial.is_right()).collect();
        let right = verdicts.iter().filter(|right| **right).count();
        (right, verdicts.len() - right)
    }
}

async fn page(
    portal: &Portal,
    may: &May<PublishApps>,
    chrome: Chrome,
    id: ReleaseId,
    wrong: Option<String>,
) -> Result<HttpResponse, WebError> {
    let release = publishing::release(portal, &may.user, id).await?;
    let all = trials::list(portal, &may.user, id).await?;
    let own_runs = trials::own_runs(portal, &may.user, id).await?;
    let status = if wrong.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let page = TestsPage { wrong, ..TestsPage::new(chrome, release, all, own_runs) };
    respond::page(status, &page.chrome, &page)
}

/// The page.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<ReleaseId>,
) -> Result<HttpResponse, WebError> {
    page(&portal, &may, chrome, *id, None).await
}

async fn answer(
    done: Result<(), DomainError>,
    place: (&May<PublishApps>, &HttpRequest, &Portal, Chrome),
    id: ReleaseId,
) -> Result<HttpResponse, WebError> {
    let (may, request, portal, chrome) = place;
    match done {
        Ok(()) => Ok(respond::see_other(request, &format!("/author/releases/{id}/tests"), None)),
        Err(DomainError::Conflict(message)) if respond::wants_html(request) => {
            page(portal, may, chrome, id, Some(message)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Runs the examples.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<ReleaseId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    let done = trials::begin(&portal, &may.user, *id).await.map(drop);
    answer(done, (&may, &request, &portal, chrome), *id).await
}

/// Runs the published release on the inputs of a run of one's own.
pub(crate) async fn compare(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<ReleaseId>,
    form: CsrfForm<CompareForm>,
) -> Result<HttpResponse, WebError> {
    let run = form.0.run.parse::<RunId>().map_err(|_| DomainError::NotFound)?;
    let done = trials::compare(&portal, &may.user, *id, run).await;
    answer(done, (&may, &request, &portal, chrome), *id).await
}
