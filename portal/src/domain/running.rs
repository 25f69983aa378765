//! Runs: beginning one, following it, looking at it, cancelling and deleting it.

mod batch;
mod counting;
mod draft;
pub(super) mod execute;
mod history;
pub(super) mod keeping;
mod outcome;
mod stop;
mod stored;
mod submit;
pub mod table;
#[cfg(test)]
pub(crate) mod testing;
mod view;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::broadcast;
use vision_protocol::{
    ids::{AppId, BlobId, ReleaseId, RunId, Slug},
    manifest::Manifest,
    messages::{LogLine, Timings},
    parameters::Parameter,
    results::ResultVariable,
};

use super::{
    DomainError, Result,
    accounts::User,
    catalog,
    files::{self, FileStream},
    following,
    roles::Permission,
    sharing,
    work::remove_blob,
};
use crate::{
    state::{News, Portal},
    store::{JobKind, ReleaseRow, RunRow, StoreError},
};

pub use crate::store::BatchId;
pub use batch::{BatchProgress, BatchRun, BatchView, BatchWatch, batch, cancel_batch, watch_batch};
#[cfg(test)]
pub(crate) use counting::finish_for_testing;
pub use draft::{RunDraft, begin, takes_batches};
pub use history::{
    AppCount, History, HistoryFilter, Place, RUNS_PER_PAGE, RunLine, delete_all, delete_many, history, runs_of_app,
};
pub use keeping::{Keeping, choose_keeping, keeping, note_shown};
pub(super) use stop::stop;
pub(super) use stored::plain_results;
pub use submit::{Accepted, again, again_on};
pub use view::view;

/// Photos that may be given in one go.
pub const BATCH_PHOTOS: usize = 50;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// Accepted; it waits for its turn.
    Queued,
    /// A runner works on it.
    Running,
    /// It has a result.
    Done,
    /// It has a reason.
    Failed,
    /// Its owner wanted it no more.
    Cancelled,
}

impl RunStatus {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// All of them.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The status of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether it has ended.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A file of a run, which [`file`] opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRef {
    /// The file.
    pub blob: BlobId,
    /// For example `image/jpeg`.
    pub media_type: String,
    /// Bytes, opened.
    pub size: u64,
}

/// A value of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// A file.
    File(FileRef),
    /// Anything else.
    Plain(Value),
}

/// One input of a run.
#[derive(Clone, Debug)]
pub struct InputView {
    /// What was asked for.
    pub parameter: Parameter,
    /// What was given; `None` if it was left out.
    pub value: Option<Shown>,
}

/// One result of a run.
#[derive(Clone, Debug)]
pub struct ResultView {
    /// What the app promised.
    pub variable: ResultVariable,
    /// What it answered.
    pub value: Shown,
}

/// A run, as its owner sees it.
#[derive(Clone, Debug)]
pub struct RunView {
    /// The run.
    pub id: RunId,
    /// Where it stands.
    pub status: RunStatus,
    /// Runs that come before it, while it is queued.
    pub queue_place: Option<u64>,
    /// The app's address.
    pub slug: Slug,
    /// Whether the app has a page at that address now.
    pub app_is_listed: bool,
    /// The release.
    pub release: ReleaseId,
    /// The release's manifest.
    pub manifest: Manifest,
    /// Why its author says that the release should no longer be used.
    pub deprecated: Option<String>,
    /// The author's own layout, if the manifest chose it.
    pub template: Option<String>,
    /// In the order of the manifest.
    pub inputs: Vec<InputView>,
    /// In the order of the manifest; empty until it is done.
    pub results: Vec<ResultView>,
    /// Where the time went, if the runner said so.
    pub timings: Option<Timings>,
    /// What the app logged.
    pub logs: Vec<LogLine>,
    /// Why it failed, fit for its owner.
    pub error: Option<String>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Whether [`again`] would work.
    pub can_retry: bool,
    /// How long it is kept.
    pub keeping: Keeping,
    /// When it is gone; known once it has ended.
    pub gone_at: Option<Timestamp>,
    /// The batch that it belongs to.
    pub batch: Option<BatchId>,
}

/// News of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunProgress {
    /// Where it stands.
    pub status: RunStatus,
    /// Runs that come before it, while it is queued.
    pub queue_place: Option<u64>,
}

/// Follows a run.
pub struct RunWatch {
    portal: Portal,
    id: RunId,
    news: broadcast::Receiver<News>,
    told: Option<RunProgress>,
}

impl RunWatch {
    /// The state: at once the first time, then whenever it has changed; `None` once the final state was told, or
    /// the portal stops.
    ///
    /// # Errors
    /// The database's, and `NotFound` when the run is gone.
    pub async fn next(&mut self) -> Result<Option<RunProgress>> {
        loop {
            if self.told.is_some_and(|told| told.status.is_final()) {
                return Ok(None);
            }
            let (_, name) = self.portal.store.run_status(self.id).await?.ok_or(DomainError::NotFound)?;
            let status = status(&name)?;
            let progress = RunProgress { status, queue_place: queue_place(&self.portal, self.id, status).await? };
            if self.told != Some(progress) {
                self.told = Some(progress);
                return Ok(Some(progress));
            }
            let id = self.id;
            if !following::wait(&self.portal, &mut self.news, |news| news == News::Run(id)).await {
                return Ok(None);
            }
        }
    }
}

fn status(name: &str) -> Result<RunStatus> {
    Ok(RunStatus::by_name(name).ok_or(StoreError::Corrupt("run status"))?)
}

async fn queue_place(portal: &Portal, id: RunId, status: RunStatus) -> Result<Option<u64>> {
    if status != RunStatus::Queued {
        return Ok(None);
    }
    Ok(portal.store.queue_place(id, portal.now()).await?.map(i64::unsigned_abs))
}

/// A release that this person may run now.
async fn runnable(portal: &Portal, user: &User, id: ReleaseId) -> Result<ReleaseRow> {
    let row = portal.store.release(id).await?.ok_or(DomainError::NotFound)?;
    if let Some(reason) = &row.suspended_reason {
        return Err(match row.author_id == user.id.0 {
            true => DomainError::Conflict(format!("This app is taken down: {reason}")),
            false => DomainError::NotFound,
        });
    }
    if row.status == "published" {
        sharing::require(portal, Some(user), AppId(row.app_id)).await?;
        return Ok(row);
    }
    // Of two releases that are compared, some people get the one that is not published.
    if matches!(row.status.as_str(), "draft" | "retired") && portal.store.is_second(id).await? {
        sharing::require(portal, Some(user), AppId(row.app_id)).await?;
        return Ok(row);
    }
    if row.author_id != user.id.0 && !user.can(Permission::ReviewApps) {
        return Err(DomainError::NotFound);
    }
    match row.status.as_str() {
        "draft" | "retired" | "waiting" => Ok(row),
        "checking" => Err(DomainError::Conflict("This release is still being checked.".to_owned())),
        _ => Err(DomainError::Conflict("This release was rejected; it cannot be run.".to_owned())),
    }
}

async fn own(portal: &Portal, viewer: &User, id: RunId) -> Result<RunRow> {
    let row = portal.store.run(id).await?.filter(|row| row.user_id == viewer.id.0);
    // What is to be gone is gone, even before its bytes are removed.
    row.filter(|row| row.keep_until.is_none_or(|until| until > portal.now())).ok_or(DomainError::NotFound)
}

/// The address of the app that somebody ran last, if it is published.
///
/// # Errors
/// The database's.
pub async fn last_app(portal: &Portal, viewer: &User) -> Result<Option<Slug>> {
    portal.store.last_app(viewer.id).await?.as_deref().map(catalog::slug).transpose()
}

/// Follows a run of one's own.
///
/// # Errors
/// `NotFound`.
pub async fn watch(portal: &Portal, viewer: &User, id: RunId) -> Result<RunWatch> {
    let news = portal.news.subscribe();
    let owned = portal.store.run_status(id).await?.filter(|(owner, _)| *owner == viewer.id.0);
    owned.ok_or(DomainError::NotFound)?;
    Ok(RunWatch { portal: portal.clone(), id, news, told: None })
}

/// Deletes a run of one's own with all its files, also while it is executed.
///
/// # Errors
/// `NotFound`.
pub async fn delete(portal: &Portal, viewer: &User, id: RunId) -> Result<()> {
    let files = portal.store.delete_run(viewer.id, id).await?.ok_or(DomainError::NotFound)?;
    portal.tell(News::Run(id));
    for file in files {
        remove_blob(portal, file).await?;
    }
    Ok(())
}

/// Stops a run of one's own that has not ended. From here on its links are dead, and an answer that still comes is
/// dropped; a runner of ours hears that nobody waits any more.
///
/// # Errors
/// `NotFound`; `Conflict` if it has ended.
pub async fn cancel(portal: &Portal, viewer: &User, id: RunId) -> Result<()> {
    own(portal, viewer, id).await?;
    if !portal.store.cancel_run(viewer.id, id, portal.now()).await? {
        return Err(DomainError::Conflict("This run has ended already.".to_owned()));
    }
    tracing::info!(run.id = %id, user.id = %viewer.id, "run cancelled");
    portal.tell(News::Run(id));
    for file in portal.store.detach_outputs(id).await? {
        remove_blob(portal, file).await?;
    }
    Ok(())
}

/// A file of a run of one's own, opened.
///
/// # Errors
/// `NotFound`.
pub async fn file(portal: &Portal, viewer: &User, run: RunId, blob: BlobId) -> Result<FileStream> {
    own(portal, viewer, run).await?;
    let row = portal.store.blob_of_run(run, blob).await?;
    files::open(portal, &row.ok_or(DomainError::NotFound)?, blob).await
}
