//! Samples of the history, of batches, of comparisons, and of how long runs are kept.

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;
use vision_protocol::{fault::Fault, ids::RunId, results::ResultVariable};

use super::{
    Samples, chrome,
    data::{at, file, run_id, run_view, slug, user},
};
use crate::{
    domain::{
        roles::Role,
        running::{
            AppCount, BatchId, BatchRun, BatchView, History, Keeping, ResultView, RunLine, RunStatus, RunView, Shown,
            table,
        },
    },
    web::{
        chrome::Chrome,
        notices::Notice,
        pages::{
            runs::{
                batch::BatchPage,
                compare::{ComparePage, CompareWithPage},
                delete_all::DeleteAllPage,
                history::{HistoryPage, Params},
                show::RunPage,
            },
            settings::keep::KeepPage,
        },
        results::ResultPart,
    },
};

fn line(number: u128, seconds: i64, status: RunStatus, app_name: &str) -> RunLine {
    RunLine {
        id: RunId(Uuid::from_u128(number)),
        status,
        app_name: app_name.into(),
        slug: slug("shape-finder"),
        created_at: at(seconds),
        photo: number.is_multiple_of(2).then(|| file(1).blob),
        gone_at: (number == 3).then(|| at(seconds + 86_400)),
        batch: (number == 4).then(batch_id),
    }
}

fn batch_id() -> BatchId {
    BatchId(Uuid::from_u128(9))
}

fn lines() -> Vec<RunLine> {
    vec![
        line(1, 0, RunStatus::Queued, "Shape finder"),
        line(2, -60, RunStatus::Running, "Digit reader"),
        line(3, -9000, RunStatus::Done, "Street <scene>"),
        line(4, -99_000, RunStatus::Failed, "Flower finder"),
        line(5, -99_900, RunStatus::Cancelled, "Flower finder"),
    ]
}

fn result(kind: &str, name: &str, value: Shown) -> ResultView {
    let variable = json!({ "ResultType": kind, "Name": name });
    let variable: ResultVariable = serde_json::from_value(variable).unwrap();
    ResultView { variable, value }
}

fn with_results(count: f64) -> RunView {
    let found = json!({"label": "<dog>", "score": 0.5, "x": 1.0, "y": 2.5, "width": 3.0, "height": 4.0});
    let boxes = json!({"width": 9.0, "height": 9.0, "boxes": [found]});
    let results = vec![
        result("Boxes", "boxes", Shown::Plain(boxes)),
        result("Number", "count", Shown::Plain(json!(count))),
        result("Labels", "labels", Shown::Plain(json!([]))),
        result("Image", "picture", Shown::File(file(2))),
    ];
    RunView { results, gone_at: Some(at(600)), ..run_view(RunStatus::Done) }
}

pub(super) fn pages(all: &mut Samples) {
    history(all);
    batches(all);
    let person = |path| chrome(Role::Consumer, path);
    let compared = ComparePage::new(person("/runs/compare"), with_results(2.0), with_results(3.0));
    all.add("compare", &compared);
    let choice = |others| CompareWithPage { chrome: person("/runs/compare"), run: run_view(RunStatus::Done), others };
    all.add("compare-with", &choice(lines()));
    all.add("compare-with-nothing", &choice(Vec::new()));
    for keeping in Keeping::ALL {
        let faults = match keeping {
            Keeping::Day => vec![Fault::new("keep", "choose one of these")],
            _ => Vec::new(),
        };
        let page = KeepPage { chrome: person("/settings/keep"), keeping, faults };
        all.add(&format!("keep-{}", keeping.name()), &page);
        let run = RunView { keeping, batch: Some(batch_id()), ..with_results(1.0) };
        let page = RunPage::new(person("/runs/x"), run, ResultPart::None, None);
        all.add(&format!("run-kept-{}", keeping.name()), &page);
    }
    let mut from = super::finding::app_page(person("/apps/shape-finder"));
    from.form = from.form.filled_from(&run_view(RunStatus::Done));
    all.add("app-from-a-run", &from);
}

fn history(all: &mut Samples) {
    let deleted = Chrome::sample(Some(user(Role::Consumer)), "/runs", Some(Notice::RunsDeleted));
    let place: Option<crate::domain::running::Place> =
        format!("{}.{}", Timestamp::UNIX_EPOCH.as_millisecond(), run_id()).parse().ok();
    let apps = vec![
        AppCount { slug: slug("flower-finder"), name: "Flower <finder>".into(), runs: 2 },
        AppCount { slug: slug("shape-finder"), name: "Shape finder".into(), runs: 1 },
    ];
    let full = History { lines: lines(), next: place, apps, total: 5 };
    let page =
        |chrome, history, q: &str| HistoryPage { chrome, params: Params::of(q), history, keeping: Keeping::Forever };
    all.add("history", &page(deleted, full.clone(), ""));
    let person = || chrome(Role::Consumer, "/runs");
    all.add("history-nothing-found", &page(person(), History { lines: Vec::new(), next: None, ..full }, "zebra"));
    let empty = History { lines: Vec::new(), next: None, apps: Vec::new(), total: 0 };
    all.add("history-empty", &page(person(), empty, ""));
    for total in [0, 1, 31] {
        let page = DeleteAllPage { chrome: chrome(Role::Consumer, "/runs/delete-all"), total };
        all.add(&format!("delete-all-{total}"), &page);
    }
}

fn batches(all: &mut Samples) {
    let batch = |statuses: &[RunStatus]| {
        let run = |(index, status): (usize, &RunStatus)| BatchRun {
            line: line(index as u128 + 2, 0, *status, "Shape finder"),
            parts: if *status == Done { table::parts(&with_results(1.0).results) } else { Vec::new() },
            error: (*status == Failed).then(|| "The photo <could> not be read.".into()),
        };
        BatchView {
            id: batch_id(),
            app_name: "Shape finder".into(),
            slug: slug("shape-finder"),
            created_at: at(0),
            runs: statuses.iter().enumerate().map(run).collect(),
        }
    };
    use RunStatus::{Cancelled, Done, Failed, Queued, Running};
    for (name, statuses) in [
        ("queued", vec![Queued, Queued]),
        ("running", vec![Done, Failed, Running, Queued]),
        ("done", vec![Done, Failed, Cancelled]),
    ] {
        let page = BatchPage::new(chrome(Role::Consumer, "/runs/batches/x"), batch(&statuses));
        all.add(&format!("batch-{name}"), &page);
    }
}
