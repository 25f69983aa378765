//! Ending one's account.
//!
//! The key of the person's files is destroyed in the same moment, so that nobody can open them again; their bytes and the
//! rows of the runs go batch by batch, by the job that removes what is not to be kept. Apps are taken back, drafts deleted. The row of
//! the account stays, without name and email, because releases and the audit log name it.

use vision_protocol::ids::ReleaseId;

use super::{Result, User, profile::check_password};
use crate::{
    domain::{DomainError, drafting, roles::Role, running},
    state::{News, Portal},
};

/// What has to be typed.
pub const WORDS: &str = "delete my account";

/// Ends the account of whoever types the password and the words.
///
/// # Errors
/// `Invalid` with faults at `current`, `words`; `Conflict` for the last admin; `TooMany`.
pub async fn end(portal: &Portal, user: &User, password: &str, words: &str) -> Result<()> {
    if words.trim().to_lowercase() != WORDS {
        return Err(DomainError::invalid("words", format!("must be “{WORDS}”")));
    }
    check_password(portal, user, password).await?;
    let Some(under_way) = portal.store.end_user(user.id, Role::Admin.name(), portal.now()).await? else {
        return Err(DomainError::Conflict("Somebody has to be admin: make another person admin first.".to_owned()));
    };
    for release in portal.store.published_of(user.id).await? {
        portal.store.unpublish_release(ReleaseId(release), portal.now()).await?;
        portal.tell(News::Release(ReleaseId(release)));
    }
    // Who may publish no more may have drafts even so.
    let author = User { role: user.role.max(Role::Developer), ..user.clone() };
    for draft in drafting::list(portal, &author).await? {
        drafting::delete(portal, &author, draft.id).await?;
    }
    for run in under_way {
        portal.tell(News::Run(run));
    }
    tracing::info!(user.id = %user.id, "account ended");
    running::keeping::forget_soon(portal);
    Ok(())
}
