//! Batches: many photos given in one go, each a run of its own.

use std::collections::HashSet;

use jiff::Timestamp;
use tokio::sync::broadcast;
use vision_protocol::ids::{RunId, Slug};

use super::{
    BatchId, RunLine, RunStatus, cancel, status,
    stored::{Column, Outcome},
    table::{self, Part},
    view,
};
use crate::{
    domain::{DomainError, Result, accounts::User, catalog, following},
    state::{News, Portal},
    store::StoreError,
};

/// A batch, as its owner sees it.
#[derive(Clone, Debug)]
pub struct BatchView {
    /// The batch.
    pub id: BatchId,
    /// The app's name.
    pub app_name: String,
    /// The app's address.
    pub slug: Slug,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// In the order of the photos; those that were deleted are left out.
    pub runs: Vec<BatchRun>,
}

/// A run of a batch.
#[derive(Clone, Debug)]
pub struct BatchRun {
    /// The run.
    pub line: RunLine,
    /// Its results; empty until it is done.
    pub parts: Vec<Part>,
    /// Why it failed.
    pub error: Option<String>,
}

/// How far a batch is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchProgress {
    /// Runs of the batch.
    pub total: usize,
    /// Those that have ended.
    pub ended: usize,
    /// Those that have ended without a result.
    pub failed: usize,
    /// Those that are executed right now.
    pub running: usize,
}

impl BatchProgress {
    /// How far a batch with runs in these states is.
    pub fn of(states: impl IntoIterator<Item = RunStatus>) -> Self {
        let mut progress = Self::default();
        for state in states {
            progress.total += 1;
            progress.ended += usize::from(state.is_final());
            progress.failed += usize::from(state == RunStatus::Failed);
            progress.running += usize::from(state == RunStatus::Running);
        }
        progress
    }

    /// Whether all have ended.
    pub fn is_final(self) -> bool {
        self.ended == self.total
    }
}

impl BatchView {
    /// How far it is.
    pub fn progress(&self) -> BatchProgress {
        BatchProgress::of(self.runs.iter().map(|run| run.line.status))
    }

    /// All results as one table: which photo, its run, and what was found on it.
    pub fn sheet(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let mut columns = vec!["photo".to_owned(), "run".to_owned(), "status".to_owned()];
        let all: Vec<Part> = self.runs.iter().flat_map(|run| run.parts.clone()).collect();
        let (of_results, _) = table::sheet(&all);
        columns.extend(of_results.iter().cloned());
        let mut rows = Vec::new();
        for (index, run) in self.runs.iter().enumerate() {
            let head = || vec![(index + 1).to_string(), run.line.id.to_string(), run.line.status.name().to_owned()];
            let (own, found) = table::sheet(&run.parts);
            if found.is_empty() {
                rows.push(head().into_iter().chain(of_results.iter().map(|_| String::new())).collect());
            }
            for row in found {
                let cell = |column: &String| {
                    let index = own.iter().position(|known| known == column);
                    index.and_then(|index| row.get(index)).cloned().unwrap_or_default()
                };
                rows.push(head().into_iter().chain(of_results.iter().map(cell)).collect());
            }
        }
        (columns, rows)
    }
}

/// A batch of one's own.
///
/// # Errors
/// `NotFound`, also when all its runs were deleted.
pub async fn batch(portal: &Portal, viewer: &User, id: BatchId) -> Result<BatchView> {
    let rows = portal.store.batch(viewer.id, id, portal.now()).await?;
    let user = portal.store.user(viewer.id).await?.ok_or(DomainError::NotFound)?;
    let key = portal.master.user_key(viewer.id, &user.data_key)?;
    let mut runs = Vec::new();
    for mut row in rows {
        let manifest = catalog::manifest(&row.manifest)?;
        let outcome = row.outcome.take();
        let line = RunLine::of(row)?;
        let outcome: Outcome = match outcome {
            Some(sealed) => Column::Outcome.open(&key, line.id, &sealed)?,
            None => Outcome::default(),
        };
        let files = view::files(portal, line.id).await?;
        let results = view::result_views(&manifest, outcome.results, &files);
        runs.push(BatchRun { parts: table::parts(&results), error: outcome.error, line });
    }
    let first = &runs.first().ok_or(DomainError::NotFound)?.line;
    Ok(BatchView { id, app_name: first.app_name.clone(), slug: first.slug.clone(), created_at: first.created_at, runs })
}

/// Stops all runs of a batch of one's own that have not ended.
///
/// # Errors
/// `NotFound`.
pub async fn cancel_batch(portal: &Portal, viewer: &User, id: BatchId) -> Result<()> {
    let statuses = portal.store.batch_statuses(viewer.id, id).await?;
    if statuses.is_empty() {
        return Err(DomainError::NotFound);
    }
    for (run, name) in statuses {
        if status(&name)?.is_final() {
            continue;
        }
        let run = run.parse().map_err(|_| StoreError::Corrupt("run id"))?;
        match cancel(portal, viewer, run).await {
            // It ended, or was deleted, meanwhile.
            Ok(()) | Err(DomainError::Conflict(_) | DomainError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Follows a batch.
pub struct BatchWatch {
    portal: Portal,
    viewer: User,
    id: BatchId,
    news: broadcast::Receiver<News>,
    told: Option<BatchProgress>,
}

/// Follows a batch of one's own.
///
/// # Errors
/// `NotFound`.
pub async fn watch_batch(portal: &Portal, viewer: &User, id: BatchId) -> Result<BatchWatch> {
    let news = portal.news.subscribe();
    if portal.store.batch_statuses(viewer.id, id).await?.is_empty() {
        return Err(DomainError::NotFound);
    }
    Ok(BatchWatch { portal: portal.clone(), viewer: viewer.clone(), id, news, told: None })
}

impl BatchWatch {
    /// How far it is: at once the first time, then whenever that has changed; `None` once the end was told, or the
    /// portal stops.
    ///
    /// # Errors
    /// The database's, and `NotFound` when all its runs are gone.
    pub async fn next(&mut self) -> Result<Option<BatchProgress>> {
        loop {
            if self.told.is_some_and(BatchProgress::is_final) {
                return Ok(None);
            }
            let rows = self.portal.store.batch_statuses(self.viewer.id, self.id).await?;
            if rows.is_empty() {
                return Err(DomainError::NotFound);
            }
            let states = rows.iter().map(|(_, name)| status(name)).collect::<Result<Vec<_>>>()?;
            let progress = BatchProgress::of(states);
            if self.told != Some(progress) {
                self.told = Some(progress);
                return Ok(Some(progress));
            }
            let runs: HashSet<RunId> = rows.iter().filter_map(|(id, _)| id.parse().ok()).collect();
            let is_ours = |news| matches!(news, News::Run(run) if runs.contains(&run));
            if !following::wait(&self.portal, &mut self.news, is_ours).await {
                return Ok(None);
            }
        }
    }
}
