//! Samples of feedback, consents and figures.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;
use vision_protocol::{
    ids::{BlobId, ReleaseId, RunId},
    manifest::Manifest,
};

use super::{
    Samples, chrome,
    data::{at, run_view, slug},
};
use crate::{
    domain::{
        feedback::{
            Correction, Feedback, Given, TrueBox, Truth, Verdict,
            authors::{Entry, Place, Release, Wanted},
            consents::Consent,
        },
        figures::{self, Alert, Counts, Day, Drift, DriftVerdict, Figures, Line, Lines, Percentiles, Trait},
        roles::Role,
        running::{ResultView, RunStatus, RunView, Shown},
    },
    web::{
        feedback::FeedbackPart,
        pages::{
            author::{feedback::FeedbackPage, figures::FiguresPage},
            runs::show::RunPage,
            settings::consents::ConsentsPage,
        },
        results::ResultPart,
    },
};

pub(super) fn alerts() -> Vec<Alert> {
    let alert = |line, measured, allowed| Alert {
        slug: slug("shape-finder"),
        app: "Shape <finder>".into(),
        line,
        measured,
        allowed,
        runs: 40,
        raised_at: at(-600),
    };
    vec![alert(Line::Failures, 12.5, 5), alert(Line::Slow, 3100.0, 2000)]
}

/// A run whose result has every shape that can be corrected.
fn judged() -> RunView {
    let manifest = json!({
        "Name": "Shape finder", "Version": "1.2.0",
        "AppParameters": [{"ParameterType": "Image", "Name": "Image"}],
        "ResultVariables": [
            {"ResultType": "Boxes", "Name": "boxes"}, {"ResultType": "Labels", "Name": "kind", "Label": "Kind"},
            {"ResultType": "Number", "Name": "count"}, {"ResultType": "Text", "Name": "text"},
            {"ResultType": "Boolean", "Name": "dark"}, {"ResultType": "Date", "Name": "day"},
        ],
    });
    let manifest = Manifest::parse(manifest.to_string().as_bytes()).unwrap();
    let values = [
        json!({"width": 768, "height": 576, "boxes": [
            {"label": "circle", "score": 0.8, "x": 10.0, "y": 20.04, "width": 100.0, "height": 90.0}]}),
        json!([{"label": "drawing", "score": 0.9}, {"label": "photo \"x\"", "score": 0.1}]),
        json!(3),
        json!("three <shapes>"),
        json!(true),
        json!("2026-01-31"),
    ];
    let results = manifest.result_variables.iter().zip(values);
    let results =
        results.map(|(variable, value)| ResultView { variable: variable.clone(), value: Shown::Plain(value) });
    RunView { results: results.collect(), manifest: manifest.clone(), ..run_view(RunStatus::Done) }
}

fn given() -> Given {
    let right = |label: &str| TrueBox { label: label.into(), x: 1.0, y: 2.0, width: 30.0, height: 40.5 };
    let correction = Correction::from([
        ("boxes".to_owned(), Truth::Boxes(vec![right("square"), right("circle")])),
        ("kind".to_owned(), Truth::Label("photo".into())),
        ("count".to_owned(), Truth::Number(2.0)),
    ]);
    let feedback =
        Feedback { verdict: Verdict::Partly, comment: "One <b>missed</b>".into(), correction, consent: true };
    Given { feedback, created_at: at(-60) }
}

fn counts(done: u64) -> Counts {
    let failed = BTreeMap::from([("deadline".to_owned(), done / 10), ("app-failed".to_owned(), done / 20)]);
    Counts { done, failed, people: done / 3, verdicts: [done / 5, done / 9, done / 12] }
}

fn figures(runs: u64) -> Figures {
    let times = Percentiles { p50: 31.6, p95: 80.0, p99: 1200.0 };
    let day = |index: i64| Day {
        at: at(index * 86_400),
        counts: counts(runs + u64::try_from(index).unwrap() * runs / 9),
        total: (runs > 0 && index % 5 != 0).then_some(times),
        stars: (index % 3 == 0).then_some(4.25),
    };
    let drift = |what: Trait, index, verdict| Drift {
        what,
        index,
        verdict,
        classes: vec![(what.class(0), 40.0, 10.0), (what.class(9), 60.0, 90.0)],
        runs: (700, 4000),
    };
    Figures {
        name: "Shape finder".into(),
        span: 30,
        release: (runs > 0).then_some(ReleaseId(2)),
        counts: counts(runs * 30),
        days: (0..30).map(day).collect(),
        stages: vec![(runs > 0).then_some(times); 7],
        releases: vec![figures::Release { id: ReleaseId(2), version: "1.2.0".into(), counts: counts(runs) }],
        drift: vec![
            drift(Trait::Score, 0.31, DriftVerdict::Large),
            drift(Trait::Bytes, 0.02, DriftVerdict::Steady),
            drift(Trait::Light, 0.0, DriftVerdict::TooFew),
        ],
        drift_of: Some("1.2.0".into()),
    }
}

fn entry(verdict: Verdict, consent: bool) -> Entry {
    Entry {
        run: RunId(Uuid::from_u128(7)),
        version: "1.2.0".into(),
        verdict,
        comment: "One <b>missed</b>".into(),
        correction: given().feedback.correction,
        consent,
        created_at: at(-600),
    }
}

fn feedback_page(entries: Vec<Entry>, verdicts: [u64; 3]) -> FeedbackPage {
    let release = |id, version: &str| Release {
        id: ReleaseId(id),
        version: version.into(),
        verdicts,
        labels: vec![("Siamese cat".into(), 4)],
    };
    FeedbackPage {
        chrome: chrome(Role::Developer, "/author/apps/shape-finder/feedback"),
        slug: slug("shape-finder"),
        releases: vec![release(2, "1.2.0"), release(1, "1.1.0")],
        next: (!entries.is_empty()).then(|| "12.00000000-0000-0000-0000-000000000007".parse::<Place>().unwrap()),
        entries,
        wanted: Wanted { verdict: Some(Verdict::Wrong), release: Some(ReleaseId(2)), ..Wanted::default() },
    }
}

pub(super) fn pages(all: &mut Samples) {
    let labels = vec!["circle".to_owned(), "square \"<b>\"".to_owned()];
    for (name, given) in [("run-asks", None), ("run-judged", Some(given()))] {
        let part = FeedbackPart::new(&judged(), given.as_ref(), labels.clone());
        let page = RunPage::new(chrome(Role::Consumer, "/runs/x"), judged(), ResultPart::None, None);
        all.add(name, &page.with_feedback(Some(part)));
    }
    let consent = |number| Consent {
        run: RunId(Uuid::from_u128(number)),
        photo: (number != 2).then(|| BlobId(Uuid::from_u128(number))),
        app: "Shape <finder>".into(),
        slug: slug("shape-finder"),
        since: at(-99),
    };
    let page =
        |consents, more| ConsentsPage { chrome: chrome(Role::Consumer, "/settings/consents"), consents, page: 1, more };
    all.add("consents", &page(vec![consent(1), consent(2)], true));
    all.add("consents-empty", &page(Vec::new(), false));
    let entries = vec![entry(Verdict::Wrong, true), entry(Verdict::Partly, false)];
    all.add("author-feedback", &feedback_page(entries, [3, 2, 1]));
    all.add("author-feedback-empty", &feedback_page(Vec::new(), [0, 0, 0]));
    for (name, runs) in [("author-figures", 40), ("author-figures-empty", 0)] {
        let lines = Lines { failures_percent: Some(5), slow_ms: None };
        let alerts = if runs > 0 { alerts() } else { Vec::new() };
        let chrome = chrome(Role::Developer, "/author/apps/shape-finder");
        all.add(name, &FiguresPage::new(chrome, slug("shape-finder"), figures(runs), lines, alerts));
    }
}
