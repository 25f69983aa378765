//! Models of the catalogue that become an admin's apps: fetched by a job, then checked and proven like any upload.

use std::{
    fs::File,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::sync::broadcast;
use vision_catalog::{AssembleError, Catalog, Depot, Entry};
use vision_protocol::ids::{InstallId, ReleaseId, Slug, UserId};

use super::{
    DomainError, Result,
    accounts::{self, User},
    audit::{Act, By},
    following,
    publishing::{self, ReleaseStatus, Spooled, Terms},
    roles::Permission,
};
use crate::{
    blobs::BlobError,
    config::JobsConfig,
    jobs::{Verdict, Work},
    state::{News, Portal},
    store::{InstallRow, JobKind, Lease, StoreError},
};

/// How far a download is, is noted this often.
const NOTE_EVERY: Duration = Duration::from_millis(500);

/// Where an install stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallStatus {
    /// Its models are being fetched.
    Fetching,
    /// It is a release now.
    Done,
    /// It came to nothing.
    Failed,
}

impl InstallStatus {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fetching => "fetching",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    fn by_name(name: &str) -> Result<Self> {
        let known = [Self::Fetching, Self::Done, Self::Failed].into_iter().find(|status| status.name() == name);
        Ok(known.ok_or(StoreError::Corrupt("install status"))?)
    }
}

/// An install, as admins see it.
#[derive(Clone, Debug)]
pub struct InstallView {
    /// The install.
    pub id: InstallId,
    /// What is installed.
    pub entry: &'static Entry,
    /// Where it stands.
    pub status: InstallStatus,
    /// Bytes that are there.
    pub fetched: u64,
    /// Why it failed.
    pub error: Option<String>,
    /// What became of it.
    pub release: Option<ReleaseId>,
}

/// An entry of the catalogue, with what became of its newest install.
#[derive(Clone, Debug)]
pub struct EntryView {
    /// The entry.
    pub entry: &'static Entry,
    /// Its newest install.
    pub install: Option<InstallView>,
}

impl EntryView {
    /// Whether it is being fetched.
    pub fn is_under_way(&self) -> bool {
        self.install.as_ref().is_some_and(|install| install.status == InstallStatus::Fetching)
    }
}

/// Follows an install.
pub struct InstallWatch {
    portal: Portal,
    id: InstallId,
    news: broadcast::Receiver<News>,
    told: Option<(InstallStatus, u64)>,
}

impl InstallWatch {
    /// How it stands: at once the first time, then whenever that has changed; `None` when it will not change any more, or
    /// the portal stops.
    ///
    /// # Errors
    /// The database's, and `NotFound` when it is gone.
    pub async fn next(&mut self) -> Result<Option<InstallView>> {
        loop {
            if self.told.is_some_and(|(status, _)| status != InstallStatus::Fetching) {
                return Ok(None);
            }
            let view = found(&self.portal, self.id).await?;
            let now = Some((view.status, view.fetched));
            if self.told != now {
                self.told = now;
                return Ok(Some(view));
            }
            let id = self.id;
            if !following::wait(&self.portal, &mut self.news, |news| news == News::Install(id)).await {
                return Ok(None);
            }
        }
    }
}

fn view(row: InstallRow) -> Result<InstallView> {
    Ok(InstallView {
        id: InstallId(row.id),
        // What this version of the portal no longer has is nothing to see.
        entry: Catalog::builtin().find(&row.entry).ok_or(DomainError::NotFound)?,
        status: InstallStatus::by_name(&row.status)?,
        fetched: row.fetched.unsigned_abs(),
        error: row.error,
        release: row.release_id.map(ReleaseId),
    })
}

async fn found(portal: &Portal, id: InstallId) -> Result<InstallView> {
    view(portal.store.install(id).await?.ok_or(DomainError::NotFound)?)
}

/// All entries, by name, with what became of them.
///
/// # Errors
/// `Forbidden`.
pub async fn entries(portal: &Portal, viewer: &User) -> Result<Vec<EntryView>> {
    viewer.require(Permission::InstallModels)?;
    let rows = portal.store.newest_installs().await?;
    let entries = Catalog::builtin().entries().iter().map(|entry| {
        let row = rows.iter().find(|row| row.entry == entry.name);
        Ok(EntryView { entry, install: row.cloned().map(view).transpose()? })
    });
    entries.collect()
}

/// Begins to install an entry: the app will be this person's.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` if it is under way, or this person has it already.
pub async fn begin(portal: &Portal, by: By<'_>, name: &str, publish: bool) -> Result<InstallId> {
    let admin = by.user;
    admin.require(Permission::InstallModels)?;
    let entry = Catalog::builtin().find(name).ok_or(DomainError::NotFound)?;
    let (title, version) = (entry.text("Name"), entry.text("Version"));
    let mine = publishing::my_apps(portal, admin).await?;
    let has_it = mine
        .iter()
        .filter(|app| app.name == title)
        .any(|app| app.releases.iter().any(|line| line.version == version && line.status != ReleaseStatus::Rejected));
    if has_it {
        return Err(DomainError::Conflict(format!("You have version {version} of “{title}” already.")));
    }
    let line = by.line(portal, Act::Install, ("model", name), if publish { "to be published" } else { "" });
    match portal.store.create_install(name, admin.id, publish, &line).await {
        Ok(id) => {
            tracing::info!(install.id = %id, catalog.entry = name, user.id = %admin.id, "install begun");
            portal.queue.wake(JobKind::InstallEntry);
            Ok(id)
        }
        Err(StoreError::Taken) => Err(DomainError::Conflict(format!("“{title}” is being installed already."))),
        Err(error) => Err(error.into()),
    }
}

/// An install.
///
/// # Errors
/// `Forbidden`; `NotFound`.
pub async fn install(portal: &Portal, viewer: &User, id: InstallId) -> Result<InstallView> {
    viewer.require(Permission::InstallModels)?;
    found(portal, id).await
}

/// Follows an install.
///
/// # Errors
/// As [`install`].
pub async fn watch(portal: &Portal, viewer: &User, id: InstallId) -> Result<InstallWatch> {
    let news = portal.news.subscribe();
    install(portal, viewer, id).await?;
    Ok(InstallWatch { portal: portal.clone(), id, news, told: None })
}

/// Fetches models and makes apps of them.
pub(super) struct Install;

impl Work for Install {
    fn kind(&self) -> JobKind {
        JobKind::InstallEntry
    }

    fn parallel(&self, _: &JobsConfig) -> usize {
        1
    }

    fn attempts(&self, config: &JobsConfig) -> u32 {
        config.check_attempts
    }

    fn perform<'a>(&'a self, portal: &'a Portal, lease: &'a Lease) -> BoxFuture<'a, Result<Verdict>> {
        Box::pin(perform(portal, lease))
    }

    fn postpone<'a>(&'a self, portal: &'a Portal, lease: &'a Lease, run_at: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            portal.store.postpone(lease, run_at).await?;
            Ok(())
        })
    }

    fn give_up<'a>(&'a self, portal: &'a Portal, lease: &'a Lease, reason: String) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { fail(portal, lease, install_id(lease)?, &reason).await })
    }
}

fn install_id(lease: &Lease) -> Result<InstallId> {
    Ok(lease.subject.parse().map_err(|_| StoreError::Corrupt("job"))?)
}

async fn perform(portal: &Portal, lease: &Lease) -> Result<Verdict> {
    let id = install_id(lease)?;
    let Some(row) = portal.store.install(id).await?.filter(|row| row.status == InstallStatus::Fetching.name()) else {
        portal.store.drop_job(lease).await?;
        return Ok(Verdict::Ended);
    };
    let Some(entry) = Catalog::builtin().find(&row.entry) else {
        fail(portal, lease, id, "This version of the marketplace no longer has it in its catalogue.").await?;
        return Ok(Verdict::Ended);
    };
    let spool = Spooled::new(portal);
    match fetch(portal, id, entry, &spool).await? {
        Ok(()) => {}
        Err(error) if error.is_passing() => return Ok(Verdict::retry(error.to_string())),
        Err(error) => {
            fail(portal, lease, id, &error.to_string()).await?;
            return Ok(Verdict::Ended);
        }
    }
    match accept(portal, lease, &row, entry, &spool).await {
        Ok(release) => tracing::info!(install.id = %id, release.id = %release, "install ended"),
        Err(DomainError::Invalid(faults)) => {
            fail(portal, lease, id, &vision_protocol::fault::summary(&faults)).await?;
        }
        Err(error) => return Err(error),
    }
    portal.tell(News::Install(id));
    Ok(Verdict::Ended)
}

/// Makes the app's zip of what the catalogue says, noting how far it is.
async fn fetch(portal: &Portal, id: InstallId, entry: &Entry, spool: &Spooled) -> Result<Result<(), AssembleError>> {
    let data = &portal.config.storage.data_dir;
    let depot = Depot::new(data.join("models"), portal.config.storage.model_mirror.clone());
    let depot = depot.map_err(DomainError::internal)?;
    let zip = File::create_new(spool.path()).map_err(BlobError::Io)?;
    let fetched = AtomicU64::new(0);
    let making = vision_catalog::write_zip(&depot, entry, zip, |bytes| fetched.store(bytes, Ordering::Relaxed));
    tokio::pin!(making);
    loop {
        tokio::select! {
            made = &mut making => return Ok(made),
            () = tokio::time::sleep(NOTE_EVERY) => {
                let fetched = fetched.load(Ordering::Relaxed);
                portal.store.note_fetched(id, i64::try_from(fetched).unwrap_or(i64::MAX)).await?;
                portal.tell(News::Install(id));
            }
        }
    }
}

async fn accept(portal: &Portal, lease: &Lease, row: &InstallRow, entry: &Entry, spool: &Spooled) -> Result<ReleaseId> {
    let admin = accounts::person(portal, UserId(row.user_id)).await?;
    let mine = publishing::my_apps(portal, &admin).await?;
    let app: Option<Slug> = mine.into_iter().find(|app| app.name == entry.text("Name")).map(|app| app.slug);
    let terms = Terms { publish_when_proven: row.publish_when_proven != 0, install: Some((lease, InstallId(row.id))) };
    publishing::accept(portal, &admin, app.as_ref(), spool, terms).await
}

async fn fail(portal: &Portal, lease: &Lease, id: InstallId, reason: &str) -> Result<()> {
    tracing::info!(install.id = %id, reason, "install failed");
    portal.store.fail_install(lease, id, reason).await?;
    portal.tell(News::Install(id));
    Ok(())
}
