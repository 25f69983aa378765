//! The review queue: while the site asks for it, a release is looked at by a reviewer before everybody can run it.

mod comparison;
mod contents;
mod trial;

use jiff::Timestamp;
use vision_protocol::{
    fault::Fault,
    ids::{ReleaseId, Slug, UserId},
    manifest::Manifest,
};

use super::{
    DomainError, Result,
    accounts::User,
    audit::{Act, By},
    catalog,
    publishing::{self, ReleaseStatus},
    roles::Permission,
};
use crate::{
    state::{News, Portal, timestamp},
    store::{ReleaseRow, StoreError, WaitingRow},
};

pub use comparison::{Change, ChangedFile, Comparison, DiffLine};
pub use contents::Contents;
pub use trial::try_examples;

/// How many the list shows; the rest follows once these are decided.
const SHOWN: i64 = 100;

/// A release that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The release.
    pub id: ReleaseId,
    /// The app's address.
    pub slug: Slug,
    /// Its name in the manifest.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Who made it.
    pub author: String,
    /// Who made it.
    pub author_id: UserId,
    /// Since when it waits.
    pub asked_at: Timestamp,
}

/// A release, as a reviewer sees it.
#[derive(Clone, Debug)]
pub struct ReviewView {
    /// The release.
    pub id: ReleaseId,
    /// The app's address.
    pub slug: Slug,
    /// Who made it.
    pub author: String,
    /// Who made it.
    pub author_id: UserId,
    /// Where it stands.
    pub status: ReleaseStatus,
    /// Its manifest.
    pub manifest: Manifest,
    /// What the runner that proved it remarks.
    pub warnings: Vec<Fault>,
    /// What is in the package.
    pub contents: Contents,
    /// What has changed since the release that was published last.
    pub comparison: Comparison,
    /// Whether the viewer may decide now.
    pub can_decide: bool,
}

/// What was last decided about a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing yet.
    Waiting,
    /// It may be published.
    Approved,
    /// It may not as it is, and why.
    Returned(String),
}

/// What was last decided about a release; none if nobody was ever asked.
pub(super) async fn decision(portal: &Portal, id: ReleaseId) -> Result<Option<Decision>> {
    let row = portal.store.release_review(id).await?;
    Ok(row.map(|row| match (row.decided_at, row.approved) {
        (None, _) => Decision::Waiting,
        (Some(_), Some(1)) => Decision::Approved,
        _ => Decision::Returned(row.reason.unwrap_or_default()),
    }))
}

fn waiting(row: WaitingRow) -> Result<Waiting> {
    let manifest = catalog::manifest(&row.manifest)?;
    Ok(Waiting {
        id: ReleaseId(row.release_id),
        slug: catalog::slug(&row.slug)?,
        name: manifest.name,
        version: manifest.version.to_string(),
        author: row.author,
        author_id: UserId(row.author_id),
        asked_at: timestamp(row.asked_at),
    })
}

/// Releases that wait, the oldest first.
///
/// # Errors
/// `Forbidden` without [`Permission::ReviewApps`].
pub async fn queue(portal: &Portal, viewer: &User) -> Result<Vec<Waiting>> {
    viewer.require(Permission::ReviewApps)?;
    portal.store.waiting_releases(SHOWN).await?.into_iter().map(waiting).collect()
}

async fn row(portal: &Portal, viewer: &User, id: ReleaseId) -> Result<ReleaseRow> {
    viewer.require(Permission::ReviewApps)?;
    portal.store.release(id).await?.ok_or(DomainError::NotFound)
}

/// Four eyes: nobody decides about their own release, but for admins, who might be alone.
fn may_decide(viewer: &User, row: &ReleaseRow) -> bool {
    row.author_id != viewer.id.0 || viewer.can(Permission::ManageSite)
}

/// A release with all that a reviewer looks at.
///
/// # Errors
/// `Forbidden`; `NotFound`.
pub async fn show(portal: &Portal, viewer: &User, id: ReleaseId) -> Result<ReviewView> {
    let row = row(portal, viewer, id).await?;
    let status = ReleaseStatus::by_name(&row.status).ok_or(StoreError::Corrupt("release status"))?;
    let contents = contents::read(portal, &row.digest).await?;
    let earlier = portal.store.earlier_release(id).await?;
    let comparison = comparison::compare(portal, &row, &contents, earlier).await?;
    Ok(ReviewView {
        id,
        slug: catalog::slug(&row.slug)?,
        author_id: UserId(row.author_id),
        status,
        manifest: catalog::manifest(&row.manifest)?,
        warnings: serde_json::from_str(&row.warnings).map_err(|_| StoreError::Corrupt("list of faults"))?,
        contents,
        comparison,
        can_decide: status == ReleaseStatus::Waiting && may_decide(viewer, &row),
        author: row.author,
    })
}

/// Approves a release that waits: everybody can run it.
///
/// # Errors
/// `Forbidden`, also for one's own; `NotFound`; `Conflict` if it does not wait.
pub async fn approve(portal: &Portal, by: By<'_>, id: ReleaseId) -> Result<()> {
    let row = decide(portal, by, id, None).await?;
    publishing::list_approved(portal, &row).await
}

/// Returns a release that waits to its author, with reasons.
///
/// # Errors
/// As [`approve`]; `Invalid` with a fault at `reason`.
pub async fn return_it(portal: &Portal, by: By<'_>, id: ReleaseId, reason: &str) -> Result<()> {
    let reason = super::reason(reason)?;
    decide(portal, by, id, Some(&reason)).await?;
    Ok(())
}

async fn decide(portal: &Portal, by: By<'_>, id: ReleaseId, returned: Option<&str>) -> Result<ReleaseRow> {
    let row = row(portal, by.user, id).await?;
    if !may_decide(by.user, &row) {
        return Err(DomainError::Forbidden("Somebody else has to review what you made yourself.".to_owned()));
    }
    let act = if returned.is_some() { Act::ReturnRelease } else { Act::ApproveRelease };
    let line = by.line(portal, act, ("release", id), returned.unwrap_or_default());
    if !portal.store.decide_release(id, returned, &line).await? {
        return Err(DomainError::Conflict("This release does not wait for a review.".to_owned()));
    }
    portal.tell(News::Release(id));
    Ok(row)
}
