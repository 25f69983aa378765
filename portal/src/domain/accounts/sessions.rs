//! Where a person is logged in, and ending that.

use jiff::Timestamp;
use vision_protocol::ids::Digest;

use super::{Result, SessionToken, User};
use crate::{
    domain::DomainError,
    state::{Portal, timestamp},
    store::StoreError,
};

/// A session, as its person sees it.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// The digest of its token, from which nobody makes the token.
    pub id: Digest,
    /// Browser and system, in words; empty if unknown.
    pub device: String,
    /// From where it was begun; empty if unknown.
    pub address: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last used, to some minutes.
    pub seen_at: Option<Timestamp>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Where a person is logged in, the newest first.
///
/// # Errors
/// The database's.
pub async fn list(portal: &Portal, user: &User, current: &SessionToken) -> Result<Vec<SessionView>> {
    let current = current.digest();
    let rows = portal.store.sessions_of(user.id, portal.now()).await?;
    rows.into_iter()
        .map(|row| {
            Ok(SessionView {
                current: row.id == current,
                id: row.id.parse().map_err(|_| StoreError::Corrupt("session"))?,
                device: row.device,
                address: row.address,
                created_at: timestamp(row.created_at),
                seen_at: row.seen_at.map(timestamp),
            })
        })
        .collect()
}

/// Ends one of a person's sessions.
///
/// # Errors
/// `NotFound`, also when it is somebody else's.
pub async fn end(portal: &Portal, user: &User, session: Digest) -> Result<()> {
    if portal.store.end_session(user.id, &session.to_string()).await? { Ok(()) } else { Err(DomainError::NotFound) }
}

/// Ends all of a person's sessions but the one that asks.
///
/// # Errors
/// The database's.
pub async fn end_others(portal: &Portal, user: &User, current: &SessionToken) -> Result<()> {
    portal.store.end_other_sessions(user.id, &current.digest()).await?;
    Ok(())
}
