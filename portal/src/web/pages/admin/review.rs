//! `GET /admin/reviews/{release}`: all that a reviewer looks at.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use vision_protocol::ids::ReleaseId;

use crate::{
    domain::{
        publishing::ReleaseStatus,
        reviewing::{self, ReviewView},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        identity::{May, ReviewApps},
        respond,
    },
};

/// `admin/review.html`.
#[derive(Template)]
#[template(path = "admin/review.html")]
pub(crate) struct ReviewPage {
    pub(crate) chrome: Chrome,
    pub(crate) review: ReviewView,
    pub(crate) reason: String,
    /// What is wrong with the reason.
    pub(crate) wrong: Option<String>,
}

impl ReviewPage {
    fn engine(&self) -> &str {
        let needs = self.review.manifest.runner.as_ref();
        needs.and_then(|needs| needs.engine.as_deref()).unwrap_or("any")
    }

    fn deadline(&self) -> String {
        let limits = self.review.manifest.limits.as_ref();
        limits.and_then(|limits| limits.deadline_ms).map_or_else(|| "the runner’s".to_owned(), |ms| format!("{ms} ms"))
    }

    fn memory(&self) -> String {
        let limits = self.review.manifest.limits.as_ref();
        limits
            .and_then(|limits| limits.memory_mib)
            .map_or_else(|| "the runner’s".to_owned(), |mib| format!("{mib} MiB"))
    }

    fn can_try(&self) -> bool {
        use ReleaseStatus::{Draft, Published, Retired, Waiting};
        matches!(self.review.status, Draft | Published | Retired | Waiting)
    }
}

/// The page as it is before anything was filled in.
pub(crate) async fn page(
    portal: &Portal,
    may: &May<ReviewApps>,
    chrome: Chrome,
    id: ReleaseId,
) -> Result<ReviewPage, WebError> {
    let review = reviewing::show(portal, &may.user, id).await?;
    Ok(ReviewPage { chrome, review, reason: String::new(), wrong: None })
}

/// The handler.
pub(crate) async fn show(
    may: May<ReviewApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<ReleaseId>,
) -> Result<HttpResponse, WebError> {
    let page = page(&portal, &may, chrome, *id).await?;
    respond::page(StatusCode::OK, &page.chrome, &page)
}
