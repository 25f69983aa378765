//! Two releases of one app side by side: a share of the people gets the second one, each always the same, and the
//! figures of both say which is the better.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use vision_protocol::{
    ids::{AppId, ReleaseId, Slug, UserId},
    manifest::Manifest,
};

use super::{
    DomainError, Result,
    accounts::User,
    catalog,
    publishing::{self, ReleaseStatus},
    running::RunStatus,
    sharing::own,
};
use crate::{
    state::{Portal, timestamp},
    store::{ExperimentRow, ReleaseRow, StoreError},
};

/// Two releases that are compared.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// How many of a hundred people get the second one.
    pub percent: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// The release that is published.
    pub first: Figures,
    /// The other one.
    pub second: Figures,
}

impl Experiment {
    /// Both releases, the published one first.
    pub fn both(&self) -> [&Figures; 2] {
        [&self.first, &self.second]
    }
}

/// What came of one release since the comparison began.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// The release.
    pub release: Option<ReleaseId>,
    /// Its version.
    pub version: String,
    /// Runs, the last thousand at most.
    pub runs: usize,
    /// How many of them failed.
    pub failures: usize,
    /// Milliseconds that half of those that ended well took at most.
    pub median_ms: Option<f64>,
    /// How often people said that the answer was right.
    pub right: u64,
    /// How often people said that it was wrong.
    pub wrong: u64,
}

/// Whether this person is one of those who get the second release; the same answer each time.
fn gets_second(app: AppId, person: UserId, percent: i64) -> bool {
    let hash = Sha256::digest(format!("app {app}, person {person}"));
    i64::from(u16::from_be_bytes([hash[0], hash[1]])) * 100 < percent * (i64::from(u16::MAX) + 1)
}

/// The release that a person runs, who runs an app.
///
/// # Errors
/// The database's.
pub async fn choose(portal: &Portal, person: &User, app: AppId, published: ReleaseId) -> Result<ReleaseId> {
    let Some(row) = portal.store.experiment(app).await? else { return Ok(published) };
    // With another release published meanwhile, the comparison is off.
    let is_on = row.first_release == published.0 && gets_second(app, person.id, row.percent);
    Ok(if is_on { ReleaseId(row.second_release) } else { published })
}

async fn published(portal: &Portal, slug: &Slug) -> Result<ReleaseRow> {
    let app = portal.store.app_by_slug(slug).await?.ok_or(DomainError::NotFound)?;
    let Some(release) = app.published_release else {
        return Err(DomainError::Conflict("The app has no published release to compare with.".to_owned()));
    };
    publishing::stored(portal, ReleaseId(release)).await
}

/// Begins to compare the published release of one's own app with another proven one.
///
/// # Errors
/// `NotFound`; `Invalid` at `percent` or `release`; `Conflict` if nothing is published, or two are compared already.
pub async fn begin(portal: &Portal, author: &User, slug: &Slug, second: ReleaseId, percent: u32) -> Result<()> {
    let app = own(portal, author, slug).await?;
    if !(1..=99).contains(&percent) {
        return Err(DomainError::invalid("percent", "must be from 1 to 99"));
    }
    let first = published(portal, slug).await?;
    let second = portal.store.release(second).await?.filter(|row| row.app_id == app.0).ok_or(DomainError::NotFound)?;
    let is_proven = [ReleaseStatus::Draft, ReleaseStatus::Retired].iter().any(|status| status.name() == second.status);
    if !is_proven {
        return Err(DomainError::invalid("release", "must be a release that is proven and not published"));
    }
    if publishing::needs_review(portal, &second).await? {
        let message = "has yet to be looked at by a reviewer: ask for that by publishing it, or try another release";
        return Err(DomainError::invalid("release", message));
    }
    let parameters = |row: &ReleaseRow| -> Result<_> { Ok(catalog::manifest(&row.manifest)?.app_parameters) };
    if parameters(&first)? != parameters(&second)? {
        let message = "asks for other parameters than the published release: one form cannot serve both";
        return Err(DomainError::invalid("release", message));
    }
    let pair = (ReleaseId(first.id), ReleaseId(second.id));
    match portal.store.begin_experiment(app, pair, percent.into(), portal.now()).await {
        Err(StoreError::Taken) => {
            Err(DomainError::Conflict("Two releases are compared already; end that first.".to_owned()))
        }
        other => Ok(other?),
    }
}

/// Ends the comparison of one's own app. With a winner, that release is what everybody runs from now on.
///
/// # Errors
/// `NotFound`; `Conflict` if nothing is compared.
pub async fn end(portal: &Portal, author: &User, slug: &Slug, winner: Option<ReleaseId>) -> Result<()> {
    let app = own(portal, author, slug).await?;
    let row = portal.store.experiment(app).await?;
    let row = row.ok_or_else(|| DomainError::Conflict("No two releases are compared now.".to_owned()))?;
    if let Some(winner) = winner {
        if ![row.first_release, row.second_release].contains(&winner.0) {
            return Err(DomainError::NotFound);
        }
        if winner.0 == row.second_release {
            publishing::publish(portal, author, winner).await?;
        }
    }
    portal.store.end_experiment(app, winner, portal.now()).await?;
    Ok(())
}

/// The comparison of one's own app, if one is under way.
///
/// # Errors
/// `NotFound`, also when the app is somebody else's.
pub async fn current(portal: &Portal, author: &User, slug: &Slug) -> Result<Option<Experiment>> {
    let app = own(portal, author, slug).await?;
    let Some(row) = portal.store.experiment(app).await? else { return Ok(None) };
    Ok(Some(Experiment {
        percent: u32::try_from(row.percent).unwrap_or_default(),
        started_at: timestamp(row.started_at),
        first: figures(portal, ReleaseId(row.first_release), &row).await?,
        second: figures(portal, ReleaseId(row.second_release), &row).await?,
    }))
}

async fn figures(portal: &Portal, release: ReleaseId, row: &ExperimentRow) -> Result<Figures> {
    let manifest: Manifest = catalog::manifest(&publishing::stored(portal, release).await?.manifest)?;
    let runs = portal.store.runs_since(release, row.started_at).await?;
    let feedback = portal.store.verdicts_since(release, row.started_at).await?;
    let said = |wanted: &str| {
        let counted = feedback.iter().filter(|(verdict, _)| verdict == wanted).map(|(_, count)| count.unsigned_abs());
        counted.sum()
    };
    let is = |wanted: RunStatus| move |(status, _): &&(String, Option<i64>)| *status == wanted.name();
    let mut times: Vec<i64> = runs.iter().filter(is(RunStatus::Done)).filter_map(|(_, ms)| *ms).collect();
    times.sort_unstable();
    Ok(Figures {
        release: Some(release),
        version: manifest.version.to_string(),
        failures: runs.iter().filter(is(RunStatus::Failed)).count(),
        median_ms: times.get(times.len() / 2).map(|ms| *ms as f64),
        runs: runs.len(),
        right: said("right"),
        wrong: said("wrong"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_of_a_hundred_get_the_second_one_and_each_always() {
        let app = AppId(7);
        for percent in [1, 25, 50, 99] {
            let people = (0..20_000).map(UserId);
            let second = people.filter(|person| gets_second(app, *person, percent)).count() as i64;
            assert!((second - 200 * percent).abs() < 400, "{second} of 20000 at {percent} %");
        }
        let few: Vec<i64> = (0..500).filter(|id| gets_second(app, UserId(*id), 20)).collect();
        assert!(few.iter().all(|id| gets_second(app, UserId(*id), 60)), "a larger share keeps those who had it");
        assert!((0..500).any(|id| gets_second(app, UserId(id), 50) != gets_second(AppId(8), UserId(id), 50)));
    }
}
