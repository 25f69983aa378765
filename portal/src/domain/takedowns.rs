//! Taking an app down, with a reason, and putting it back.
//!
//! An app that is taken down stands in no list, has no page and cannot be run, not even by its author, who reads why.
//! Nothing is deleted: results that people have stay theirs.

use jiff::Timestamp;
use vision_protocol::ids::{AppId, ReleaseId, Slug, UserId};

use super::{
    DomainError, Result,
    accounts::User,
    audit::{self, Act, AuditLine, By},
    roles::Permission,
    running,
};
use crate::{
    state::{News, Portal, timestamp},
    store::AppOverviewRow,
};

/// An app, as reviewers see it.
#[derive(Clone, Debug)]
pub struct AppOverview {
    /// Its address.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// The shelf.
    pub category: String,
    /// Who made it.
    pub author_id: UserId,
    /// Who made it.
    pub author: String,
    /// The release that everybody runs.
    pub release: Option<ReleaseId>,
    /// Since when it is taken down, and why.
    pub suspended: Option<(Timestamp, String)>,
    /// What was done about it.
    pub lines: Vec<AuditLine>,
}

async fn row(portal: &Portal, viewer: &User, slug: &Slug) -> Result<AppOverviewRow> {
    viewer.require(Permission::ReviewApps)?;
    portal.store.app_overview(slug).await?.ok_or(DomainError::NotFound)
}

/// An app, whatever its state.
///
/// # Errors
/// `Forbidden` without [`Permission::ReviewApps`]; `NotFound`.
pub async fn show(portal: &Portal, viewer: &User, slug: &Slug) -> Result<AppOverview> {
    let row = row(portal, viewer, slug).await?;
    let reason = row.suspended_reason.unwrap_or_default();
    Ok(AppOverview {
        slug: slug.clone(),
        name: row.name,
        category: row.category,
        author_id: UserId(row.author_id),
        author: row.author,
        release: row.published_release.map(ReleaseId),
        suspended: row.suspended_at.map(|at| (timestamp(at), reason)),
        lines: audit::about(portal, "app", slug).await?,
    })
}

/// Takes an app down. Its runs stop at once. It can be lifted.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` with a fault at `reason`; `Conflict` if it is taken down already.
pub async fn suspend(portal: &Portal, by: By<'_>, slug: &Slug, reason: &str) -> Result<()> {
    let row = row(portal, by.user, slug).await?;
    let reason = super::reason(reason)?;
    let line = by.line(portal, Act::SuspendApp, ("app", slug), &reason);
    if !portal.store.suspend_app(AppId(row.id), Some(&reason), &line).await? {
        return Err(DomainError::Conflict("This app is taken down already.".to_owned()));
    }
    tell(portal, &row);
    let runs = portal.store.runs_under_way_at(AppId(row.id)).await?;
    tracing::info!(app.slug = %slug, runs = runs.len(), "app suspended");
    running::stop(portal, &runs, "Stopped: the app was taken down.").await
}

/// Puts an app back, as it was.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` if it is not taken down.
pub async fn lift(portal: &Portal, by: By<'_>, slug: &Slug) -> Result<()> {
    let row = row(portal, by.user, slug).await?;
    let line = by.line(portal, Act::LiftApp, ("app", slug), "");
    if !portal.store.suspend_app(AppId(row.id), None, &line).await? {
        return Err(DomainError::Conflict("This app is not taken down.".to_owned()));
    }
    tell(portal, &row);
    Ok(())
}

fn tell(portal: &Portal, row: &AppOverviewRow) {
    if let Some(release) = row.published_release {
        portal.tell(News::Release(ReleaseId(release)));
    }
}
