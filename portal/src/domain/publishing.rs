//! From an uploaded zip to a published release.
//!
//! `checking` (a job proves the package on a runner), then `rejected` with every fault, or `draft`, which its
//! author can try; `waiting` is for a reviewer, while the site asks for one; `published` is what everybody runs;
//! `retired` was published once.

pub(super) mod prove;
mod upload;
mod version;

use bytes::Bytes;
use futures_util::Stream;
use jiff::Timestamp;
use tokio::sync::broadcast;
use vision_protocol::{
    fault::Fault,
    ids::{ReleaseId, Slug, UserId},
    manifest::Manifest,
};

use super::{
    DomainError, Result,
    accounts::{self, User},
    catalog, following,
    reviewing::{self, Decision},
    roles::Permission,
    shelving, site,
};
use crate::{
    state::{News, Portal, timestamp},
    store::{JobKind, Listing, ReleaseRow, StoreError},
};

pub(super) use upload::{Spooled, Terms, accept};
pub(super) use version::free as free_version;

/// Where a release stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseStatus {
    /// A runner is proving it.
    Checking,
    /// Proven; only its author can run it.
    Draft,
    /// Its author wants it published, and a reviewer has yet to look at it.
    Waiting,
    /// It has faults.
    Rejected,
    /// Everybody can run it.
    Published,
    /// It was published once.
    Retired,
}

impl ReleaseStatus {
    /// Its name in the database, and for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Draft => "draft",
            Self::Waiting => "waiting",
            Self::Rejected => "rejected",
            Self::Published => "published",
            Self::Retired => "retired",
        }
    }

    /// The status of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::Checking, Self::Draft, Self::Waiting, Self::Rejected, Self::Published, Self::Retired]
            .into_iter()
            .find(|status| status.name() == name)
    }

    /// Whether it changes by itself soon.
    pub fn is_pending(self) -> bool {
        self == Self::Checking
    }
}

/// A release, as its author sees it.
#[derive(Clone, Debug)]
pub struct ReleaseView {
    /// The release.
    pub id: ReleaseId,
    /// The app's address.
    pub slug: Slug,
    /// The author's name.
    pub author: String,
    /// Where it stands.
    pub status: ReleaseStatus,
    /// What is wrong with it, if it was rejected.
    pub faults: Vec<Fault>,
    /// What could be better.
    pub warnings: Vec<Fault>,
    /// Its manifest.
    pub manifest: Manifest,
    /// The long description, Markdown as the author wrote it.
    pub readme: Option<String>,
    /// What is new, Markdown as the author wrote it; may be empty.
    pub notes: String,
    /// Why people should no longer use it.
    pub deprecated: Option<String>,
    /// Why its app is taken down, if so.
    pub suspended: Option<String>,
    /// Why a reviewer has returned it, if so.
    pub returned: Option<String>,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// Whether the viewer may publish it: it is theirs and proven.
    pub can_publish: bool,
    /// Whether the viewer may run it.
    pub can_run: bool,
}

/// One of an author's apps.
#[derive(Clone, Debug)]
pub struct MyApp {
    /// Its address.
    pub slug: Slug,
    /// Its name, from the newest release.
    pub name: String,
    /// Newest first.
    pub releases: Vec<ReleaseLine>,
}

/// A release in a list.
#[derive(Clone, Debug)]
pub struct ReleaseLine {
    /// The release.
    pub id: ReleaseId,
    /// Semantic version.
    pub version: String,
    /// Where it stands.
    pub status: ReleaseStatus,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// Follows a release's status.
pub struct ReleaseWatch {
    portal: Portal,
    id: ReleaseId,
    news: broadcast::Receiver<News>,
    told: Option<ReleaseStatus>,
}

impl ReleaseWatch {
    /// The status: at once the first time, then whenever it has changed; `None` when it will not change by
    /// itself any more, or the portal stops.
    ///
    /// # Errors
    /// The database's, and `NotFound` when the release is gone.
    pub async fn next(&mut self) -> Result<Option<ReleaseStatus>> {
        loop {
            if self.told.is_some_and(|status| !status.is_pending()) {
                return Ok(None);
            }
            let name = self.portal.store.release_status(self.id).await?.ok_or(DomainError::NotFound)?;
            let status = status(&name)?;
            if self.told != Some(status) {
                self.told = Some(status);
                return Ok(Some(status));
            }
            let id = self.id;
            if !following::wait(&self.portal, &mut self.news, |news| news == News::Release(id)).await {
                return Ok(None);
            }
        }
    }
}

fn status(name: &str) -> Result<ReleaseStatus> {
    Ok(ReleaseStatus::by_name(name).ok_or(StoreError::Corrupt("release status"))?)
}

/// Takes an uploaded zip: spools it, checks all that is cheap, stores it, and has a runner prove the rest.
/// `app` is the author's own app that gets a new release; without one, a new app is made.
///
/// # Errors
/// `Invalid` with every fault of the package; `TooLarge`; `Forbidden`; `NotFound` if the app is not the author's;
/// `Upload` if the stream breaks.
pub async fn upload<S, E>(portal: &Portal, author: &User, app: Option<&Slug>, zip: S) -> Result<ReleaseId>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    author.require(Permission::PublishApps)?;
    upload::spooled(portal, author, app, zip).await
}

/// A release, for its author, reviewers and admins.
///
/// # Errors
/// `NotFound`, also when it is somebody else's.
pub async fn release(portal: &Portal, viewer: &User, id: ReleaseId) -> Result<ReleaseView> {
    let row = visible(portal, viewer, id).await?;
    let status = status(&row.status)?;
    let faults = |text: &str| serde_json::from_str(text).map_err(|_| StoreError::Corrupt("list of faults"));
    let theirs = row.author_id == viewer.id.0;
    let proven = matches!(status, ReleaseStatus::Draft | ReleaseStatus::Retired);
    let suspended = row.suspended_reason.is_some();
    Ok(ReleaseView {
        id,
        slug: catalog::slug(&row.slug)?,
        status,
        faults: faults(&row.faults)?,
        warnings: faults(&row.warnings)?,
        manifest: catalog::manifest(&row.manifest)?,
        created_at: timestamp(row.created_at),
        can_publish: theirs && proven && !suspended && viewer.can(Permission::PublishApps),
        can_run: (proven || matches!(status, ReleaseStatus::Published | ReleaseStatus::Waiting)) && !suspended,
        suspended: row.suspended_reason,
        returned: match reviewing::decision(portal, id).await? {
            Some(Decision::Returned(reason)) if status == ReleaseStatus::Draft => Some(reason),
            _ => None,
        },
        author: row.author,
        readme: row.readme,
        notes: row.notes,
        deprecated: row.deprecated,
    })
}

/// A release as it is written down.
pub(super) async fn stored(portal: &Portal, id: ReleaseId) -> Result<ReleaseRow> {
    portal.store.release(id).await?.ok_or(DomainError::NotFound)
}

/// A release that this person may see.
async fn visible(portal: &Portal, viewer: &User, id: ReleaseId) -> Result<ReleaseRow> {
    let row = portal.store.release(id).await?.ok_or(DomainError::NotFound)?;
    if row.author_id == viewer.id.0 || viewer.can(Permission::ReviewApps) {
        Ok(row)
    } else {
        Err(DomainError::NotFound)
    }
}

async fn own(portal: &Portal, author: &User, id: ReleaseId) -> Result<ReleaseRow> {
    let row = portal.store.release(id).await?.filter(|row| row.author_id == author.id.0);
    row.ok_or(DomainError::NotFound)
}

/// Publishes a proven release; the one published until now is retired.
///
/// # Errors
/// `NotFound`; `Conflict` if it is not proven; `Forbidden` without the permission.
pub async fn publish(portal: &Portal, author: &User, id: ReleaseId) -> Result<Slug> {
    author.require(Permission::PublishApps)?;
    let row = own(portal, author, id).await?;
    if let Some(reason) = &row.suspended_reason {
        return Err(DomainError::Conflict(format!("This app is taken down: {reason}")));
    }
    if !put_out(portal, &row).await? {
        return Err(DomainError::Conflict(format!("A release that is {} cannot be published.", row.status)));
    }
    catalog::slug(&row.slug)
}

/// Whether a release waits for a reviewer.
///
/// # Errors
/// `NotFound`.
pub async fn waits(portal: &Portal, id: ReleaseId) -> Result<bool> {
    let name = portal.store.release_status(id).await?.ok_or(DomainError::NotFound)?;
    Ok(status(&name)? == ReleaseStatus::Waiting)
}

/// Publishes a proven release, or has a reviewer look at it first. Says whether it was one.
async fn put_out(portal: &Portal, row: &ReleaseRow) -> Result<bool> {
    if needs_review(portal, row).await? {
        let done = portal.store.ask_for_review(ReleaseId(row.id), portal.now()).await?;
        portal.tell(News::Release(ReleaseId(row.id)));
        return Ok(done);
    }
    list(portal, row).await
}

/// Whether a reviewer has yet to look at it. What was out once, or was approved, needs nobody again; nor does what an
/// admin or the house makes.
pub(super) async fn needs_review(portal: &Portal, row: &ReleaseRow) -> Result<bool> {
    if site::current(portal).await?.auto_approve || row.published_at.is_some() {
        return Ok(false);
    }
    let author = accounts::person(portal, UserId(row.author_id)).await?;
    if author.can(Permission::ManageSite) || author.id == accounts::house(portal).await?.id {
        return Ok(false);
    }
    Ok(reviewing::decision(portal, ReleaseId(row.id)).await? != Some(Decision::Approved))
}

/// Publishes what a reviewer has just approved.
pub(super) async fn list_approved(portal: &Portal, row: &ReleaseRow) -> Result<()> {
    list(portal, row).await?;
    Ok(())
}

/// Puts a proven release on the shelf. Says whether it was one.
async fn list(portal: &Portal, row: &ReleaseRow) -> Result<bool> {
    let manifest = catalog::manifest(&row.manifest)?;
    let category = shelving::canonical(portal, &manifest.category).await?;
    let search_text = format!("{}\n{}\n{category}", manifest.name, manifest.description).to_lowercase();
    let listing = Listing {
        name: &manifest.name,
        description: &manifest.description,
        category: &category,
        search_text: &search_text,
    };
    let done = portal.store.publish_release(ReleaseId(row.id), &listing, portal.now()).await?;
    portal.queue.wake(JobKind::RunExamples);
    portal.tell(News::Release(ReleaseId(row.id)));
    Ok(done)
}

/// Publishes what was proven right before the portal was killed.
pub(super) async fn list_awaiting(portal: &Portal) -> Result<()> {
    for id in portal.store.awaiting_publication().await? {
        if let Some(row) = portal.store.release(id).await? {
            put_out(portal, &row).await?;
        }
    }
    Ok(())
}

/// Takes a published release back: the app leaves the list.
///
/// # Errors
/// `NotFound`; `Conflict` if it is not published.
pub async fn unpublish(portal: &Portal, author: &User, id: ReleaseId) -> Result<()> {
    own(portal, author, id).await?;
    if !portal.store.unpublish_release(id, portal.now()).await? {
        return Err(DomainError::Conflict("This release is not published.".to_owned()));
    }
    portal.tell(News::Release(id));
    Ok(())
}

/// An author's apps, the one changed last first.
///
/// # Errors
/// The database's.
pub async fn my_apps(portal: &Portal, author: &User) -> Result<Vec<MyApp>> {
    let releases = portal.store.releases_of(author.id).await?;
    let mut apps = Vec::new();
    for (id, slug, name) in portal.store.apps_of(UserId(author.id.0)).await? {
        let lines = releases
            .iter()
            .filter(|(app, ..)| *app == id)
            .map(|(_, release, version, name, created_at)| {
                Ok(ReleaseLine {
                    id: ReleaseId(*release),
                    version: version.clone(),
                    status: status(name)?,
                    created_at: timestamp(*created_at),
                })
            })
            .collect::<Result<_>>()?;
        apps.push(MyApp { slug: catalog::slug(&slug)?, name, releases: lines });
    }
    Ok(apps)
}

/// Follows a release.
///
/// # Errors
/// `NotFound`, as [`release`].
pub async fn watch(portal: &Portal, viewer: &User, id: ReleaseId) -> Result<ReleaseWatch> {
    let news = portal.news.subscribe();
    visible(portal, viewer, id).await?;
    Ok(ReleaseWatch { portal: portal.clone(), id, news, told: None })
}
