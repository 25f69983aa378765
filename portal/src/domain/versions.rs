//! The releases of an app over time: what is new in each, which are deprecated, going back to an older one, and which
//! version the next should have.

mod mine;
mod suggestion;

use jiff::Timestamp;
use vision_protocol::{
    ids::{AppId, ReleaseId, Slug},
    manifest::Manifest,
};

use super::{
    DomainError, Result,
    accounts::User,
    catalog,
    publishing::{self, ReleaseStatus},
    roles::Permission,
};
use crate::{
    state::{News, Portal, timestamp},
    store::{ReleaseRow, StoreError, VersionRow},
};

pub use mine::{MyVersion, mine};
pub use suggestion::{Step, Suggestion, suggest};

/// Longest text on what is new, in characters.
pub const LONGEST_NOTES: usize = 4_000;
/// Longest reason for a deprecation, in characters.
pub const LONGEST_REASON: usize = 300;
/// Releases in an app's list.
const LISTED: i64 = 50;

/// A release that is or was published, as everybody sees it.
#[derive(Clone, Debug)]
pub struct Version {
    /// The release.
    pub release: ReleaseId,
    /// Semantic version.
    pub version: String,
    /// Whether the app's page runs it now.
    pub current: bool,
    /// What is new: Markdown, as the author wrote it; may be empty.
    pub notes: String,
    /// Why it should no longer be used.
    pub deprecated: Option<String>,
    /// When it was published last.
    pub published_at: Timestamp,
}

/// The releases of an app that are or were published, the newest first; the last fifty.
///
/// # Errors
/// The database's.
pub async fn list(portal: &Portal, app: AppId) -> Result<Vec<Version>> {
    let rows = portal.store.versions_of(app, LISTED).await?;
    Ok(rows.into_iter().map(Version::of).collect())
}

impl Version {
    fn of(row: VersionRow) -> Self {
        Self {
            release: ReleaseId(row.id),
            current: row.status == ReleaseStatus::Published.name(),
            version: row.version,
            notes: row.notes,
            deprecated: row.deprecated,
            published_at: timestamp(row.published_at),
        }
    }
}

/// A release of one's own, for somebody who may publish.
async fn own(portal: &Portal, author: &User, id: ReleaseId) -> Result<ReleaseRow> {
    author.require(Permission::PublishApps)?;
    let row = portal.store.release(id).await?.filter(|row| row.author_id == author.id.0);
    row.ok_or(DomainError::NotFound)
}

/// PostgreSQL takes no NUL in a text.
fn tidy(text: &str, place: &str, longest: usize) -> Result<String> {
    let text = text.replace('\0', "").replace("\r\n", "\n").trim().to_owned();
    if text.chars().count() > longest {
        return Err(DomainError::invalid(place, format!("must have at most {longest} characters")));
    }
    Ok(text)
}

/// Writes down what is new in a release of one's own: Markdown, at most [`LONGEST_NOTES`] characters. It can be mended
/// at any time; the release itself does not change.
///
/// # Errors
/// `NotFound`; `Forbidden` without the permission; `Invalid` at `notes` if it is too long.
pub async fn set_notes(portal: &Portal, author: &User, id: ReleaseId, notes: &str) -> Result<()> {
    own(portal, author, id).await?;
    let notes = tidy(notes, "notes", LONGEST_NOTES)?;
    portal.store.set_notes(id, &notes).await?;
    portal.tell(News::Release(id));
    Ok(())
}

/// Says that a release of one's own should no longer be used, and why; `None` takes that back. It goes on running, with
/// a banner on its app's page and on its runs.
///
/// # Errors
/// `NotFound`; `Forbidden` without the permission; `Invalid` at `reason` if it is empty or too long; `Conflict` if it
/// was never published.
pub async fn deprecate(portal: &Portal, author: &User, id: ReleaseId, reason: Option<&str>) -> Result<()> {
    own(portal, author, id).await?;
    let reason = reason.map(|reason| tidy(reason, "reason", LONGEST_REASON)).transpose()?;
    if reason.as_deref() == Some("") {
        return Err(DomainError::invalid("reason", "say why, and what people should use instead"));
    }
    if !portal.store.set_deprecated(id, reason.as_deref()).await? {
        let message = "This release was never published, so nobody uses it.";
        return Err(DomainError::Conflict(message.to_owned()));
    }
    tracing::info!(release.id = %id, release.deprecated = reason.is_some(), "release deprecated or not");
    portal.tell(News::Release(id));
    Ok(())
}

/// Makes a release that was published once the one that everybody runs again. Nothing is proven anew; the release that
/// was published until now is retired.
///
/// # Errors
/// `NotFound`; `Forbidden` without the permission; `Conflict` if it was never published, or is deprecated.
pub async fn roll_back(portal: &Portal, author: &User, id: ReleaseId) -> Result<Slug> {
    let row = own(portal, author, id).await?;
    if row.status != ReleaseStatus::Retired.name() {
        let message = format!("Only a retired release can be made current again; this one is {}.", row.status);
        return Err(DomainError::Conflict(message));
    }
    if row.deprecated.is_some() {
        let message = "This release is deprecated. Take that back first, then make it current again.";
        return Err(DomainError::Conflict(message.to_owned()));
    }
    publishing::publish(portal, author, id).await
}

/// Which version a next release of one's own app should have, by what changed since the release that is published or,
/// without one, the newest that was proven. `models_changed` is whether a model file is another one under the same name.
///
/// # Errors
/// `NotFound` if the app is not the author's.
pub async fn next(
    portal: &Portal,
    author: &User,
    app: &Slug,
    manifest: &Manifest,
    models_changed: bool,
) -> Result<Suggestion> {
    let app = portal.store.app_by_slug(app).await?.filter(|app| app.author_id == author.id.0);
    let app = app.ok_or(DomainError::NotFound)?;
    let (taken, newest) = portal.store.versions_taken(AppId(app.id)).await?;
    let taken = taken
        .iter()
        .map(|version| version.parse().map_err(|_| StoreError::Corrupt("version")))
        .collect::<Result<Vec<_>, _>>()?;
    let before = match app.published_release.map(ReleaseId).or(newest) {
        Some(release) => portal.store.release(release).await?,
        None => None,
    };
    match before {
        Some(row) => Ok(suggest(&catalog::manifest(&row.manifest)?, manifest, models_changed, &taken)),
        None => Ok(Suggestion::first(&taken)),
    }
}
