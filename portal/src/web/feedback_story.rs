//! Somebody says whether a run was right, lets the author use the photo, and takes it back; and the author's side of it.

use std::io::{Cursor, Read as _};

use actix_web::{
    body::MessageBody,
    dev::{Service, ServiceResponse},
    http::StatusCode,
    test,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};
use vision_protocol::ids::{ReleaseId, RunId, Slug};

use super::testing::{Browser, World, proven_of};
use crate::domain::{
    DomainError,
    accounts::User,
    api_keys::Scope,
    feedback::export::{self, Format, Wanted},
    publishing, running, work,
};

/// Any component that keeps to the interface; nothing runs it here.
const GLUE: &[u8] = include_bytes!("../../../shared/glue/dist/classification.wasm");

/// An app that answers with boxes, a label and a number.
struct Marker {
    slug: Slug,
    release: ReleaseId,
}

impl Marker {
    async fn publish(world: &World) -> Self {
        let manifest = json!({
            "Name": "Marker", "Description": "Marks things.", "Category": "Tests", "Version": "2.0.0",
            "AppParameters": [{"ParameterType": "Image", "Name": "Image"}],
            "ResultVariables": [
                {"ResultType": "Boxes", "Name": "things"}, {"ResultType": "Labels", "Name": "kind"},
                {"ResultType": "Number", "Name": "count"}
            ]
        })
        .to_string();
        let mut zip = Vec::new();
        vision_package::pack_files([("app.json", manifest.as_bytes()), ("app.wasm", GLUE)], &mut zip).unwrap();
        let author = &world.people["author"];
        let release = proven_of(&world.portal, author, None, zip).await;
        Self { slug: publishing::publish(&world.portal, author, release).await.unwrap(), release }
    }

    /// A run of somebody that is done, or was not done in time.
    async fn run(&self, world: &World, user: &User, results: Option<&Value>) -> RunId {
        let mut draft = running::begin(&world.portal, user, self.release).await.unwrap();
        let photo = stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(photo()))]);
        draft.file("Image", photo).await.unwrap();
        draft.submit().await.unwrap();
        running::finish_for_testing(&world.portal, results, 40.0).await
    }

    async fn export(&self, world: &World, format: Format) -> zip::ZipArchive<Cursor<Vec<u8>>> {
        let wanted = Wanted { format, from: 0, to: i64::MAX, release: None };
        let export = export::begin(&world.portal, &world.people["author"], &self.slug, &wanted).await.unwrap();
        let pieces: Vec<bytes::Bytes> = export.content.try_collect().await.unwrap();
        zip::ZipArchive::new(Cursor::new(pieces.concat())).unwrap()
    }
}

/// 40 by 30 pixels.
fn photo() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(40, 30).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn answer() -> Value {
    json!({
        "things": {"width": 40, "height": 30, "boxes": [
            {"label": "cat", "score": 0.75, "x": 2, "y": 3, "width": 10, "height": 8}]},
        "kind": [{"label": "animals", "score": 0.9}, {"label": "plants", "score": 0.1}],
        "count": 1.0,
    })
}

fn text_of(zip: &mut zip::ZipArchive<Cursor<Vec<u8>>>, name: &str) -> String {
    let mut text = String::new();
    zip.by_name(name).unwrap_or_else(|error| panic!("{name}: {error}")).read_to_string(&mut text).unwrap();
    text
}

async fn say<S, B>(browser: &Browser<'_, S>, run: RunId, fields: &[(&str, &str)]) -> super::testing::Answer
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    let csrf = browser.csrf().await;
    let mut form = vec![("csrf", csrf.as_str())];
    form.extend_from_slice(fields);
    browser.post(&format!("/runs/{run}/feedback"), &form).await
}

/// What the form sends for one box.
fn boxed<'a>(sides: [&'a str; 4], label: &'a str) -> [(&'static str, &'a str); 6] {
    let [x, y, width, height] = sides;
    [
        ("e.things", "on"),
        ("b.things.0.label", label),
        ("b.things.0.x", x),
        ("b.things.0.y", y),
        ("b.things.0.width", width),
        ("b.things.0.height", height),
    ]
}

#[actix_web::test]
async fn feedback_is_given_changed_and_removed() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let marker = Marker::publish(&world).await;
    let author = Browser::of(&app, "author").await;
    let consumer = Browser::of(&app, "consumer").await;
    // The world's own run waits first.
    running::finish_for_testing(&world.portal, Some(&json!({"labels": []})), 10.0).await;
    let run = marker.run(&world, &world.people["consumer"], Some(&answer())).await;
    let page = consumer.get(&format!("/runs/{run}")).await;
    assert!(page.has("[data-test=feedback-form] input[name='b.things.0.label'][value=cat]"), "{}", page.body);
    assert!(page.has("#feedback-labels option[value=plants]") && !page.has("[name=consent][checked]"));
    assert!(page.has("input[name='b.things.3.x'][value='']"), "empty rows for what was missed");

    let refused = say(&consumer, run, &[("verdict", "")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut wrong = vec![("verdict", "wrong"), ("c.count", "two")];
    wrong.extend(boxed(["9", "x", "5", "5"], "dog"));
    let refused = say(&consumer, run, &wrong).await;
    assert!(refused.body.contains("box 1: y must be a number") && refused.body.contains("“two” is not a number"));

    let mut fields = vec![("verdict", "partly"), ("comment", "a <dog>"), ("c.kind", "pets"), ("c.count", "2")];
    fields.extend(boxed(["2", "3", "10", "9.5"], "dog"));
    let kept = say(&consumer, run, &fields).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.body);
    let page = consumer.get(&format!("/runs/{run}")).await;
    assert!(page.has("[name=verdict][value=partly][checked]") && page.has("[name='c.kind'][value=pets]"));
    assert!(page.has("[name='b.things.0.height'][value='9.5']"));

    let list = author.get(&format!("/author/apps/{}/feedback", marker.slug)).await;
    let entry = list.text("[data-test=entry]");
    assert!(entry.contains("Partly") && entry.contains("a <dog>") && entry.contains("1 box: dog"), "{entry}");
    assert!(!list.has("[data-test=entry] img") && !list.body.contains("consumer"), "nobody is named, no photo shown");
    assert_eq!(list.text("[data-test=verdicts] tbody tr").replace(char::is_whitespace, ""), "2.0.0010");

    // The same boxes as the app's are no correction, and what is right needs none.
    let mut same = vec![("verdict", "wrong")];
    same.extend(boxed(["2", "3", "10", "8"], "cat"));
    assert_eq!(say(&consumer, run, &same).await.status, StatusCode::SEE_OTHER);
    let list = author.get(&format!("/author/apps/{}/feedback?verdict=wrong", marker.slug)).await;
    assert!(!list.text("[data-test=entry]").contains("should be"));
    assert_eq!(list.text("[data-test=verdicts] tbody tr").replace(char::is_whitespace, ""), "2.0.0001");

    for (name, status) in [("rival", StatusCode::NOT_FOUND), ("author", StatusCode::NOT_FOUND)] {
        let stranger = Browser::of(&app, name).await;
        assert_eq!(say(&stranger, run, &[("verdict", "right")]).await.status, status, "{name}");
    }
    let csrf = consumer.csrf().await;
    let removed = consumer.post(&format!("/runs/{run}/feedback/remove"), &[("csrf", &csrf)]).await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER);
    assert!(author.get(&format!("/author/apps/{}/feedback", marker.slug)).await.has("[data-test=empty]"));
}

#[actix_web::test]
async fn a_photo_is_the_authors_only_while_its_owner_consents() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let marker = Marker::publish(&world).await;
    let author = Browser::of(&app, "author").await;
    let consumer = Browser::of(&app, "consumer").await;
    running::finish_for_testing(&world.portal, Some(&json!({"labels": []})), 10.0).await;
    let user = &world.people["consumer"];
    let right = marker.run(&world, user, Some(&answer())).await;
    let negative = marker.run(&world, user, Some(&answer())).await;
    let silent = marker.run(&world, user, Some(&answer())).await;
    say(&consumer, right, &[("verdict", "right"), ("consent", "on"), ("comment", "=1+1")]).await;
    say(&consumer, negative, &[("verdict", "wrong"), ("consent", "on"), ("e.things", "on")]).await;
    say(&consumer, silent, &[("verdict", "right")]).await;

    let photo = |run: RunId| format!("/author/apps/{}/feedback/{run}/photo", marker.slug);
    assert_eq!(author.get(&photo(right)).await.status, StatusCode::OK);
    assert_eq!(author.get(&photo(silent)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(Browser::of(&app, "rival").await.get(&photo(right)).await.status, StatusCode::NOT_FOUND);
    let list = consumer.get("/settings/consents").await;
    assert_eq!(list.body.matches("data-test=\"consent\"").count(), 2);

    let mut coco = marker.export(&world, Format::Coco).await;
    let found: Value = serde_json::from_str(&text_of(&mut coco, "annotations.json")).unwrap();
    assert_eq!(found["images"].as_array().unwrap().len(), 2);
    assert_eq!((&found["images"][0]["width"], &found["images"][0]["verdict"]), (&json!(40), &json!("right")));
    let of_negative = found["annotations"].as_array().unwrap().iter().filter(|one| one["image_id"] == 2);
    assert_eq!(of_negative.count(), 0, "a photo with nothing on it");
    assert_eq!(found["annotations"][0]["bbox"], json!([0.0, 0.0, 40.0, 30.0]), "a label of the whole photo");
    let scored: Value = serde_json::from_str(&text_of(&mut coco, "predictions.json")).unwrap();
    assert!(scored.as_array().unwrap().iter().any(|one| one["score"] == 0.75));
    let mut yolo = marker.export(&world, Format::Yolo).await;
    assert_eq!(text_of(&mut yolo, &format!("labels/{negative}.txt")), "");
    assert!(text_of(&mut yolo, &format!("labels/{right}.txt")).contains(" 0.175000 0.233333 0.250000 0.266667\n"));
    let table = text_of(&mut marker.export(&world, Format::Csv).await, "feedback.csv");
    assert!(table.contains(",'=1+1,truth,"), "{table}");
    let lines = text_of(&mut marker.export(&world, Format::Jsonl).await, "feedback.jsonl");
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["truth"]["count"], json!(1.0));

    // One is withdrawn, the other run is deleted: nothing is left in any format.
    let csrf = consumer.csrf().await;
    for path in [format!("/runs/{right}/feedback/withdraw"), format!("/runs/{negative}/delete")] {
        assert_eq!(consumer.post(&path, &[("csrf", &csrf)]).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    for format in Format::ALL {
        let mut zip = marker.export(&world, format).await;
        for index in 0..zip.len() {
            let (name, mut content) = (zip.by_index(index).unwrap().name().unwrap().into_owned(), Vec::new());
            zip.by_index(index).unwrap().read_to_end(&mut content).unwrap();
            let content = String::from_utf8_lossy(&content).into_owned();
            for run in [right, negative, silent] {
                assert!(!name.contains(&run.to_string()), "{}: {name}", format.name());
                assert!(!content.contains(&run.to_string()), "{}: {content}", format.name());
            }
        }
    }
    assert_eq!(author.get(&photo(right)).await.status, StatusCode::NOT_FOUND);
    assert!(consumer.get("/settings/consents").await.has("[data-test=empty]"));
    let list = author.get(&format!("/author/apps/{}/feedback", marker.slug)).await;
    assert_eq!(list.text("[data-test=verdicts] tbody tr").replace(char::is_whitespace, ""), "2.0.0200");
}

#[actix_web::test]
async fn a_program_reads_feedback_with_a_key_for_it() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let marker = Marker::publish(&world).await;
    let consumer = Browser::of(&app, "consumer").await;
    running::finish_for_testing(&world.portal, Some(&json!({"labels": []})), 10.0).await;
    for comment in ["first", "second", "third"] {
        let run = marker.run(&world, &world.people["consumer"], Some(&answer())).await;
        say(&consumer, run, &[("verdict", "wrong"), ("comment", comment), ("c.kind", "pets")]).await;
    }
    let program = Browser::new(&app);
    let ask = async |key: &str, path: &str| {
        let request = test::TestRequest::get().uri(&format!("/api/v1/apps/{}/feedback{path}", marker.slug));
        program.send(request.insert_header(("authorization", format!("Bearer {key}")))).await
    };
    let publisher = world.key("author", &[Scope::Publish]).await;
    assert_eq!(ask(&publisher, "").await.status, StatusCode::FORBIDDEN, "publishing is not reading feedback");
    let key = world.key("author", &[Scope::Feedback]).await;
    let first: Value = serde_json::from_str(&ask(&key, "?limit=2").await.body).unwrap();
    assert_eq!(first["feedback"][0]["comment"], "third");
    assert_eq!(first["feedback"][0]["correction"], json!({"kind": {"label": "pets"}}));
    assert_eq!(first["releases"][0]["wrong"], 3);
    let next = first["next"].as_str().unwrap();
    let rest: Value = serde_json::from_str(&ask(&key, &format!("?limit=2&after={next}")).await.body).unwrap();
    assert_eq!((rest["feedback"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    let export = ask(&key, "/export?format=yolo").await;
    assert_eq!((export.status, export.content_type.as_str()), (StatusCode::OK, "application/zip"));
    assert!(export.header("content-disposition").unwrap().contains("marker-feedback-yolo.zip"));
    for bad in ["?verdict=maybe", "/export?format=tar", "/export?from=yesterday"] {
        assert_eq!(ask(&key, bad).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
}

#[actix_web::test]
async fn figures_are_counted_as_runs_end_and_lines_are_watched() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let marker = Marker::publish(&world).await;
    let author = Browser::of(&app, "author").await;
    running::finish_for_testing(&world.portal, Some(&json!({"labels": []})), 10.0).await;
    let path = format!("/author/apps/{}", marker.slug);
    assert!(author.get(&path).await.has("[data-test=empty]"));
    let csrf = author.csrf().await;
    let refused = author.post(&format!("{path}/lines"), &[("csrf", &csrf), ("failures", "100")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let drawn = author.post(&format!("{path}/lines"), &[("csrf", &csrf), ("failures", "10"), ("slow", "30")]).await;
    assert_eq!(drawn.status, StatusCode::SEE_OTHER);
    for (name, results) in [("consumer", Some(answer())), ("consumer", None), ("rival", Some(answer()))] {
        marker.run(&world, &world.people[name], results.as_ref()).await;
    }
    work::sweep(&world.portal).await.unwrap();
    assert!(!author.get("/author").await.has("[data-test=alert]"), "three runs are too few for an alarm");
    for _ in 0..3 {
        marker.run(&world, &world.people["consumer"], Some(&answer())).await;
    }
    work::sweep(&world.portal).await.unwrap();
    work::sweep(&world.portal).await.unwrap();

    let page = author.get(&path).await;
    assert_eq!(page.text("[data-test=totals] dd"), "6");
    assert!(page.text("[data-test=failures] tbody").contains("Not done in time"));
    let row = page.text("[data-test=releases] tbody tr").replace(char::is_whitespace, "");
    assert!(row.starts_with("2.0.0617%2"), "six runs, one of them failed, two people: {row}");
    let stages = page.text("[data-test=stages]");
    assert!(stages.contains("Altogether") && stages.contains("ms"), "{stages}");
    assert!(page.has("[data-test=chart-runs] svg rect.tone-bad") && page.has("[data-test=chart-times] path.tone-good"));
    assert!(page.text("[data-test=drift]").contains("Too new to say"));
    let alerts = author.get("/author").await.body.matches("data-test=\"alert\"").count();
    assert_eq!(alerts, 2, "failures and time, each told once");
    assert!(!Browser::of(&app, "rival").await.get("/author").await.has("[data-test=alert]"));
    author.post(&format!("{path}/alerts/seen"), &[("csrf", &csrf)]).await;
    assert!(!author.get(&path).await.has("[data-test=alert]"));
}

#[actix_web::test]
async fn an_export_that_nobody_fetches_ends() {
    let world = World::new().await;
    let marker = Marker::publish(&world).await;
    let wanted = Wanted { format: Format::Csv, from: 0, to: i64::MAX, release: Some(ReleaseId(999)) };
    let author = &world.people["author"];
    let refused = export::begin(&world.portal, author, &marker.slug, &wanted).await;
    assert!(matches!(refused, Err(DomainError::NotFound)), "a release that is none of the app's");
    let wanted = Wanted { release: None, ..wanted };
    let mut export = export::begin(&world.portal, author, &marker.slug, &wanted).await.unwrap();
    assert!(export.content.next().await.unwrap().is_ok());
}
