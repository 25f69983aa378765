//! `GET /admin/reports`: what people say is wrong with apps.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use askama::Template;

use crate::{
    domain::{
        ids::ReportId,
        moderation::{self, OpenReport},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        identity::{May, ReviewApps},
        respond,
    },
};

/// `admin/reports.html`.
#[derive(Template)]
#[template(path = "admin/reports.html")]
pub(crate) struct ReportsPage {
    pub(crate) chrome: Chrome,
    pub(crate) reports: Vec<OpenReport>,
    /// What is wrong with the reason for taking an app down.
    pub(crate) wrong: Option<(ReportId, String)>,
}

impl ReportsPage {
    fn wrong_at(&self, id: &ReportId) -> Option<&str> {
        self.wrong.as_ref().filter(|(wrong, _)| wrong == id).map(|(_, words)| words.as_str())
    }
}

/// The handler.
pub(crate) async fn show(may: May<ReviewApps>, portal: Data<Portal>, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let reports = moderation::queue(&portal, &may.user).await?;
    let page = ReportsPage { chrome, reports, wrong: None };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
