//! The runners that a portal knows, for operators.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use vision_protocol::ids::RunnerId;

use super::{DomainError, Result, accounts::User, roles::Permission};
use crate::{
    blobs::keys::Purpose,
    state::{Portal, timestamp},
    store::{NewRunnerRow, RunnerRow, StoreError},
};

/// A runner, as an operator sees it; its token is never shown.
#[derive(Clone, Debug)]
pub struct RunnerView {
    /// The id.
    pub id: RunnerId,
    /// What operators call it.
    pub name: String,
    /// Where `/publish` and `/run` are.
    pub base_url: Url,
    /// Whether the portal starts and stops it itself.
    pub embedded: bool,
    /// Whether it gets work.
    pub enabled: bool,
    /// Whether it has a token.
    pub has_token: bool,
    /// Runs it has in hand now.
    pub busy: u64,
    /// When it last did something.
    pub last_seen_at: Option<Timestamp>,
    /// Why it last failed to answer, since then.
    pub last_error: Option<String>,
}

/// A runner to be added.
#[derive(Clone, Debug)]
pub struct NewRunner {
    /// What operators call it; its host if empty.
    pub name: String,
    /// Where `/publish` and `/run` are.
    pub base_url: String,
    /// Sent as `Authorization: Bearer`.
    pub token: Option<SecretString>,
}

/// All runners.
///
/// # Errors
/// `Forbidden` without the permission to manage runners.
pub async fn list_runners(portal: &Portal, viewer: &User) -> Result<Vec<RunnerView>> {
    viewer.require(Permission::ManageRunners)?;
    list(portal).await
}

/// All runners, for whoever sits at the machine.
///
/// # Errors
/// The database's.
pub async fn list(portal: &Portal) -> Result<Vec<RunnerView>> {
    let rows = portal.store.runners().await?;
    // A runner whose port went to a later one has no address any more.
    rows.into_iter().filter(|row| !row.base_url.starts_with("gone:")).map(|row| view(portal, row)).collect()
}

fn view(portal: &Portal, row: RunnerRow) -> Result<RunnerView> {
    let id = RunnerId(row.id);
    Ok(RunnerView {
        id,
        base_url: row.base_url.parse().map_err(|_| StoreError::Corrupt("address of a runner"))?,
        embedded: row.embedded != 0,
        enabled: row.enabled != 0,
        has_token: row.token.is_some(),
        busy: portal.fleet.busy(id),
        last_seen_at: row.last_seen_at.map(timestamp),
        last_error: row.last_error,
        name: row.name,
    })
}

/// Adds a runner.
///
/// # Errors
/// `Forbidden`; `Invalid` with faults at `url`, `name`.
pub async fn add_runner(portal: &Portal, viewer: &User, new: NewRunner) -> Result<RunnerId> {
    viewer.require(Permission::ManageRunners)?;
    add(portal, &new).await
}

/// Adds a runner, for whoever sits at the machine.
///
/// # Errors
/// `Invalid` with faults at `url`, `name`.
pub async fn add(portal: &Portal, new: &NewRunner) -> Result<RunnerId> {
    let url = Url::parse(new.base_url.trim()).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() && url.fragment().is_none()
    });
    let Some(url) = url else {
        return Err(DomainError::invalid("url", "must be an address such as http://10.0.0.7:9000"));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(DomainError::invalid("url", "must hold no password; give a token instead"));
    }
    let name = match new.name.trim() {
        "" => url.host_str().unwrap_or_default().to_owned(),
        name if name.chars().count() > 80 || name.chars().any(char::is_control) => {
            return Err(DomainError::invalid("name", "must have at most 80 characters"));
        }
        name => name.to_owned(),
    };
    let token = new.token.as_ref().map(ExposeSecret::expose_secret).map(str::trim).filter(|token| !token.is_empty());
    let row = NewRunnerRow {
        name: &name,
        base_url: url.as_str(),
        token: token.map(|token| portal.master.wrap(Purpose::RunnerToken, token.as_bytes(), &*portal.random)),
        now: portal.now(),
    };
    match portal.store.create_runner(&row).await {
        Err(StoreError::Taken) => Err(DomainError::invalid("url", "is known already")),
        done => Ok(done?),
    }
}

/// Gives a runner work, or no more.
///
/// # Errors
/// `Forbidden`; `NotFound`.
pub async fn set_enabled(portal: &Portal, viewer: &User, id: RunnerId, enabled: bool) -> Result<()> {
    viewer.require(Permission::ManageRunners)?;
    if portal.store.enable_runner(id, enabled).await? { Ok(()) } else { Err(DomainError::NotFound) }
}
