//! What layouts show, and what they keep out.

use jiff::Timestamp;
use serde_json::json;
use vision_protocol::{
    ids::{BlobId, ReleaseId, RunId},
    results::ResultVariable,
};

use super::{
    super::{
        DomainError,
        running::{Keeping, RunStatus},
    },
    *,
};

fn variable(kind: ResultType, name: &str) -> ResultVariable {
    ResultVariable { result_type: kind, name: name.to_owned(), label: String::new(), description: String::new() }
}

fn run(template: Option<&str>, results: Vec<(ResultType, &str, Shown)>) -> RunView {
    let results: Vec<_> =
        results.into_iter().map(|(kind, name, value)| ResultView { variable: variable(kind, name), value }).collect();
    let mut manifest = Manifest::parse(
        br#"{"Name":"A <b>","Version":"1.0.0","Task":"detection","Models":[{"Name":"m","File":"models/m.onnx"}]}"#,
    )
    .unwrap();
    manifest.result_variables = results.iter().map(|result| result.variable.clone()).collect();
    RunView {
        id: RunId::generate(),
        status: RunStatus::Done,
        queue_place: None,
        slug: "a".parse().unwrap(),
        app_is_listed: true,
        release: ReleaseId(1),
        manifest,
        deprecated: None,
        template: template.map(ToOwned::to_owned),
        inputs: Vec::new(),
        results,
        timings: None,
        logs: Vec::new(),
        error: None,
        created_at: Timestamp::UNIX_EPOCH,
        finished_at: None,
        can_retry: true,
        keeping: Keeping::Forever,
        gone_at: None,
        batch: None,
    }
}

fn custom(template: &str, results: Vec<(ResultType, &str, Shown)>) -> String {
    custom::render(template, &run(Some(template), results), "/runs/1").unwrap()
}

#[test]
fn a_standard_layout_sorts_results_by_kind() {
    let boxes = json!({"width": 10.0, "height": 10.0, "boxes": [{"label": "dog", "score": 0.5, "x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0}]});
    let view = standard(&run(
        None,
        vec![
            (ResultType::Boxes, "boxes", Shown::Plain(boxes)),
            (ResultType::Number, "count", Shown::Plain(json!(1.5))),
            (ResultType::Number, "whole", Shown::Plain(json!(2.0))),
            (ResultType::Boolean, "good", Shown::Plain(json!(true))),
            (ResultType::Table, "rows", Shown::Plain(json!([{"a": 1}, {"b": "x"}]))),
        ],
    ));
    assert_eq!(view.layout, StandardLayout::Boxes);
    assert_eq!(view.boxes[0].value.boxes[0].label, "dog");
    assert_eq!(view.numbers[0].value, 1.5);
    assert_eq!(view.values.iter().map(|v| v.value.as_str()).collect::<Vec<_>>(), ["1.5", "2", "yes"]);
    assert_eq!(view.tables[0].value.columns, ["a", "b"]);
    assert_eq!(view.tables[0].value.rows, [["1", ""], ["", "x"]]);
}

#[test]
fn a_task_is_shown_by_the_layout_that_fits_it() {
    for (task, expected) in [
        (Task::Classification, StandardLayout::Labels),
        (Task::Detection, StandardLayout::Boxes),
        (Task::Segmentation, StandardLayout::BeforeAfter),
        (Task::ImageToImage, StandardLayout::BeforeAfter),
        (Task::Keypoints, StandardLayout::Points),
        (Task::Embedding, StandardLayout::Json),
        (Task::Attributes, StandardLayout::Table),
        (Task::TextDetection, StandardLayout::Polygons),
        (Task::TextRecognition, StandardLayout::Text),
        (Task::Generation, StandardLayout::Image),
    ] {
        let mut manifest = run(None, Vec::new()).manifest;
        manifest.task = Some(task);
        manifest.result_variables = task.results(manifest.models.first());
        assert_eq!(layout(&manifest), expected, "{task:?}");
        manifest.result_layout = Some("json".to_owned());
        assert_eq!(layout(&manifest), StandardLayout::Json);
    }
}

#[test]
fn points_and_outlines_are_read() {
    let points = json!({"width": 9.0, "height": 9.0, "points": [{"label": "nose", "x": 1.0, "y": 2.0}]});
    let regions =
        json!({"width": 9, "height": 9, "polygons": [{"label": "text", "score": 0.5, "points": [[1, 2], [3.5, 4]]}]});
    let view = standard(&run(
        None,
        vec![
            (ResultType::Points, "points", Shown::Plain(points)),
            (ResultType::Polygons, "regions", Shown::Plain(regions)),
            (ResultType::Points, "others", Shown::Plain(json!({"width": 9}))),
        ],
    ));
    assert_eq!((view.points.len(), view.polygons.len()), (1, 1));
    assert_eq!((view.points[0].value.points[0].x, view.points[0].value.points[0].score), (1.0, None));
    assert_eq!(view.polygons[0].value.polygons[0].points[1], [3.5, 4.0]);
}

#[test]
fn a_template_shows_results_escaped() {
    let html = custom(
        "<p class=\"big\" style=\"color: red; position: fixed\">{{ result.text }} by {{ app.name }}</p>",
        vec![(ResultType::Text, "text", Shown::Plain(json!("<script>alert(1)</script>")))],
    );
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; by A &lt;b&gt;"), "{html}");
    assert!(html.contains("class=\"big\"") && html.contains("color:red") && !html.contains("position"), "{html}");
}

#[test]
fn a_template_can_neither_act_nor_call_out() {
    let html = custom(
        "<script>x</script><form action=/x><input></form><iframe src=//e></iframe><img src=https://evil/x.png \
         onerror=x><a href=javascript:x>a</a><link rel=stylesheet href=//e><style>a{}</style>\
         <p style=\"background-image: url(//e)\" onclick=x>b</p><meta http-equiv=refresh content=0>\
         <object data=//e></object><svg onload=x></svg>",
        Vec::new(),
    );
    for bad in [
        "script",
        "form",
        "input",
        "iframe",
        "evil",
        "onerror",
        "javascript",
        "link ",
        "style>",
        "url(",
        "onclick",
        "meta",
        "object",
        "svg",
    ] {
        assert!(!html.contains(bad), "{bad} in {html}");
    }
}

#[test]
fn a_picture_of_the_run_is_shown() {
    let file = FileRef { blob: BlobId::generate(), media_type: "image/png".to_owned(), size: 1 };
    let html = custom("<img src=\"{{ result.p }}\">", vec![(ResultType::Image, "p", Shown::File(file.clone()))]);
    assert!(html.contains(&format!("/files/{}\"", file.blob)), "{html}");
}

#[test]
fn a_template_that_never_ends_is_stopped_and_says_where() {
    let source = "a\n{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    let Err(DomainError::Invalid(faults)) = custom::render(source, &run(Some(source), Vec::new()), "/runs/1") else {
        panic!("it ends")
    };
    assert!(faults[0].place.starts_with("template.html"), "{faults:?}");
}
