//! One's own runs as a list, and deleting many of them.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use vision_protocol::ids::{AppId, BlobId, RunId, Slug};

use super::{BatchId, RunStatus, delete, keeping, status};
use crate::{
    domain::{DomainError, Result, accounts::User, catalog},
    state::{News, Portal, timestamp},
    store::{HistoryQuery, RunLineRow, StoreError},
};

/// Runs on one page of the history.
pub const RUNS_PER_PAGE: u32 = 30;

/// Which runs are looked for.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    /// Words that the app's name contains; all of them.
    pub text: String,
    /// Of this app.
    pub app: Option<Slug>,
    /// With this status.
    pub status: Option<RunStatus>,
    /// Older than this place.
    pub before: Option<Place>,
}

/// A place in the history: between a run and the next older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    created_ms: i64,
    id: RunId,
}

/// A run in the history.
#[derive(Clone, Debug)]
pub struct RunLine {
    /// The run.
    pub id: RunId,
    /// Where it stands.
    pub status: RunStatus,
    /// The app's name.
    pub app_name: String,
    /// The app's address.
    pub slug: Slug,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// The first photo that it was given.
    pub photo: Option<BlobId>,
    /// When it is gone, if it is not kept for ever and has ended.
    pub gone_at: Option<Timestamp>,
    /// The batch that it belongs to.
    pub batch: Option<BatchId>,
}

/// An app that one has runs of.
#[derive(Clone, Debug)]
pub struct AppCount {
    /// Its address.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// How many runs.
    pub runs: u64,
}

/// A page of the history.
#[derive(Clone, Debug)]
pub struct History {
    /// Newest first.
    pub lines: Vec<RunLine>,
    /// Where it goes on.
    pub next: Option<Place>,
    /// All apps that one has runs of, by name.
    pub apps: Vec<AppCount>,
    /// How many runs one has altogether.
    pub total: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.created_ms, self.id)
    }
}

impl FromStr for Place {
    type Err = StoreError;
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let wrong = || StoreError::Corrupt("place in the history");
        let (time, id) = text.split_once('.').ok_or_else(wrong)?;
        Ok(Self { created_ms: time.parse().map_err(|_| wrong())?, id: id.parse().map_err(|_| wrong())? })
    }
}

impl RunLine {
    pub(super) fn of(row: RunLineRow) -> Result<Self> {
        Ok(Self {
            id: row.id.parse().map_err(|_| StoreError::Corrupt("run id"))?,
            status: status(&row.status)?,
            app_name: catalog::manifest(&row.manifest)?.name,
            slug: catalog::slug(&row.slug)?,
            created_at: timestamp(row.created_at),
            photo: row.photo.and_then(|photo| photo.parse().ok()),
            gone_at: row.keep_until.map(timestamp),
            batch: row.batch.and_then(|batch| batch.parse().ok()),
        })
    }
}

/// One's own runs, newest first. Only what is not sealed can be looked for: the names of apps.
///
/// # Errors
/// The database's.
pub async fn history(portal: &Portal, viewer: &User, filter: &HistoryFilter) -> Result<History> {
    let rows = portal.store.apps_run(viewer.id).await?;
    let total = rows.iter().map(|row| row.runs.unsigned_abs()).sum();
    let words: Vec<String> = filter.text.split_whitespace().map(str::to_lowercase).collect();
    let is_meant = |name: &str, slug: &str| {
        let name = name.to_lowercase();
        words.iter().all(|word| name.contains(word)) && filter.app.as_ref().is_none_or(|app| app.as_str() == slug)
    };
    let chosen: Option<Vec<AppId>> = (!words.is_empty() || filter.app.is_some())
        .then(|| rows.iter().filter(|row| is_meant(&row.name, &row.slug)).map(|row| AppId(row.app_id)).collect());
    let mut lines = Vec::new();
    if chosen.as_ref().is_none_or(|apps| !apps.is_empty()) {
        let query = HistoryQuery {
            user: viewer.id,
            apps: chosen.as_deref(),
            status: filter.status.map(RunStatus::name),
            before: filter.before.map(|place| (place.created_ms, place.id)),
            limit: i64::from(RUNS_PER_PAGE) + 1,
            now: portal.now(),
        };
        lines = portal.store.history(&query).await?;
    }
    let more = lines.len() > RUNS_PER_PAGE as usize;
    lines.truncate(RUNS_PER_PAGE as usize);
    let created_ms = lines.last().map(|row| row.created_at);
    let lines = lines.into_iter().map(RunLine::of).collect::<Result<Vec<_>>>()?;
    let last = lines.last().zip(created_ms).filter(|_| more);
    let apps = rows
        .into_iter()
        .map(|row| Ok(AppCount { slug: catalog::slug(&row.slug)?, name: row.name, runs: row.runs.unsigned_abs() }));
    Ok(History {
        next: last.map(|(line, created_ms)| Place { created_ms, id: line.id }),
        apps: apps.collect::<Result<_>>()?,
        lines,
        total,
    })
}

/// The latest runs that one has of an app.
///
/// # Errors
/// The database's.
pub async fn runs_of_app(portal: &Portal, viewer: &User, app: &Slug) -> Result<Vec<RunLine>> {
    let filter = HistoryFilter { app: Some(app.clone()), ..HistoryFilter::default() };
    Ok(history(portal, viewer, &filter).await?.lines)
}

/// Deletes runs of one's own with all their files: how many. What is not there any more is none of them.
///
/// # Errors
/// The database's or the object store's.
pub async fn delete_many(portal: &Portal, viewer: &User, runs: &[RunId]) -> Result<usize> {
    let mut deleted = 0;
    for run in runs {
        match delete(portal, viewer, *run).await {
            Ok(()) => deleted += 1,
            Err(DomainError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(deleted)
}

/// Deletes all runs of one's own. They are gone at once; their bytes are removed in the background, batch by batch.
///
/// # Errors
/// The database's.
pub async fn delete_all(portal: &Portal, viewer: &User) -> Result<()> {
    for run in portal.store.expire_all_runs(viewer.id).await? {
        portal.tell(News::Run(run));
    }
    tracing::info!(user.id = %viewer.id, "all runs of a person deleted");
    keeping::forget_soon(portal);
    Ok(())
}
