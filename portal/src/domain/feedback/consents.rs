//! Photos that a person lets authors use, and taking that back.
//!
//! A consent is part of the feedback on a run: it goes with the feedback, with the run and with the account. Whatever
//! an author asks for looks at it at that moment, so a withdrawal needs nothing else to take effect.

use jiff::Timestamp;
use vision_protocol::ids::{BlobId, RunId, Slug};

use super::super::{DomainError, Result, accounts::User, catalog};
use crate::{
    state::{Portal, timestamp},
    store::StoreError,
};

/// Consents on one page.
pub const PER_PAGE: u32 = 30;

/// A photo that an author may use.
#[derive(Clone, Debug)]
pub struct Consent {
    /// The run that it belongs to.
    pub run: RunId,
    /// The photo.
    pub photo: Option<BlobId>,
    /// The app's name.
    pub app: String,
    /// The app's address.
    pub slug: Slug,
    /// Since when.
    pub since: Timestamp,
}

/// A person's consents, the latest first, and whether more follow.
///
/// # Errors
/// The database's.
pub async fn list(portal: &Portal, user: &User, page: u32) -> Result<(Vec<Consent>, bool)> {
    let offset = i64::from(page.max(1) - 1) * i64::from(PER_PAGE);
    let mut rows = portal.store.consents_of(user.id, portal.now(), i64::from(PER_PAGE) + 1, offset).await?;
    let more = rows.len() > PER_PAGE as usize;
    rows.truncate(PER_PAGE as usize);
    let consents = rows.into_iter().map(|row| {
        Ok(Consent {
            run: row.run_id.parse().map_err(|_| StoreError::Corrupt("run id"))?,
            photo: row.blob.and_then(|blob| blob.parse().ok()),
            app: catalog::manifest(&row.manifest)?.name,
            slug: catalog::slug(&row.slug)?,
            since: timestamp(row.consented_at.unwrap_or_default()),
        })
    });
    Ok((consents.collect::<Result<_>>()?, more))
}

/// Withdraws the consent to one photo. The verdict and the words stay.
///
/// # Errors
/// `NotFound` if there is none, or the run is somebody else's.
pub async fn withdraw(portal: &Portal, user: &User, run: RunId) -> Result<()> {
    match portal.store.withdraw_consent(user.id, Some(run)).await? {
        0 => Err(DomainError::NotFound),
        _ => Ok(()),
    }
}

/// Withdraws all consents of a person.
///
/// # Errors
/// The database's.
pub async fn withdraw_all(portal: &Portal, user: &User) -> Result<()> {
    portal.store.withdraw_consent(user.id, None).await?;
    Ok(())
}
