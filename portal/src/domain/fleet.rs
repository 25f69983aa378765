//! The runners that a portal knows, for operators.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use vision_protocol::{fault::Fault, ids::RunnerId};

use super::{
    DomainError, Result,
    accounts::User,
    audit::{self, Act, By},
    roles::Permission,
};
use crate::{
    blobs::keys::Purpose,
    state::{Portal, timestamp},
    store::{NewAuditLine, NewRunnerRow, RunnerAbout, RunnerRow, StoreError},
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
    /// Its inference engine, as its operator says; may be empty.
    pub engine: String,
    /// What it computes on, as its operator says; may be empty.
    pub compute_class: String,
    /// Hundredths of the currency unit.
    pub cost_per_hour: Option<i64>,
    /// Runs it has in hand now.
    pub busy: u64,
    /// How often in a row it did not answer.
    pub failures: u32,
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
    /// What its operator says of it.
    pub about: About,
}

/// What an operator says of a runner.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Its inference engine, such as `tract`.
    pub engine: String,
    /// What it computes on, such as `cpu` or `gpu`.
    pub compute_class: String,
    /// What an hour of it costs, such as `1.20`; empty if nobody knows.
    pub cost: String,
}

impl About {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (place, text) in [("engine", &self.engine), ("compute_class", &self.compute_class)] {
            if text.trim().chars().count() > 40 || text.chars().any(char::is_control) {
                faults.push(Fault::new(place, "must have at most 40 characters"));
            }
        }
        if !self.cost.trim().is_empty() && self.cents().is_none() {
            faults.push(Fault::new("cost", "must be a number such as 1.20"));
        }
        faults
    }

    fn cents(&self) -> Option<i64> {
        let (whole, part) = self.cost.trim().split_once(['.', ',']).unwrap_or((self.cost.trim(), ""));
        let is_number = |text: &str| text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || part.len() > 2 || !is_number(whole) || !is_number(part) {
            return None;
        }
        format!("{whole}{part:0<2}").parse().ok()
    }

    fn row(&self) -> RunnerAbout<'_> {
        RunnerAbout {
            engine: self.engine.trim(),
            compute_class: self.compute_class.trim(),
            cost_per_hour: self.cents(),
        }
    }
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
        engine: row.engine,
        compute_class: row.compute_class,
        cost_per_hour: row.cost_per_hour,
        busy: portal.fleet.busy(id),
        failures: portal.fleet.failures(id),
        last_seen_at: row.last_seen_at.map(timestamp),
        last_error: row.last_error,
        name: row.name,
    })
}

/// Adds a runner.
///
/// # Errors
/// `Forbidden`; `Invalid` with faults at `url`, `name`.
pub async fn add_runner(portal: &Portal, by: By<'_>, new: &NewRunner) -> Result<RunnerId> {
    by.user.require(Permission::ManageRunners)?;
    let line = by.line(portal, Act::AddRunner, ("runner", new.base_url.trim()), new.name.trim());
    create(portal, new, &line).await
}

/// Adds a runner, for whoever sits at the machine.
///
/// # Errors
/// `Invalid` with faults at `url`, `name`.
pub async fn add(portal: &Portal, new: &NewRunner) -> Result<RunnerId> {
    let line = audit::at_the_machine(portal, Act::AddRunner, ("runner", new.base_url.trim()), new.name.trim());
    create(portal, new, &line).await
}

async fn create(portal: &Portal, new: &NewRunner, line: &NewAuditLine) -> Result<RunnerId> {
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
    let faults = new.about.faults();
    if !faults.is_empty() {
        return Err(DomainError::Invalid(faults));
    }
    let token = new.token.as_ref().map(ExposeSecret::expose_secret).map(str::trim).filter(|token| !token.is_empty());
    let row = NewRunnerRow {
        name: &name,
        base_url: url.as_str(),
        token: token.map(|token| portal.master.wrap(Purpose::RunnerToken, token.as_bytes(), &*portal.random)),
        about: new.about.row(),
        now: portal.now(),
    };
    match portal.store.create_runner(&row, line).await {
        Err(StoreError::Taken) => Err(DomainError::invalid("url", "is known already")),
        done => Ok(done?),
    }
}

/// Gives a runner work, or no more.
///
/// # Errors
/// `Forbidden`; `NotFound`.
pub async fn set_enabled(portal: &Portal, by: By<'_>, id: RunnerId, enabled: bool) -> Result<()> {
    by.user.require(Permission::ManageRunners)?;
    let line = by.line(portal, Act::SwitchRunner, ("runner", id), if enabled { "on" } else { "off" });
    if portal.store.enable_runner(id, enabled, &line).await? { Ok(()) } else { Err(DomainError::NotFound) }
}

/// Notes what an operator says of a runner.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` with faults at `engine`, `compute_class`, `cost`.
pub async fn describe(portal: &Portal, by: By<'_>, id: RunnerId, about: &About) -> Result<()> {
    by.user.require(Permission::ManageRunners)?;
    let faults = about.faults();
    if !faults.is_empty() {
        return Err(DomainError::Invalid(faults));
    }
    let detail = format!("{} {} {}", about.engine.trim(), about.compute_class.trim(), about.cost.trim());
    let line = by.line(portal, Act::DescribeRunner, ("runner", id), detail.trim());
    if portal.store.describe_runner(id, &about.row(), &line).await? { Ok(()) } else { Err(DomainError::NotFound) }
}

#[cfg(test)]
mod tests {
    use super::About;

    #[test]
    fn costs_are_read_as_people_write_them() {
        let cents = |text: &str| About { cost: text.to_owned(), ..About::default() }.cents();
        assert_eq!((cents("1.20"), cents("1,2"), cents(" 12 ")), (Some(120), Some(120), Some(1200)));
        for bad in ["", "x", "-1", "1.234", "1e3", "9999999999"] {
            assert_eq!(cents(bad), None, "{bad}");
        }
    }
}
