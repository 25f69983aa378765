//! How the marketplace is doing, at a glance.

use super::{
    Result,
    accounts::User,
    fleet::{self, RunnerView},
    roles::Permission,
};
use crate::{state::Portal, store::COUNTED_AT_MOST};

/// A number, counted up to a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many, at least.
    pub at_least: u64,
    /// Whether there are more.
    pub more: bool,
}

impl Count {
    /// As the database counted it.
    pub fn of(counted: i64) -> Self {
        Self { at_least: counted.min(COUNTED_AT_MOST).unsigned_abs(), more: counted > COUNTED_AT_MOST }
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.at_least, if self.more { "+" } else { "" })
    }
}

/// The numbers, and the runners.
#[derive(Clone, Debug)]
pub struct Overview {
    /// People with an account.
    pub people: Count,
    /// Published apps.
    pub apps: Count,
    /// People who ask to become authors.
    pub requests: Count,
    /// Releases that wait for a reviewer.
    pub reviews: Count,
    /// Reports of apps that wait.
    pub reports: Count,
    /// Runs that wait or are being executed.
    pub runs: Count,
    /// Packages that wait or are being proven.
    pub checks: Count,
    /// The runners.
    pub runners: Vec<RunnerView>,
}

/// Runs that wait or are being executed.
///
/// # Errors
/// `Forbidden` without [`Permission::ManageRunners`].
pub async fn runs_under_way(portal: &Portal, viewer: &User) -> Result<Count> {
    viewer.require(Permission::ManageRunners)?;
    Ok(Count::of(portal.store.overview().await?.runs))
}

/// How the marketplace is doing.
///
/// # Errors
/// `Forbidden` without [`Permission::ReviewApps`].
pub async fn overview(portal: &Portal, viewer: &User) -> Result<Overview> {
    viewer.require(Permission::ReviewApps)?;
    let row = portal.store.overview().await?;
    Ok(Overview {
        people: Count::of(row.people),
        apps: Count::of(row.apps),
        requests: Count::of(row.requests),
        reviews: Count::of(row.reviews),
        reports: Count::of(row.reports),
        runs: Count::of(row.runs),
        checks: Count::of(row.checks),
        runners: fleet::list(portal).await?,
    })
}
