//! `GET /admin/runners`: the services that execute apps.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use vision_protocol::fault::Fault;

use crate::{
    domain::{
        fleet::{self, About, RunnerView},
        overview::{self, Count},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms,
        identity::{ManageRunners, May},
        respond,
    },
};

/// `admin/runners.html`.
#[derive(Template)]
#[template(path = "admin/runners.html")]
pub(crate) struct RunnersPage {
    pub(crate) chrome: Chrome,
    pub(crate) runners: Vec<RunnerView>,
    pub(crate) url: String,
    pub(crate) name: String,
    pub(crate) about: About,
    /// Runs that wait for any of them, or are being executed.
    pub(crate) waiting: Count,
    pub(crate) faults: Vec<Fault>,
}

impl RunnersPage {
    /// What an hour of a runner costs, as it is typed.
    fn cost(&self, cents: &Option<i64>) -> String {
        cents.map_or_else(String::new, |cents| format!("{}.{:02}", cents / 100, cents % 100))
    }

    fn wrong(&self, field: &str) -> Option<String> {
        forms::wrong_at(&self.faults, field)
    }
}

/// The handler.
pub(crate) async fn show(
    may: May<ManageRunners>,
    portal: Data<Portal>,
    chrome: Chrome,
) -> Result<HttpResponse, WebError> {
    let runners = fleet::list_runners(&portal, &may.user).await?;
    let page = RunnersPage {
        chrome,
        runners,
        url: String::new(),
        name: String::new(),
        about: About::default(),
        waiting: overview::runs_under_way(&portal, &may.user).await?,
        faults: Vec::new(),
    };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
