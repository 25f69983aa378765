//! The releases of one's own app, with all that its author may do to them.

use jiff::Timestamp;
use vision_protocol::ids::{ReleaseId, Slug};

use crate::{
    domain::{DomainError, Result, accounts::User, publishing::ReleaseStatus, sharing},
    state::{Portal, timestamp},
    store::StoreError,
};

/// Releases that are listed.
const LISTED: i64 = 200;

/// A release of one's own.
#[derive(Clone, Debug)]
pub struct MyVersion {
    /// The release.
    pub release: ReleaseId,
    /// Semantic version.
    pub version: String,
    /// Where it stands.
    pub status: ReleaseStatus,
    /// What is new: Markdown, as the author wrote it; may be empty.
    pub notes: String,
    /// Why it should no longer be used.
    pub deprecated: Option<String>,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When it was published last.
    pub published_at: Option<Timestamp>,
}

impl MyVersion {
    /// Whether it can be published, for the first time.
    pub fn can_publish(&self) -> bool {
        self.status == ReleaseStatus::Draft
    }

    /// Whether it can be made current again.
    pub fn can_roll_back(&self) -> bool {
        self.status == ReleaseStatus::Retired && self.deprecated.is_none()
    }

    /// Whether it can be deprecated.
    pub fn can_deprecate(&self) -> bool {
        self.published_at.is_some() && self.deprecated.is_none()
    }

    /// Whether it can be compared with the published release.
    pub fn can_compare(&self) -> bool {
        matches!(self.status, ReleaseStatus::Draft | ReleaseStatus::Retired)
    }
}

/// The name of one's own app and its releases, the newest first.
///
/// # Errors
/// `NotFound`, also when it is somebody else's.
pub async fn mine(portal: &Portal, author: &User, slug: &Slug) -> Result<(String, Vec<MyVersion>)> {
    let app = sharing::own(portal, author, slug).await?;
    let name = portal.store.app_name(app).await?.ok_or(DomainError::NotFound)?;
    let rows = portal.store.own_versions(app, LISTED).await?;
    let versions = rows
        .into_iter()
        .map(|row| {
            Ok(MyVersion {
                release: ReleaseId(row.id),
                version: row.version,
                status: ReleaseStatus::by_name(&row.status).ok_or(StoreError::Corrupt("release status"))?,
                notes: row.notes,
                deprecated: row.deprecated,
                created_at: timestamp(row.created_at),
                published_at: row.published_at.map(timestamp),
            })
        })
        .collect::<Result<_>>()?;
    Ok((name, versions))
}
