//! Figures of an app for its author: runs, people, failures, times, feedback. They are counted as runs end, so no page
//! that shows them looks at a run.

mod alerts;
mod drift;
pub(super) mod names;
mod times;

use std::collections::BTreeMap;

use jiff::Timestamp;
use vision_protocol::ids::{AppId, ReleaseId, Slug};

use super::{
    DomainError, Result,
    accounts::User,
    feedback::{Verdict, authors::own_app},
};
use crate::{
    state::{Portal, timestamp},
    store::DAY_MS,
};
use names::End;

pub use alerts::{Alert, Line, Lines, alerts, lines, see, set_lines};
pub use drift::{Drift, Verdict as DriftVerdict};
pub use names::Trait;
pub use times::Percentiles;

pub(in crate::domain) use alerts::watch;

/// Spans that can be looked at, in days.
pub const SPANS: [u32; 3] = [7, 30, 90];

/// What is counted of some runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Runs with a result.
    pub done: u64,
    /// Runs without, by reason.
    pub failed: BTreeMap<String, u64>,
    /// People, each once a day.
    pub people: u64,
    /// How often each verdict was given, in the order of [`Verdict::ALL`].
    pub verdicts: [u64; 3],
}

impl Counts {
    /// Runs without a result.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// All runs.
    pub fn runs(&self) -> u64 {
        self.done + self.failures()
    }

    /// Percent of runs without a result.
    pub fn failed_percent(&self) -> f64 {
        if self.runs() == 0 { 0.0 } else { self.failures() as f64 * 100.0 / self.runs() as f64 }
    }

    fn add(&mut self, end: End, total: u64) {
        match end {
            End::Done => self.done += total,
            End::Failed(reason) => *self.failed.entry(reason).or_default() += total,
            End::Person => self.people += total,
        }
    }
}

/// One day.
#[derive(Clone, Debug)]
pub struct Day {
    /// Its beginning, UTC.
    pub at: Timestamp,
    /// What was counted.
    pub counts: Counts,
    /// How long runs took altogether, if the runner said so.
    pub total: Option<Percentiles>,
    /// The mean of the stars in reviews that were written, or changed, on that day; of all releases.
    pub stars: Option<f64>,
}

/// One release.
#[derive(Clone, Debug)]
pub struct Release {
    /// The release.
    pub id: ReleaseId,
    /// Semantic version.
    pub version: String,
    /// What was counted in the span.
    pub counts: Counts,
}

/// The figures of an app.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The app's name.
    pub name: String,
    /// How many days.
    pub span: u32,
    /// The release that is looked at; all of them if none was chosen.
    pub release: Option<ReleaseId>,
    /// What was counted in all days together.
    pub counts: Counts,
    /// The days, all of them, the oldest first.
    pub days: Vec<Day>,
    /// The six stages, and the whole, in the span.
    pub stages: Vec<Option<Percentiles>>,
    /// All releases that people could run, the newest first.
    pub releases: Vec<Release>,
    /// How far runs have drifted away from the first days of the release that is looked at, or the newest one.
    pub drift: Vec<Drift>,
    /// The release whose drift it is.
    pub drift_of: Option<String>,
}

/// The figures of an app of one's own.
///
/// # Errors
/// `NotFound`, also when the app or release is somebody else's.
pub async fn figures(
    portal: &Portal,
    author: &User,
    slug: &Slug,
    span: u32,
    release: Option<ReleaseId>,
) -> Result<Figures> {
    let app = own_app(portal, author, slug).await?;
    let span = if SPANS.contains(&span) { span } else { SPANS[1] };
    let mut releases = releases(portal, app).await?;
    if let Some(release) = release
        && !releases.iter().any(|one| one.id == release)
    {
        return Err(DomainError::NotFound);
    }
    let name = portal.store.apps_of(author.id).await?.into_iter().find(|(id, ..)| *id == app.0);
    let name = name.map(|(_, _, name)| name).ok_or(DomainError::NotFound)?;
    let today = portal.now().div_euclid(DAY_MS);
    let first = today + 1 - i64::from(span);
    let mut days: BTreeMap<i64, Counts> = (first..=today).map(|day| (day, Counts::default())).collect();
    count(portal, app, first, release, &mut releases, &mut days).await?;
    let mut totals = times::by_day(portal, app, release, first).await?;
    let mut stars = stars(portal, app, first).await?;
    let days: Vec<Day> = days
        .into_iter()
        .map(|(day, counts)| Day {
            at: timestamp(day * DAY_MS),
            counts,
            total: totals.remove(&day),
            stars: stars.remove(&day),
        })
        .collect();
    let chosen = releases.iter().find(|one| release.map_or(one.counts.runs() > 0, |release| one.id == release));
    let (drift_of, drifting) = (chosen.map(|one| one.version.clone()), chosen.map(|one| one.id));
    let drift = match drifting {
        Some(id) => drift::of(portal, app, id, today).await?,
        None => Vec::new(),
    };
    Ok(Figures {
        name,
        span,
        release,
        counts: sum(&days),
        days,
        stages: times::by_stage(portal, app, release, (first, today + 1)).await?,
        releases,
        drift,
        drift_of,
    })
}

async fn stars(portal: &Portal, app: AppId, first: i64) -> Result<BTreeMap<i64, f64>> {
    let days = portal.store.stars_by_day(app, first * DAY_MS).await?;
    Ok(days.into_iter().map(|(day, people, stars)| (day, stars as f64 / people.max(1) as f64)).collect())
}

async fn releases(portal: &Portal, app: AppId) -> Result<Vec<Release>> {
    let rows = portal.store.releases_of_app(app).await?.into_iter();
    let rows = rows.filter(|(_, _, status, _)| status != "rejected" && status != "checking");
    Ok(rows.map(|(id, version, ..)| Release { id: ReleaseId(id), version, counts: Counts::default() }).collect())
}

/// Counts what each day, and each release, has seen.
async fn count(
    portal: &Portal,
    app: AppId,
    first: i64,
    wanted: Option<ReleaseId>,
    releases: &mut [Release],
    days: &mut BTreeMap<i64, Counts>,
) -> Result<()> {
    let is_wanted = |release: i64| wanted.is_none_or(|wanted| wanted.0 == release);
    for (release, day, name, total) in portal.store.figures_by_day(app, first, names::ENDS).await? {
        let (Some(end), total) = (End::of(&name), total.unsigned_abs()) else { continue };
        if let Some(counts) = days.get_mut(&day).filter(|_| is_wanted(release)) {
            counts.add(end.clone(), total);
        }
        if let Some(one) = releases.iter_mut().find(|one| one.id.0 == release) {
            one.counts.add(end, total);
        }
    }
    for (release, day, name, total) in portal.store.verdicts(app, first).await? {
        let (Some(verdict), total) = (Verdict::by_name(&name), total.unsigned_abs()) else { continue };
        if let Some(counts) = days.get_mut(&day).filter(|_| is_wanted(release)) {
            counts.verdicts[verdict as usize] += total;
        }
        if let Some(one) = releases.iter_mut().find(|one| one.id.0 == release) {
            one.counts.verdicts[verdict as usize] += total;
        }
    }
    Ok(())
}

fn sum(days: &[Day]) -> Counts {
    let mut all = Counts::default();
    for Day { counts, .. } in days {
        all.done += counts.done;
        all.people += counts.people;
        for (reason, total) in &counts.failed {
            *all.failed.entry(reason.clone()).or_default() += total;
        }
        for (sum, total) in all.verdicts.iter_mut().zip(counts.verdicts) {
            *sum += total;
        }
    }
    all
}
