//! `GET /author/apps/{slug}`: an app in figures, for its author.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use askama::Template;
use jiff::tz::TimeZone;
use serde::Deserialize;
use url::form_urlencoded;
use vision_protocol::ids::{ReleaseId, Slug};

use crate::{
    domain::figures::{self, Alert, Day, Drift, DriftVerdict, Figures, Line, Lines, Percentiles, SPANS, Trait},
    state::Portal,
    web::{
        charts::{self, Chart, Series},
        chrome::Chrome,
        error::WebError,
        identity::{May, PublishApps},
        respond, show,
    },
};

/// What to look at; what cannot be read is as if left out.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    days: String,
    release: String,
}

/// `author/figures.html`.
#[derive(Template)]
#[template(path = "author/figures.html")]
pub(crate) struct FiguresPage {
    pub(crate) chrome: Chrome,
    pub(crate) slug: Slug,
    pub(crate) figures: Figures,
    pub(crate) lines: Lines,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) charts: Vec<Chart>,
}

impl FiguresPage {
    pub(crate) fn new(chrome: Chrome, slug: Slug, figures: Figures, lines: Lines, alerts: Vec<Alert>) -> Self {
        let charts = vec![runs(&figures), people(&figures), times(&figures), feedback(&figures), stars(&figures)];
        Self { chrome, slug, figures, lines, alerts, charts }
    }

    fn url(&self, days: u32, release: Option<ReleaseId>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("days", &days.to_string());
        if let Some(release) = release {
            query.append_pair("release", &release.to_string());
        }
        show::with_query(&format!("/author/apps/{}", self.slug), &query.finish())
    }

    /// Links to other spans: days, address, and whether one is there.
    fn spans(&self) -> Vec<(u32, String, bool)> {
        SPANS.iter().map(|days| (*days, self.url(*days, self.figures.release), *days == self.figures.span)).collect()
    }

    fn stages(&self) -> Vec<(&'static str, [String; 3])> {
        let titles = [
            "Starting the app",
            "Preparing the photo",
            "Loading the model",
            "Running the model",
            "Making the result",
            "Everything else",
            "Altogether",
        ];
        let stages = titles.into_iter().zip(&self.figures.stages);
        stages
            .filter_map(|(title, found)| {
                let found = found.as_ref()?;
                Some((title, [found.p50, found.p95, found.p99].map(show::milliseconds)))
            })
            .collect()
    }

    fn release_url(&self, release: &figures::Release) -> String {
        self.url(self.figures.span, Some(release.id))
    }

    /// The line for failures, or the one for time, as it stands in its field.
    fn line_value(&self, of_failures: bool) -> String {
        let value = if of_failures { self.lines.failures_percent } else { self.lines.slow_ms };
        value.map(|value| value.to_string()).unwrap_or_default()
    }

    fn is_looked_at(&self, release: &ReleaseId) -> bool {
        self.figures.release == Some(*release)
    }
}

/// An alert in a sentence.
pub(crate) fn alert_text(alert: &Alert) -> String {
    match alert.line {
        Line::Failures => format!(
            "{} of {} runs within two hours failed; your line is {} %.",
            show::percent(alert.measured / 100.0),
            alert.runs,
            alert.allowed
        ),
        Line::Slow => format!(
            "5 of 100 runs took longer than {} within two hours, of {} runs; your line is {}.",
            show::milliseconds(alert.measured),
            alert.runs,
            show::milliseconds(alert.allowed as f64)
        ),
    }
}

/// Why runs fail, in words.
pub(crate) fn reason(reason: &str) -> &str {
    match reason {
        "deadline" => "Not done in time",
        "limit-exceeded" => "More memory or output than allowed",
        "app-failed" => "The app or its model failed",
        "worker-lost" => "The app's process died",
        "invalid-input" => "The inputs do not fit",
        "input-unavailable" => "The photo could not be fetched",
        "wrong-result" | "wrong-answer" => "Another result than the manifest promises",
        "given-up" => "No runner took it",
        "internal" => "A fault of the runner",
        other => other,
    }
}

/// What may drift, in words.
pub(crate) fn what(what: &Trait) -> &'static str {
    match what {
        Trait::Score => "Best score",
        Trait::Bytes => "Size of the photo's file",
        Trait::Light => "Brightness of the photo",
    }
}

/// A drift in words: the style sheet's, and people's.
pub(crate) fn drift_words(drift: &Drift) -> (&'static str, &'static str) {
    match drift.verdict {
        DriftVerdict::Steady => ("done", "Steady"),
        DriftVerdict::Moderate => ("draft", "Some drift"),
        DriftVerdict::Large => ("failed", "Large drift"),
        DriftVerdict::TooFew => ("", "Too few runs to say"),
        DriftVerdict::TooNew => ("", "Too new to say"),
    }
}

fn day(day: &Day) -> String {
    day.at.to_zoned(TimeZone::UTC).strftime("%-d %b").to_string()
}

fn whole(value: f64) -> String {
    format!("{value:.0}")
}

fn rows(figures: &Figures, values: impl Fn(&Day) -> Vec<Option<f64>>) -> Vec<(String, Vec<Option<f64>>)> {
    figures.days.iter().map(|one| (day(one), values(one))).collect()
}

fn runs(figures: &Figures) -> Chart {
    let series = vec![Series { title: "Done", tone: "tone-good" }, Series { title: "Failed", tone: "tone-bad" }];
    let days = rows(figures, |day| vec![Some(day.counts.done as f64), Some(day.counts.failures() as f64)]);
    charts::Data { id: "runs", title: "Runs", series, days, text: whole }.columns()
}

fn people(figures: &Figures) -> Chart {
    let series = vec![Series { title: "People", tone: "tone-main" }];
    let days = rows(figures, |day| vec![Some(day.counts.people as f64)]);
    charts::Data { id: "people", title: "People", series, days, text: whole }.columns()
}

fn times(figures: &Figures) -> Chart {
    let series = vec![
        Series { title: "Half of the runs", tone: "tone-good" },
        Series { title: "95 of 100", tone: "tone-warn" },
        Series { title: "99 of 100", tone: "tone-bad" },
    ];
    let days = rows(figures, |day| {
        let of = |pick: fn(&Percentiles) -> f64| day.total.as_ref().map(pick);
        vec![of(|found| found.p50), of(|found| found.p95), of(|found| found.p99)]
    });
    charts::Data { id: "times", title: "Time per run", series, days, text: show::milliseconds }.lines()
}

fn feedback(figures: &Figures) -> Chart {
    let series = vec![
        Series { title: "Right", tone: "tone-good" },
        Series { title: "Partly", tone: "tone-warn" },
        Series { title: "Wrong", tone: "tone-bad" },
    ];
    let days = rows(figures, |day| day.counts.verdicts.iter().map(|count| Some(*count as f64)).collect());
    charts::Data { id: "verdicts", title: "Feedback", series, days, text: whole }.columns()
}

fn stars(figures: &Figures) -> Chart {
    let series = vec![Series { title: "Mean stars of the day's reviews", tone: "tone-main" }];
    let days = rows(figures, |day| vec![day.stars]);
    charts::Data { id: "stars", title: "Rating", series, days, text: show::number }.lines()
}

/// The handler.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let (days, release) = (params.days.parse().unwrap_or(0), params.release.parse().ok());
    let found = figures::figures(&portal, &may.user, &slug, days, release).await?;
    let lines = figures::lines(&portal, &may.user, &slug).await?;
    let alerts = figures::alerts(&portal, &may.user, Some(&slug)).await?;
    let page = FiguresPage::new(chrome, slug.into_inner(), found, lines, alerts);
    respond::page(StatusCode::OK, &page.chrome, &page)
}
