//! Lines that an author draws, and being told when one is crossed.

use jiff::Timestamp;
use vision_protocol::{
    fault::Fault,
    ids::{AppId, Slug},
};

use super::{
    Counts,
    names::{self, End},
    times::{Buckets, Percentiles},
};
use crate::{
    domain::{DomainError, Result, accounts::User, catalog, feedback::authors::own_app},
    state::{Portal, timestamp},
    store::{HOUR_MS, LinesRow, NewAlert},
};

/// Runs below which one bad one would cross any line.
const FEWEST: u64 = 5;
/// The hour under way, and the one before.
const HOURS: i64 = 2;
/// An alert of the same kind is raised again after a day.
const AGAIN_MS: i64 = 24 * HOUR_MS;
/// Alerts that a page shows.
const SHOWN: i64 = 20;
const PAGE: i64 = 500;
const SLOWEST_MS: i64 = 3_600_000;

/// The lines of an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Percent of runs that may fail.
    pub failures_percent: Option<i64>,
    /// Milliseconds within which 95 of 100 runs end.
    pub slow_ms: Option<i64>,
}

/// Which line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Percent of runs that fail.
    Failures,
    /// Milliseconds that 95 of 100 runs take.
    Slow,
}

impl Line {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failures => "failures",
            Self::Slow => "slow",
        }
    }
}

/// A line that was crossed.
#[derive(Clone, Debug)]
pub struct Alert {
    /// The app's address.
    pub slug: Slug,
    /// The app's name.
    pub app: String,
    /// Which line.
    pub line: Line,
    /// What was measured.
    pub measured: f64,
    /// The line.
    pub allowed: i64,
    /// Of how many runs.
    pub runs: u64,
    /// When.
    pub raised_at: Timestamp,
}

/// The lines of an app of one's own.
///
/// # Errors
/// `NotFound`, also when the app is somebody else's.
pub async fn lines(portal: &Portal, author: &User, slug: &Slug) -> Result<Lines> {
    let app = own_app(portal, author, slug).await?;
    let row = portal.store.lines_of(app).await?.unwrap_or_default();
    Ok(Lines { failures_percent: row.failures_percent, slow_ms: row.slow_ms })
}

/// Draws the lines of an app of one's own.
///
/// # Errors
/// `NotFound`; `Invalid` with faults at `failures`, `slow`.
pub async fn set_lines(portal: &Portal, author: &User, slug: &Slug, lines: &Lines) -> Result<()> {
    let app = own_app(portal, author, slug).await?;
    let mut faults = Vec::new();
    if lines.failures_percent.is_some_and(|percent| !(0..100).contains(&percent)) {
        faults.push(Fault::new("failures", "must be from 0 to 99 percent"));
    }
    if lines.slow_ms.is_some_and(|ms| !(1..=SLOWEST_MS).contains(&ms)) {
        faults.push(Fault::new("slow", format!("must be from 1 to {SLOWEST_MS} ms")));
    }
    if !faults.is_empty() {
        return Err(DomainError::Invalid(faults));
    }
    let row = LinesRow { app_id: app.0, failures_percent: lines.failures_percent, slow_ms: lines.slow_ms };
    Ok(portal.store.set_lines(&row, portal.now()).await?)
}

/// Alerts that an author has not marked as seen, the newest first: of one app, or of all of them.
///
/// # Errors
/// `NotFound` if the app is somebody else's.
pub async fn alerts(portal: &Portal, author: &User, slug: Option<&Slug>) -> Result<Vec<Alert>> {
    let app = match slug {
        Some(slug) => Some(own_app(portal, author, slug).await?),
        None => None,
    };
    let rows = portal.store.unseen_alerts(author.id, app, SHOWN).await?;
    let alert = |row: crate::store::AlertRow| {
        Ok(Alert {
            slug: catalog::slug(&row.slug)?,
            app: row.name,
            line: if row.kind == Line::Slow.name() { Line::Slow } else { Line::Failures },
            measured: row.measured,
            allowed: row.line,
            runs: row.runs.unsigned_abs(),
            raised_at: timestamp(row.raised_at),
        })
    };
    rows.into_iter().map(alert).collect()
}

/// Marks the alerts of an app of one's own as seen.
///
/// # Errors
/// `NotFound`, also when the app is somebody else's.
pub async fn see(portal: &Portal, author: &User, slug: &Slug) -> Result<()> {
    let app = own_app(portal, author, slug).await?;
    Ok(portal.store.see_alerts(app, portal.now()).await?)
}

/// Holds the last hours of every app with lines against them.
pub(in crate::domain) async fn watch(portal: &Portal) -> Result<()> {
    let mut after = 0;
    loop {
        let page = portal.store.all_lines(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.app_id;
        for lines in &page {
            hold(portal, lines).await?;
        }
    }
}

async fn hold(portal: &Portal, lines: &LinesRow) -> Result<()> {
    let (app, now) = (AppId(lines.app_id), portal.now());
    let since = now.div_euclid(HOUR_MS) + 1 - HOURS;
    let (mut counts, mut times) = (Counts::default(), Buckets::new());
    for (name, total) in portal.store.figures_since_hour(app, since).await? {
        let total = total.unsigned_abs();
        if let Some(end) = End::of(&name) {
            counts.add(end, total);
        } else if let Some((_, bucket)) = names::stage_and_bucket(&name) {
            *times.entry(bucket).or_default() += total;
        }
    }
    let slowest = Percentiles::of(&times).map_or(0.0, |found| found.p95);
    let timed: u64 = times.values().sum();
    let measured = [
        (Line::Failures, lines.failures_percent, counts.failed_percent(), counts.runs()),
        (Line::Slow, lines.slow_ms, slowest, timed),
    ];
    for (line, allowed, measured, runs) in measured {
        let Some(allowed) = allowed.filter(|allowed| measured > *allowed as f64 && runs >= FEWEST) else { continue };
        let new = NewAlert {
            app,
            kind: line.name(),
            measured,
            line: allowed,
            runs: i64::try_from(runs).unwrap_or(i64::MAX),
            now,
            not_since: now - AGAIN_MS,
        };
        if portal.store.raise_alert(&new).await? {
            tracing::info!(app.id = %app, line = line.name(), measured, allowed, "an app crossed its author's line");
        }
    }
    Ok(())
}
