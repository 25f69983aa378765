//! `GET /author/apps/{slug}/live`: an app's runs as they happen; `GET …/live/events`: the next ones.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use futures_util::stream;
use serde::Serialize;
use vision_protocol::ids::Slug;

use crate::{
    domain::live::{self, LiveRun},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        events,
        identity::{May, PublishApps},
        respond, show,
    },
};

/// `author/live.html`.
#[derive(Template)]
#[template(path = "author/live.html")]
pub(crate) struct LivePage {
    pub(crate) chrome: Chrome,
    pub(crate) slug: Slug,
    pub(crate) lines: Vec<LiveLine>,
}

/// A run, as the page shows it. The same as JSON for the script that follows.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LiveLine {
    pub(crate) id: String,
    /// The run's page, if it is one's own.
    pub(crate) url: Option<String>,
    pub(crate) version: String,
    pub(crate) status: &'static str,
    pub(crate) label: &'static str,
    /// As an HTML element needs it.
    pub(crate) time: String,
    pub(crate) took: String,
    pub(crate) failure: String,
    pub(crate) logs: Vec<LiveLog>,
}

/// A line that the app logged.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LiveLog {
    pub(crate) level: &'static str,
    pub(crate) text: String,
}

impl LiveLine {
    /// A run's line.
    pub(crate) fn new(run: &LiveRun) -> Self {
        let log = |line: &vision_protocol::messages::LogLine| LiveLog {
            level: show::log_level(&line.level),
            text: line.message.clone(),
        };
        Self {
            id: run.run.to_string(),
            url: run.is_own.then(|| format!("/runs/{}", run.run)),
            version: run.version.clone(),
            status: run.status.name(),
            label: show::run_status(&run.status),
            time: run.created_at.to_string(),
            took: run.took_ms.map(|ms| show::milliseconds(ms as f64)).unwrap_or_default(),
            failure: run.failure.clone().unwrap_or_default(),
            logs: run.logs.iter().map(log).collect(),
        }
    }
}

/// The page.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
) -> Result<HttpResponse, WebError> {
    let runs = live::recent(&portal, &may.user, &slug).await?;
    let page = LivePage { chrome, slug: slug.into_inner(), lines: runs.iter().map(LiveLine::new).collect() };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// What happens next.
pub(crate) async fn follow(
    may: May<PublishApps>,
    portal: Data<Portal>,
    slug: Path<Slug>,
) -> Result<HttpResponse, WebError> {
    let watch = live::watch(&portal, &may.user, &slug).await?;
    Ok(events::answer(stream::unfold(watch, |mut watch| async {
        match watch.next().await {
            Ok(Some(run)) => Some((LiveLine::new(&run), watch)),
            Ok(None) => None,
            Err(error) => {
                tracing::debug!(error.message = %error, "an app's runs cannot be followed any more");
                None
            }
        }
    })))
}
