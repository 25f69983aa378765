//! What people change about themselves: name, email, password.

use subtle::ConstantTimeEq;
use vision_protocol::fault::Fault;

use super::{Result, SessionToken, User, email_fault, hash_new_password, name_fault, passwords, throttle};
use crate::{domain::DomainError, state::Portal, store::StoreError};

/// Passwords tried and emails wished for by one person in a quarter of an hour.
const TRIED_AT_MOST: u32 = 10;

/// What a person fills in.
#[derive(Clone, Debug)]
pub struct NewProfile {
    /// What others see.
    pub name: String,
    /// To log in with.
    pub email: String,
    /// The present password; needed if the email changes.
    pub password: String,
}

/// Changes name and email.
///
/// # Errors
/// `Invalid` with faults at `name`, `email`, `current`; `TooMany`.
pub async fn change(portal: &Portal, user: &User, new: &NewProfile) -> Result<()> {
    let name = new.name.trim();
    let email = new.email.trim().to_lowercase();
    let faults: Vec<Fault> = [email_fault(&email), name_fault(name)].into_iter().flatten().collect();
    if !faults.is_empty() {
        return Err(DomainError::Invalid(faults));
    }
    if email != user.email {
        check_password(portal, user, &new.password).await?;
    }
    match portal.store.set_profile(user.id, name, &email).await {
        Err(StoreError::Taken) => Err(DomainError::invalid("email", "cannot be used; choose another one")),
        done => Ok(done?),
    }
}

/// Sets a new password. Every other session of this person ends.
///
/// # Errors
/// `Invalid` with faults at `current`, `password`; `TooMany`.
pub async fn change_password(
    portal: &Portal,
    user: &User,
    current: &str,
    password: &str,
    session: &SessionToken,
) -> Result<()> {
    check_password(portal, user, current).await?;
    if bool::from(current.as_bytes().ct_eq(password.as_bytes())) {
        return Err(DomainError::invalid("password", "must be another one than now"));
    }
    let hash = hash_new_password(portal, password).await?;
    portal.store.set_password(user.id, &hash, &session.digest()).await?;
    tracing::info!(user.id = %user.id, "password changed");
    Ok(())
}

/// Sees that it is really the person, who typed the password once more.
///
/// # Errors
/// `Invalid` with a fault at `current`; `TooMany`.
pub(in crate::domain) async fn check_password(portal: &Portal, user: &User, password: &str) -> Result<()> {
    let name = format!("self/{}", user.id);
    throttle(portal, &name, TRIED_AT_MOST).await?;
    let row = portal.store.user(user.id).await?.ok_or(DomainError::LogInFirst)?;
    if passwords::verify(portal, password, Some(&row.password_hash)).await? {
        return Ok(());
    }
    Err(DomainError::invalid("current", "is not your password"))
}
