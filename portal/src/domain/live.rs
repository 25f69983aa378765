//! An app's runs as they happen, for its author: when, how long, how they ended. What people gave, what they got and
//! what the app logged stays theirs; only of the author's own runs the log is shown.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use tokio::sync::broadcast;
use vision_protocol::{
    ids::{AppId, RunId, Slug},
    messages::LogLine,
};

use super::{DomainError, Result, accounts::User, following, running, running::RunStatus, sharing::own};
use crate::{
    state::{News, Portal, timestamp},
    store::{LiveRow, StoreError},
};

/// Runs on the page.
const SHOWN: i64 = 50;
/// Releases whose runs are looked at: the newest ones.
const RELEASES: i64 = 12;
/// Many runs at once are told together.
const GATHER: Duration = Duration::from_millis(200);

/// A run of an app, for the app's author.
#[derive(Clone, Debug)]
pub struct LiveRun {
    /// The run; only its owner can open it.
    pub run: RunId,
    /// Whether it is the author's own.
    pub is_own: bool,
    /// The release's version.
    pub version: String,
    /// Where it stands.
    pub status: RunStatus,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// Milliseconds that it was worked on.
    pub took_ms: Option<i64>,
    /// Why it failed: of one's own runs in the app's words, of others' the kind of failure.
    pub failure: Option<String>,
    /// What the app logged, of one's own runs.
    pub logs: Vec<LogLine>,
}

/// The newest runs of one's own app.
///
/// # Errors
/// `NotFound`, also when the app is somebody else's.
pub async fn recent(portal: &Portal, author: &User, slug: &Slug) -> Result<Vec<LiveRun>> {
    let app = own(portal, author, slug).await?;
    let mut runs = Vec::new();
    for row in rows(portal, app).await? {
        runs.push(live_run(portal, author, row).await?);
    }
    Ok(runs)
}

async fn rows(portal: &Portal, app: AppId) -> Result<Vec<LiveRow>> {
    let mut rows = Vec::new();
    for release in portal.store.newest_releases(app, RELEASES).await? {
        rows.extend(portal.store.newest_runs(release, SHOWN).await?);
    }
    rows.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    rows.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    Ok(rows)
}

/// The kind of a failure, in words that tell nothing of what was given.
fn kind(name: &str) -> &'static str {
    match name {
        "deadline" => "It did not end in its time.",
        "limit-exceeded" => "It used more memory or output than it may.",
        "app-failed" => "The app or its model failed.",
        "invalid-input" => "The app could not read what it was given.",
        "worker-lost" => "Its worker died.",
        "wrong-result" | "wrong-answer" => "It did not answer with what its manifest promises.",
        "given-up" => "No runner could take it.",
        _ => "It failed.",
    }
}

async fn live_run(portal: &Portal, author: &User, row: LiveRow) -> Result<LiveRun> {
    let run = row.id.parse().map_err(|_| StoreError::Corrupt("run id"))?;
    let status = RunStatus::by_name(&row.status).ok_or(StoreError::Corrupt("run status"))?;
    let is_own = row.user_id == author.id.0;
    let own = match is_own && status.is_final() {
        true => match running::view(portal, author, run).await {
            Ok(view) => Some(view),
            // It was deleted meanwhile.
            Err(DomainError::NotFound) => None,
            Err(error) => return Err(error),
        },
        false => None,
    };
    let failed = (status == RunStatus::Failed).then(|| kind(row.failure.as_deref().unwrap_or_default()).to_owned());
    let took_ms = row.started_at.zip(row.finished_at).map(|(from, to)| (to - from).max(0));
    Ok(LiveRun {
        run,
        is_own,
        version: row.version,
        status,
        created_at: timestamp(row.created_at),
        took_ms,
        failure: own.as_ref().and_then(|view| view.error.clone()).or(failed),
        logs: own.map(|view| view.logs).unwrap_or_default(),
    })
}

/// Follows the runs of an app.
pub struct LiveWatch {
    portal: Portal,
    author: User,
    app: AppId,
    news: broadcast::Receiver<News>,
    told: HashMap<String, String>,
    waiting: Vec<LiveRow>,
}

/// Follows the runs of one's own app.
///
/// # Errors
/// `NotFound`, also when the app is somebody else's.
pub async fn watch(portal: &Portal, author: &User, slug: &Slug) -> Result<LiveWatch> {
    let news = portal.news.subscribe();
    let app = own(portal, author, slug).await?;
    let told = rows(portal, app).await?.into_iter().map(|row| (row.id, row.status)).collect();
    Ok(LiveWatch { portal: portal.clone(), author: author.clone(), app, news, told, waiting: Vec::new() })
}

impl LiveWatch {
    /// The next run that is new or has changed; `None` when the portal stops.
    ///
    /// # Errors
    /// The database's.
    pub async fn next(&mut self) -> Result<Option<LiveRun>> {
        loop {
            if let Some(row) = self.waiting.pop() {
                return live_run(&self.portal, &self.author, row).await.map(Some);
            }
            if !following::wait(&self.portal, &mut self.news, |news| matches!(news, News::Run(_))).await {
                return Ok(None);
            }
            tokio::time::sleep(GATHER).await;
            let rows = rows(&self.portal, self.app).await?;
            let changed = |row: &&LiveRow| self.told.get(&row.id) != Some(&row.status);
            // The oldest is told first: it is the last of the list.
            self.waiting = rows.iter().filter(changed).cloned().collect();
            self.told = rows.into_iter().map(|row| (row.id, row.status)).collect();
        }
    }
}
