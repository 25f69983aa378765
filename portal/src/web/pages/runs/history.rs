//! `GET /runs`: one's own runs.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;
use url::form_urlencoded;

use crate::{
    domain::running::{self, History, HistoryFilter, Keeping, RunLine, RunStatus},
    state::Portal,
    web::{chrome::Chrome, error::WebError, identity::CurrentUser, respond, results::file_url, show},
};

/// What is looked for. What is no status, app or place counts as not given.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Params {
    #[serde(default)]
    q: String,
    #[serde(default)]
    app: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    before: String,
}

/// `history.html`.
#[derive(Template)]
#[template(path = "history.html")]
pub(crate) struct HistoryPage {
    pub(crate) chrome: Chrome,
    pub(crate) params: Params,
    pub(crate) history: History,
    pub(crate) keeping: Keeping,
}

#[cfg(test)]
impl Params {
    /// A search, for the samples of templates.
    pub(crate) fn of(q: &str) -> Self {
        Self { q: q.to_owned(), ..Self::default() }
    }
}

impl Params {
    fn filter(&self) -> HistoryFilter {
        HistoryFilter {
            // PostgreSQL takes no NUL in a text.
            text: self.q.replace('\0', " "),
            app: self.app.parse().ok(),
            status: RunStatus::by_name(&self.status),
            before: self.before.parse().ok(),
        }
    }

    fn is_filtered(&self) -> bool {
        !(self.q.trim().is_empty() && self.app.is_empty() && self.status.is_empty())
    }

    /// The address of the list from a place on.
    fn url(&self, before: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let fields = [("q", self.q.as_str()), ("app", &self.app), ("status", &self.status), ("before", before)];
        for (name, value) in fields {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        show::with_query("/runs", &query.finish())
    }
}

impl HistoryPage {
    fn statuses(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        RunStatus::ALL.into_iter().map(|status| (status.name(), show::run_status(&status)))
    }

    fn has_status(&self, name: &str) -> bool {
        self.params.status == name
    }

    fn photo(&self, line: &RunLine) -> Option<String> {
        line.photo.map(|photo| file_url(line.id, photo))
    }

    /// Where the list goes on.
    fn older(&self) -> Option<String> {
        self.history.next.map(|place| self.params.url(&place.to_string()))
    }

    /// Where it begins, for who is further down.
    fn newest(&self) -> Option<String> {
        (!self.params.before.is_empty()).then(|| self.params.url(""))
    }
}

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    chrome: Chrome,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let history = running::history(&portal, &user, &params.filter()).await?;
    let keeping = running::keeping(&portal, &user).await?;
    let page = HistoryPage { chrome, params: params.into_inner(), history, keeping };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
