//! `GET /runs/{id}`: a run, while it waits and when it has ended.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use vision_protocol::{ids::RunId, results::StandardLayout};

use crate::{
    domain::{
        DomainError,
        accounts::User,
        feedback::{self, Verdict},
        publishing::{self, ReleaseStatus},
        roles::Permission,
        running::{self, Keeping, RunProgress, RunStatus, RunView, table},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        events::News,
        feedback::{FeedbackPart, FieldKind},
        identity::CurrentUser,
        respond,
        results::{InputLine, Place, ResultPart, StageBar, file_url},
        show,
    },
};

/// `run.html`.
#[derive(Template)]
#[template(path = "run.html")]
pub(crate) struct RunPage {
    pub(crate) chrome: Chrome,
    pub(crate) run: RunView,
    pub(crate) status_label: &'static str,
    pub(crate) progress: News,
    pub(crate) inputs: Vec<InputLine>,
    pub(crate) timings: Option<StageBar>,
    pub(crate) result: ResultPart,
    pub(crate) origin: Option<Origin>,
    /// Pictures among the results, to be saved: title and address.
    pub(crate) pictures: Vec<(String, String)>,
    /// What its owner says of a run that is done.
    pub(crate) feedback: Option<FeedbackPart>,
}

/// The page with the form that a run came from.
pub(crate) struct Origin {
    pub(crate) url: String,
    pub(crate) title: String,
}

impl RunPage {
    pub(crate) fn new(chrome: Chrome, run: RunView, result: ResultPart, origin: Option<Origin>) -> Self {
        Self {
            origin,
            chrome,
            status_label: show::run_status(&run.status),
            progress: News::of_run(&RunProgress { status: run.status, queue_place: run.queue_place }),
            inputs: InputLine::of(&Place::of_run(run.id), &run.inputs),
            timings: run.timings.as_ref().map(StageBar::new),
            pictures: pictures(&run),
            result,
            run,
            feedback: None,
        }
    }

    /// Whether something is drawn over the photo, which a script can save with it.
    fn is_drawn(&self) -> bool {
        let drawn = [StandardLayout::Boxes, StandardLayout::Points, StandardLayout::Polygons];
        matches!(&self.result, ResultPart::Standard(view) if drawn.contains(&view.layout))
    }

    pub(crate) fn with_feedback(self, feedback: Option<FeedbackPart>) -> Self {
        Self { feedback, ..self }
    }
}

fn pictures(run: &RunView) -> Vec<(String, String)> {
    let parts = table::parts(&run.results).into_iter();
    parts.filter_map(|part| Some((part.title, format!("{}?save", file_url(run.id, part.file?.blob))))).collect()
}

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<RunId>,
) -> Result<HttpResponse, WebError> {
    let run = running::view(&portal, &user, *id).await?;
    running::note_shown(&portal, &run).await?;
    let result = ResultPart::of(&run, &Place::of_run(run.id))?;
    let origin = origin(&portal, &user, &run).await?;
    let feedback = feedback_part(&portal, &user, &run).await?;
    let page = RunPage::new(chrome, run, result, origin).with_feedback(feedback);
    respond::page(StatusCode::OK, &page.chrome, &page)
}

async fn feedback_part(portal: &Portal, user: &User, run: &RunView) -> Result<Option<FeedbackPart>, WebError> {
    if run.status != RunStatus::Done {
        return Ok(None);
    }
    let given = feedback::on(portal, user, run.id).await?;
    let labels = feedback::labels(portal, run).await?;
    Ok(Some(FeedbackPart::new(run, given.as_ref(), labels)))
}

/// An author who tries a release goes back to it, everybody else to the app.
async fn origin(portal: &Portal, user: &User, run: &RunView) -> Result<Option<Origin>, WebError> {
    if user.can(Permission::PublishApps) {
        match publishing::release(portal, user, run.release).await {
            Ok(release) if release.status != ReleaseStatus::Published => {
                let title = format!("{} {}", release.manifest.name, release.manifest.version);
                return Ok(Some(Origin { url: format!("/author/releases/{}", release.id), title }));
            }
            Ok(_) | Err(DomainError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(run.app_is_listed.then(|| Origin { url: format!("/apps/{}", run.slug), title: run.manifest.name.clone() }))
}
