//! Links that let one person sign up while sign-up is not open to everybody.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use vision_protocol::ids::Digest;

use super::{
    DomainError, Result,
    accounts::User,
    audit::{Act, By},
    ids::InvitationId,
    roles::Permission,
};
use crate::state::{Portal, timestamp};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Days that an invitation is good for.
pub const GOOD_FOR_DAYS: i64 = 14;
const LONGEST_NOTE: usize = 120;
/// How many the list shows.
const SHOWN: i64 = 200;

/// An invitation, as admins see it. What stands in its link is nowhere.
#[derive(Clone, Debug)]
pub struct InvitationView {
    /// The invitation.
    pub id: InvitationId,
    /// For whom it is.
    pub note: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Whether it is past that.
    pub expired: bool,
    /// When somebody used it.
    pub used_at: Option<Timestamp>,
}

/// Makes an invitation: what stands in its link, which is told this once.
///
/// # Errors
/// `Forbidden`; `Invalid` with a fault at `note`.
pub async fn create(portal: &Portal, by: By<'_>, note: &str) -> Result<SecretString> {
    by.user.require(Permission::ManagePeople)?;
    let note = note.trim();
    if note.chars().count() > LONGEST_NOTE || note.chars().any(char::is_control) {
        return Err(DomainError::invalid("note", format!("must have at most {LONGEST_NOTE} characters")));
    }
    let secret = SecretString::from(URL_SAFE_NO_PAD.encode(portal.random_bytes::<32>()));
    let line = by.line(portal, Act::Invite, ("invitation", note), "");
    let expires_at = portal.now() + GOOD_FOR_DAYS * DAY_MS;
    portal.store.create_invitation(&digest(secret.expose_secret()), note, by.user.id, expires_at, &line).await?;
    Ok(secret)
}

/// The newest invitations.
///
/// # Errors
/// `Forbidden`.
pub async fn list(portal: &Portal, viewer: &User) -> Result<Vec<InvitationView>> {
    viewer.require(Permission::ManagePeople)?;
    let now = portal.now();
    let rows = portal.store.invitations(SHOWN).await?;
    Ok(rows
        .into_iter()
        .map(|row| InvitationView {
            id: InvitationId(row.id),
            note: row.note,
            made_by: row.made_by,
            created_at: timestamp(row.created_at),
            expires_at: timestamp(row.expires_at),
            expired: row.expires_at <= now,
            used_at: row.used_at.map(timestamp),
        })
        .collect())
}

/// Takes an invitation back.
///
/// # Errors
/// `Forbidden`; `NotFound`, also when it was used.
pub async fn revoke(portal: &Portal, by: By<'_>, id: InvitationId) -> Result<()> {
    by.user.require(Permission::ManagePeople)?;
    let line = by.line(portal, Act::RevokeInvitation, ("invitation", id), "");
    if portal.store.revoke_invitation(id.0, &line).await? { Ok(()) } else { Err(DomainError::NotFound) }
}

/// Whether this is an invitation that can still be used.
pub(super) async fn is_good(portal: &Portal, secret: &str) -> Result<bool> {
    Ok(portal.store.is_invited(&digest(secret), portal.now()).await?)
}

/// Uses an invitation up. Says whether it was good.
pub(super) async fn use_up(portal: &Portal, secret: &str) -> Result<bool> {
    Ok(portal.store.use_invitation(&digest(secret), portal.now()).await?)
}

fn digest(secret: &str) -> String {
    Digest::of(secret.as_bytes()).to_string()
}
