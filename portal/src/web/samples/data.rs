//! The things that the samples show.

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;
use vision_protocol::{
    fault::Fault,
    ids::{AppId, BlobId, ReleaseId, RunId, Slug, UserId},
    manifest::Manifest,
    messages::{LogLevel, LogLine, Timings},
    results::{BoundingBox, Boxes, Point, Points, Polygon, Polygons, ScoredLabel, StandardLayout},
};

use crate::domain::{
    accounts::User,
    catalog::{AppCard, AppView, Figures},
    layouts::{StandardView, Table, Titled},
    publishing::{ReleaseStatus, ReleaseView},
    reviews::{ReviewId, ReviewView},
    roles::Role,
    running::{FileRef, InputView, Keeping, RunStatus, RunView, Shown},
};

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

pub(super) fn user(role: Role) -> User {
    User { id: UserId(7), email: "ada@example.org".into(), name: "Ada Lovelace".into(), role, created_at: at(0) }
}

pub(super) fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

pub(super) fn card(name: &str, category: &str, description: &str) -> AppCard {
    AppCard {
        id: AppId(1),
        slug: Slug::from_name(name),
        name: name.into(),
        description: description.into(),
        category: category.into(),
        author_id: UserId(3),
        author: "Vision samples".into(),
        has_icon: false,
        rating: (name.len() > 12).then_some((4.25, 1234)),
        people_month: name.len() as u64 % 3,
        reason: (name.len() > 20).then(|| "Because you liked Shape finder".into()),
    }
}

pub(super) fn cards() -> Vec<AppCard> {
    vec![
        card("Digit reader", "Reading", "Reads one handwritten digit from a photo, and says how sure it is."),
        card(
            "Shape finder",
            "Counting",
            "Finds circles, squares and triangles on any background and draws a box around each.",
        ),
        card(
            "Flower <finder> & friends",
            "Nature",
            "Says which of 102 flowers it is. Works best with one blossom, close up, in daylight; less well with bouquets, and not at all with trees.",
        ),
        card("Street scene", "Traffic", "Cars, people, bicycles."),
    ]
}

pub(super) fn manifest(parameters: &serde_json::Value) -> Manifest {
    let text = json!({
        "Name": "Shape finder", "Description": "Finds circles, squares and triangles.", "Category": "Counting",
        "Version": "1.2.0", "AppParameters": parameters,
        "ResultVariables": [{"ResultType": "Boxes", "Name": "boxes"}],
    });
    Manifest::parse(text.to_string().as_bytes()).unwrap()
}

pub(super) fn every_parameter() -> serde_json::Value {
    json!([
        {"ParameterType": "Image", "Name": "Image", "Label": "Image", "Description": "Upload or take a picture of your object"},
        {"ParameterType": "Number", "Name": "Age", "Label": "Age", "Description": "Enter the age of your object", "Min": 0, "Max": 120, "Step": 0.5},
        {"ParameterType": "Text", "Name": "Note", "Label": "Note", "Required": false},
        {"ParameterType": "Text", "Name": "Title", "MaxLength": 40, "Default": "My \"object\""},
        {"ParameterType": "Date", "Name": "Day", "Label": "Day", "Min": "2020-01-01"},
        {"ParameterType": "Select", "Name": "Colour", "Label": "Colour", "Options": ["red", "green", "blue"]},
        {"ParameterType": "Boolean", "Name": "Careful", "Label": "Look twice", "Description": "Slower, and a little better"}
    ])
}

pub(super) fn app_view() -> AppView {
    AppView {
        card: cards().remove(1),
        app: AppId(1),
        release: ReleaseId(2),
        manifest: manifest(&every_parameter()),
        readme: Some(
            "# Shape finder\n\nTrained on **drawn shapes**.\n\n| metric | value |\n|---|---|\n| mAP | 0.91 |\n".into(),
        ),
        published_at: at(0),
        figures: Figures { runs: 1412, people: 97, typical_ms: Some(184), stars: [1, 0, 2, 10, 21], average: 4.47 },
    }
}

pub(super) fn reviews() -> Vec<ReviewView> {
    let review = |id, name: Option<&str>, stars, words: &str| ReviewView {
        id: ReviewId(id),
        name: name.map(str::to_owned),
        is_mine: id == 1,
        stars,
        words: words.into(),
        at: at(-3600 * id),
        is_changed: id == 2,
        reply: (id == 2).then(|| ("Thank you. The next version sees stars too.".into(), at(-60))),
    };
    vec![
        review(1, Some("Ada Lovelace"), 5, "Finds every <b>circle</b>.\nEven small ones."),
        review(2, Some("Grace"), 4, "Stars are taken for hearts."),
        review(3, None, 1, ""),
    ]
}

pub(super) fn run_id() -> RunId {
    RunId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001))
}

pub(super) fn file(number: u128) -> FileRef {
    FileRef { blob: BlobId(Uuid::from_u128(number)), media_type: "image/jpeg".into(), size: 163_759 }
}

pub(super) fn run_view(status: RunStatus) -> RunView {
    let manifest = manifest(&every_parameter());
    let input = |name: &str, value| InputView {
        parameter: manifest.app_parameters.iter().find(|p| p.name == name).unwrap().clone(),
        value,
    };
    let inputs = vec![
        input("Image", Some(Shown::File(file(1)))),
        input("Age", Some(Shown::Plain(json!(42.0)))),
        input("Note", None),
        input("Careful", Some(Shown::Plain(json!(true)))),
    ];
    let timings = Timings {
        app_loading_ms: 0.2,
        pre_processing_ms: 3.4,
        loading_model_ms: 0.0,
        running_model_ms: 31.6,
        generating_result_ms: 1.1,
        misc_ms: 2.4,
        total_ms: 38.7,
    };
    let line = |level, at_ms, message: &str| LogLine { level, at_ms, message: message.into() };
    RunView {
        id: run_id(),
        status,
        queue_place: (status == RunStatus::Queued).then_some(3),
        slug: slug("shape-finder"),
        app_is_listed: true,
        release: ReleaseId(2),
        manifest,
        deprecated: Some("Misses small shapes: use 1.3.0.".into()),
        template: None,
        inputs,
        results: Vec::new(),
        timings: (status == RunStatus::Done).then_some(timings),
        logs: vec![
            line(LogLevel::Info, 4, "letterboxed 768×576 into 416×416"),
            line(LogLevel::Warn, 37, "<3 boxes dropped>"),
        ],
        error: (status == RunStatus::Failed).then(|| "The app did not finish in 30 s.".into()),
        created_at: at(0),
        finished_at: None,
        can_retry: status == RunStatus::Failed,
        keeping: Keeping::Forever,
        gone_at: None,
        batch: None,
    }
}

pub(super) fn titled<T>(title: &str, value: T) -> Titled<T> {
    Titled { title: title.into(), description: String::new(), value }
}

/// Something of everything, so that each layout has something to show.
pub(super) fn standard_view(layout: StandardLayout) -> StandardView {
    let found = |label: &str, score, x, y, width, height| BoundingBox {
        label: label.into(),
        score,
        x,
        y,
        width,
        height,
        points: vec![[x + 20.0, y + 30.0]],
    };
    let point = |label: &str, score, x, y| Point { label: label.into(), score, x, y };
    let label = |label: &str, score| ScoredLabel { label: label.into(), score };
    StandardView {
        layout,
        photo: Some(file(1)),
        labels: vec![titled("Labels", vec![label("tabby cat", 0.713), label("tiger cat", 0.21), label("lynx", 0.004)])],
        boxes: vec![titled(
            "Objects",
            Boxes {
                width: 768.0,
                height: 576.0,
                boxes: vec![
                    found("dog", 0.83, 131.0, 220.0, 180.0, 322.0),
                    found("car", 0.81, 466.0, 75.0, 227.0, 95.0),
                    found("bicycle", 0.81, 124.0, 118.0, 443.0, 306.0),
                ],
            },
        )],
        points: vec![titled(
            "Points",
            Points {
                width: 768.0,
                height: 576.0,
                points: vec![point("nose", Some(0.97), 190.5, 250.0), point("left <ear>", None, 171.0, 230.25)],
            },
        )],
        polygons: vec![titled(
            "Text",
            Polygons {
                width: 768.0,
                height: 576.0,
                polygons: vec![Polygon {
                    label: "text".into(),
                    score: 0.88,
                    points: vec![[10.5, 20.0], [110.0, 24.0], [109.0, 44.0], [9.5, 40.0]],
                }],
            },
        )],
        images: vec![titled("Edges", file(2)), titled("Depth", file(3))],
        tables: vec![titled(
            "Parts",
            Table { columns: vec!["name".into(), "size".into()], rows: vec![vec!["bolt".into(), "12".into()]] },
        )],
        numbers: vec![titled("Width", 12.5), titled("Height", -3.0)],
        values: vec![titled("Verdict", "It is fine".into())],
        json: vec![titled("Raw", "{\n  \"a\": 1\n}".into())],
    }
}

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault::new("app.json: Models[0].File", "must lie under models/ and end in .onnx"),
        Fault::new("models/tiny.onnx", "is a PNG image, not an ONNX model"),
    ]
}

pub(super) fn release_view(status: ReleaseStatus) -> ReleaseView {
    ReleaseView {
        id: ReleaseId(4),
        slug: slug("shape-finder"),
        author: "Ada Lovelace".into(),
        status,
        faults: if status == ReleaseStatus::Rejected { faults() } else { Vec::new() },
        warnings: vec![Fault::new("models/shapes.onnx", "holds fp16 weights; they are read as fp32")],
        manifest: manifest(&every_parameter()),
        readme: None,
        notes: "Finds **small** shapes too.".into(),
        deprecated: None,
        suspended: (status == ReleaseStatus::Retired).then(|| "It spies on people.".into()),
        returned: (status == ReleaseStatus::Draft).then(|| "Say what it counts.".into()),
        created_at: at(0),
        can_publish: status == ReleaseStatus::Draft,
        can_run: matches!(status, ReleaseStatus::Draft | ReleaseStatus::Published),
    }
}
