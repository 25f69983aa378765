//! Server-sent events: news of something that changes by itself.

use std::{convert::Infallible, time::Duration};

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, HeaderName},
    web::Bytes,
};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;

use super::show;
use crate::domain::{
    installing::{InstallStatus, InstallView},
    publishing::ReleaseStatus,
    running::{BatchProgress, RunProgress, RunStatus},
};

/// Often enough that no proxy in between takes the silence for the end.
const PING_EVERY: Duration = Duration::from_secs(15);

/// What a page shows while it waits.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct News {
    /// The status, as in the style sheet.
    pub(crate) status: &'static str,
    /// The status, for people.
    pub(crate) label: &'static str,
    /// What is happening.
    pub(crate) headline: String,
    /// A little more of it.
    pub(crate) detail: String,
    /// Whether it is over.
    #[serde(rename = "final")]
    pub(crate) is_final: bool,
}

impl News {
    /// Of a run.
    pub(crate) fn of_run(progress: &RunProgress) -> Self {
        let (headline, detail) = match (progress.status, progress.queue_place) {
            (RunStatus::Queued, None | Some(0)) => ("It is next", "It starts as soon as a runner is free.".to_owned()),
            (RunStatus::Queued, Some(1)) => ("Waiting", "One run comes before it.".to_owned()),
            (RunStatus::Queued, Some(place)) => ("Waiting", format!("{place} runs come before it.")),
            (RunStatus::Running, _) => ("Looking at it", "A runner is working on it.".to_owned()),
            (RunStatus::Done | RunStatus::Failed | RunStatus::Cancelled, _) => ("Done", String::new()),
        };
        Self {
            status: progress.status.name(),
            label: show::run_status(&progress.status),
            headline: headline.to_owned(),
            detail,
            is_final: progress.status.is_final(),
        }
    }

    /// Of a batch.
    pub(crate) fn of_batch(progress: BatchProgress) -> Self {
        let status = match progress {
            progress if progress.is_final() => RunStatus::Done,
            BatchProgress { ended: 0, running: 0, .. } => RunStatus::Queued,
            _ => RunStatus::Running,
        };
        let failed = match progress.failed {
            0 => String::new(),
            failed => format!(" {failed} did not work."),
        };
        Self {
            status: status.name(),
            label: show::run_status(&status),
            headline: format!("{} of {} done", progress.ended, progress.total),
            detail: format!("Each photo is a run of its own.{failed}"),
            is_final: progress.is_final(),
        }
    }

    /// Of an install.
    pub(crate) fn of_install(view: &InstallView) -> Self {
        Self {
            status: show::install_status(&view.status).0,
            label: show::install_status(&view.status).1,
            headline: "Fetching the model".to_owned(),
            detail: format!("{} of {}", show::megabytes(view.fetched), show::megabytes(view.entry.bytes())),
            is_final: view.status != InstallStatus::Fetching,
        }
    }

    /// Of a release.
    pub(crate) fn of_release(status: ReleaseStatus) -> Self {
        Self {
            status: status.name(),
            label: show::release_status(&status),
            headline: "A runner is proving it".to_owned(),
            detail: "Compiling the glue, loading each model, running the examples.".to_owned(),
            is_final: !status.is_pending(),
        }
    }
}

/// An answer that tells `news` as they come, then `end`.
pub(crate) fn answer<T: Serialize>(news: impl Stream<Item = T> + 'static) -> HttpResponse {
    let told = news.map(|news| Some(format!("event: progress\ndata: {}\n\n", serde_json::json!(news))));
    let told = told.chain(stream::iter([Some("event: end\ndata: {}\n\n".to_owned()), None]));
    let pings = stream::unfold((), |()| async {
        tokio::time::sleep(PING_EVERY).await;
        Some((Some(": still here\n\n".to_owned()), ()))
    });
    let body = stream::select(told.boxed_local(), pings.boxed_local())
        .take_while(|text| std::future::ready(text.is_some()))
        .map(|text| Ok::<_, Infallible>(Bytes::from(text.unwrap_or_default())));
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
        .streaming(body)
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    #[actix_web::test]
    async fn news_come_one_by_one_and_then_the_end() {
        let queued = RunProgress { status: RunStatus::Queued, queue_place: Some(2) };
        let done = RunProgress { status: RunStatus::Done, queue_place: None };
        let response = answer(stream::iter([News::of_run(&queued), News::of_run(&done)]));
        let body = to_bytes(response.into_body()).await.unwrap();
        let text = std::str::from_utf8(&body).unwrap();
        assert!(text.starts_with("event: progress\ndata: {"), "{text}");
        assert!(text.contains("2 runs come before it"), "{text}");
        assert!(text.contains("\"final\":true"), "{text}");
        assert!(text.ends_with("event: end\ndata: {}\n\n"), "{text}");
    }
}
