//! Looking after people: finding them, their roles, suspending them, and a link for a new password.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use vision_protocol::ids::{Digest, UserId};

use super::{
    DomainError, Result,
    accounts::{self, User},
    audit::{self, Act, AuditLine, By},
    roles::{Permission, Role},
    running,
};
use crate::{
    state::{Portal, timestamp},
    store::{PeopleFilter, PersonRow, StoreError},
};

/// People on one page.
const PER_PAGE: usize = 50;
/// How long a link for a new password is good.
const RESET_MS: i64 = 24 * 60 * 60 * 1000;

/// A person, as admins see them.
#[derive(Clone, Debug)]
pub struct PersonView {
    /// Who.
    pub user: User,
    /// Since when they are suspended, and why.
    pub suspended: Option<(Timestamp, String)>,
}

/// Which people to look at.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// How the email or the name begins.
    pub text: String,
    /// Only those of this role.
    pub role: Option<Role>,
    /// Where the page before has ended: [`Found::next`].
    pub after: Option<UserId>,
}

/// A page of people.
#[derive(Clone, Debug)]
pub struct Found {
    /// The newest first.
    pub people: Vec<PersonView>,
    /// Where the next page begins, if there is one.
    pub next: Option<UserId>,
}

fn view(row: PersonRow) -> Result<PersonView> {
    let reason = row.suspended_reason.unwrap_or_default();
    Ok(PersonView {
        suspended: row.suspended_at.map(|at| (timestamp(at), reason)),
        user: User {
            id: UserId(row.id),
            email: row.email,
            name: row.name,
            role: row.role.parse().map_err(|_| StoreError::Corrupt("role"))?,
            created_at: timestamp(row.created_at),
        },
    })
}

/// People, the newest first.
///
/// # Errors
/// `Forbidden` without [`Permission::ManagePeople`].
pub async fn list(portal: &Portal, viewer: &User, query: &Query) -> Result<Found> {
    viewer.require(Permission::ManagePeople)?;
    let filter = PeopleFilter {
        prefix: query.text.replace('\0', " ").trim().to_lowercase(),
        role: query.role.map(Role::name),
        before: query.after.map_or(i64::MAX, |id| id.0),
    };
    let mut rows = portal.store.people(&filter, i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX)).await?;
    let more = rows.len() > PER_PAGE;
    rows.truncate(PER_PAGE);
    let next = rows.last().filter(|_| more).map(|row| UserId(row.id));
    Ok(Found { people: rows.into_iter().map(view).collect::<Result<_>>()?, next })
}

/// One person, and what was done about them.
///
/// # Errors
/// `Forbidden`; `NotFound`.
pub async fn show(portal: &Portal, viewer: &User, id: UserId) -> Result<(PersonView, Vec<AuditLine>)> {
    viewer.require(Permission::ManagePeople)?;
    Ok((person(portal, id).await?, audit::about(portal, "person", id).await?))
}

async fn person(portal: &Portal, id: UserId) -> Result<PersonView> {
    let filter = PeopleFilter { before: id.0.saturating_add(1), ..PeopleFilter::default() };
    let row = portal.store.people(&filter, 1).await?.into_iter().find(|row| row.id == id.0);
    view(row.ok_or(DomainError::NotFound)?)
}

/// Gives a person a role. The last admin stays admin.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Conflict`.
pub async fn set_role(portal: &Portal, by: By<'_>, id: UserId, role: Role) -> Result<()> {
    by.user.require(Permission::ManagePeople)?;
    let person = person(portal, id).await?;
    if person.user.role == role {
        return Ok(());
    }
    let line = by.line(portal, Act::SetRole, ("person", id), format!("{} → {role}", person.user.role));
    if portal.store.set_role(id, role.name(), Role::Admin.name(), Some(&line)).await? {
        return Ok(());
    }
    Err(DomainError::Conflict("Somebody has to be admin: make another person admin first.".to_owned()))
}

/// Suspends a person: sessions and API keys are good for nothing, and runs stop at once. It can be lifted.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` with a fault at `reason`; `Conflict` for oneself, and for who is suspended.
pub async fn suspend(portal: &Portal, by: By<'_>, id: UserId, reason: &str) -> Result<()> {
    by.user.require(Permission::ManagePeople)?;
    if by.user.id == id {
        return Err(DomainError::Conflict("You cannot suspend yourself.".to_owned()));
    }
    person(portal, id).await?;
    let reason = super::reason(reason)?;
    let line = by.line(portal, Act::SuspendPerson, ("person", id), &reason);
    if !portal.store.suspend_user(id, Some(&reason), &line).await? {
        return Err(DomainError::Conflict("This person is suspended already.".to_owned()));
    }
    let runs = portal.store.runs_under_way_of(id).await?;
    tracing::info!(user.id = %id, runs = runs.len(), "person suspended");
    running::stop(portal, &runs, "Stopped: the account was suspended.").await
}

/// Lifts a suspension.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` for who is not suspended.
pub async fn lift(portal: &Portal, by: By<'_>, id: UserId) -> Result<()> {
    by.user.require(Permission::ManagePeople)?;
    person(portal, id).await?;
    let line = by.line(portal, Act::LiftPerson, ("person", id), "");
    if portal.store.suspend_user(id, None, &line).await? {
        return Ok(());
    }
    Err(DomainError::Conflict("This person is not suspended.".to_owned()))
}

/// A link's secret with which the person sets a new password, once, within 24 hours. It is told this once.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` for who is suspended.
pub async fn password_link(portal: &Portal, by: By<'_>, id: UserId) -> Result<SecretString> {
    by.user.require(Permission::ManagePeople)?;
    if person(portal, id).await?.suspended.is_some() {
        return Err(DomainError::Conflict("This person is suspended; lift that first.".to_owned()));
    }
    let secret = SecretString::from(URL_SAFE_NO_PAD.encode(portal.random_bytes::<32>()));
    let line = by.line(portal, Act::ResetPassword, ("person", id), "");
    portal.store.put_password_reset(id, &digest(secret.expose_secret()), portal.now() + RESET_MS, &line).await?;
    Ok(secret)
}

/// Whether a link for a new password is still good.
///
/// # Errors
/// The database's; `TooMany`.
pub async fn is_good_link(portal: &Portal, secret: &str, address: &str) -> Result<bool> {
    accounts::throttle(portal, &format!("address/{address}"), portal.config.accounts.logins_per_address).await?;
    Ok(portal.store.password_reset(&digest(secret), portal.now()).await?.is_some())
}

/// Sets a new password by a link, which is used up. All sessions and API keys of the person end.
///
/// # Errors
/// `NotFound` if the link is good no more; `Invalid` with a fault at `password`; `TooMany`.
pub async fn set_password_by_link(portal: &Portal, secret: &str, password: &str, address: &str) -> Result<()> {
    if !is_good_link(portal, secret, address).await? {
        return Err(DomainError::NotFound);
    }
    let hash = accounts::hash_new_password(portal, password).await?;
    if portal.store.use_password_reset(&digest(secret), &hash, portal.now()).await? {
        Ok(())
    } else {
        Err(DomainError::NotFound)
    }
}

fn digest(secret: &str) -> String {
    Digest::of(secret.as_bytes()).to_string()
}
