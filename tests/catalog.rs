//! The catalogue of known models: each becomes an app that answers as ONNX Runtime does, from the command line and from
//! the admin's page.

use std::{fs, path::PathBuf, time::Duration};

use scraper::ElementRef;
use serde_json::Value;
use tempfile::TempDir;
use vision_catalog::{Catalog, Entry};

use crate::{
    publishing::new_key,
    support::{
        command::Vision,
        data::{TestData, read},
        eventually,
        page::Page,
        portal::{Portal, Setup},
        python::{Reference, tests_folder},
        require,
        visitor::{PATIENCE, run_status},
    },
};

const SCORE_TOLERANCE: f64 = 0.01;
const PIXEL_TOLERANCE: f64 = 2.0;

/// A real photo that suits the entry.
fn photo(entry: &Entry, data: &TestData) -> PathBuf {
    match (entry.name.as_str(), entry.text("Category")) {
        ("mnist-digits", _) => tests_folder().join("../sample-apps/digit-reader/examples/chalk-on-slate/photo.jpg"),
        ("person-detector", _) => data.image("darknet_person.jpg"),
        (_, "Faces") => data.image("skimage_astronaut.png"),
        (_, "Object detection") => data.image("darknet_dog.jpg"),
        _ => data.image("winml_cat.jpg"),
    }
}

/// Whether the embedded runner can prove it, and its models are at hand.
fn is_at_hand(entry: &Entry, data: &TestData) -> bool {
    let runner = entry.manifest().expect("a tested manifest").runner.and_then(|runner| runner.engine);
    let folders = ["classification", "detection", "face_detection", "faceapi"];
    let here = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        folders.iter().any(|folder| data.model(&format!("{folder}/{name}")).is_file())
    };
    runner.is_none_or(|engine| engine == "tract") && entry.models.iter().all(|model| here(&model.path))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_model_at_hand_answers_as_onnx_runtime_does() {
    let data = require!(TestData::find());
    let reference = require!(Reference::find());
    let vision = require!(Vision::find()).with("VISION_MODEL_MIRROR", data.model("").display().to_string());
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let key = new_key(&author, &["read", "publish"]).await;
    vision.log_in(&portal.url, &key);

    let mut tried = Vec::new();
    for entry in Catalog::builtin().entries().iter().filter(|entry| is_at_hand(entry, &data)) {
        let name = entry.name.as_str();
        vision.run(&["catalog", "install", name]).ok();
        vision.run(&["check", name]).ok();
        let said = vision.run(&["publish", name, "--json"]);
        assert_eq!(said.code, 0, "{name}: {said:?}");
        let app = format!("/apps/{}", said.json()["release"]["app"].as_str().expect("an app"));

        let photo = photo(entry, &data);
        let kind = if photo.extension().is_some_and(|kind| kind == "png") { "image/png" } else { "image/jpeg" };
        let run = author.run_and_wait(&app, &read(&photo), kind).await;
        assert_eq!(run_status(&run), "Done", "{name}: {}", run.visible_text());
        let expected = reference.ask("catalog.py", &[&vision.home().join(name), &photo]);
        match entry.text("Task") {
            "classification" => assert_labels(name, &run, &expected["labels"]),
            // Two pixels of the photo, or one of what the model sees: this one looks at 640 pixels through 192.
            "detection" if name == "person-detector" => assert_boxes(name, &run, &expected["boxes"], 640.0 / 192.0),
            "detection" => assert_boxes(name, &run, &expected["boxes"], PIXEL_TOLERANCE),
            other => panic!("{name}: nothing compares the task {other}"),
        }
        tried.push(name);
    }
    assert!(tried.len() >= 7, "only {tried:?}");
}

fn number(element: &ElementRef<'_>, name: &str) -> f64 {
    let text = element.attr(name).unwrap_or_else(|| panic!("no {name}"));
    text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number"))
}

/// The best label is the same one, and as sure.
fn assert_labels(name: &str, run: &Page, expected: &Value) {
    let found = run.each("[data-test='result'] li[data-label]", |element| {
        (element.attr("data-label").unwrap_or_default().to_owned(), number(&element, "data-score"))
    });
    let (label, score) = found.first().unwrap_or_else(|| panic!("{name}: no label"));
    assert_eq!(expected[0]["label"], label.as_str(), "{name}: {found:?} where ONNX Runtime says {expected}");
    let known = expected[0]["score"].as_f64().expect("a score");
    assert!((score - known).abs() < SCORE_TOLERANCE, "{name}: {score} where ONNX Runtime says {known}");
}

type Found = (String, f64, [f64; 4]);

/// Each box of either side that is not right at the threshold has its like on the other.
fn assert_boxes(name: &str, run: &Page, expected: &Value, pixels: f64) {
    let found: Vec<Found> = run.each("[data-test='result'] rect[data-label]", |element| {
        let area = ["data-x", "data-y", "data-width", "data-height"].map(|side| number(&element, side));
        (element.attr("data-label").unwrap_or_default().to_owned(), number(&element, "data-score"), area)
    });
    let expected: Vec<Found> = expected
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| {
            let number = |key: &str| item[key].as_f64().expect("a number");
            (
                item["label"].as_str().expect("a label").to_owned(),
                number("score"),
                ["x", "y", "width", "height"].map(number),
            )
        })
        .collect();
    assert!(!expected.is_empty(), "{name}: the photo shows nothing");
    let lowest = expected.iter().chain(&found).map(|(_, score, _)| *score).fold(f64::MAX, f64::min);
    let is_clear = |score: f64| score > lowest + 2.0 * SCORE_TOLERANCE || expected.len() == found.len();
    for (these, others) in [(&expected, &found), (&found, &expected)] {
        for (label, score, area) in these.iter().filter(|(_, score, _)| is_clear(*score)) {
            let is_alike = |other: &Found| {
                other.0 == *label
                    && (other.1 - score).abs() < SCORE_TOLERANCE
                    && other.2.iter().zip(area).all(|(one, other)| (one - other).abs() < pixels)
            };
            assert!(others.iter().any(is_alike), "{name}: {label} {score} {area:?} is not in {others:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_lists_and_installs() {
    let data = require!(TestData::find());
    let vision = require!(Vision::find()).with("VISION_MODEL_MIRROR", data.model("").display().to_string());
    let said = vision.run(&["catalog", "list"]).ok();
    assert!(said.lines().any(|line| line.starts_with("yolox-nano ") && line.contains("Apache-2.0")), "{said}");
    let list = vision.run(&["catalog", "list", "--task", "detection", "--json"]).json();
    let entries = list["entries"].as_array().expect("a list");
    assert!(entries.len() >= 4 && entries.iter().all(|entry| entry["task"] == "detection"), "{list}");

    let said = vision.run(&["catalog", "install", "yolox-nano", "--into", "objects.zip"]).ok();
    assert!(said.contains("no faults") && said.contains("Apache-2.0"), "{said}");
    vision.run(&["check", "objects.zip"]).ok();
    let again = vision.run(&["catalog", "install", "yolox-nano", "--into", "objects.zip"]);
    assert_eq!((again.code, again.err.contains("there already")), (2, true), "{again:?}");
    let unknown = vision.run(&["catalog", "install", "skynet"]);
    assert_eq!((unknown.code, unknown.err.contains("vision catalog list")), (2, true), "{unknown:?}");

    // What was converted is no download: without a mirror that has it there is nothing to do.
    let nowhere = vision.run(&["catalog", "install", "squeezenet-1.0", "--mirror", "."]);
    assert_eq!((nowhere.code, nowhere.err.contains("cast to fp32")), (2, true), "{nowhere:?}");
    assert!(!vision.home().join("squeezenet-1.0").exists());
}

#[tokio::test]
async fn an_admin_installs_a_model() {
    let data = require!(TestData::find());
    let portal = Setup::new().with("VISION_MODEL_MIRROR", data.model("")).start().await;
    let admin = portal.admin().await;
    let catalog = admin.get("/admin/catalog").await.ok();
    let line = catalog.text("#yolox-nano").expect("the entry");
    assert!(line.contains("detection") && line.contains("3.7 MB") && line.contains("Apache-2.0"), "{line}");

    let page = admin.submit(&catalog.form("#yolox-nano form")).await.ok();
    let install = page.url.path().to_owned();
    assert!(install.starts_with("/admin/installs/"), "{install}");
    let done = eventually("the model to be installed", PATIENCE, async || {
        let page = admin.get(&install).await.ok();
        (page.text("[data-test='install-status']").as_deref() == Some("Installed")).then_some(page)
    })
    .await;
    let release = done.attribute("[data-test='release']", "href").expect("a link to the release");
    eventually("the app to be published", PATIENCE, async || {
        let page = admin.get(&release).await.ok();
        let status = page.text("[data-test='release-status']").expect("a status");
        assert_ne!(status, "Rejected", "{}", page.visible_text());
        (status == "Published").then_some(())
    })
    .await;
    let app = portal.visitor().get("/apps/everyday-objects").await.ok();
    assert!(app.visible_text().contains("Megvii"), "the credits stand on the app's page: {}", app.visible_text());
    let again = admin.submit(&admin.get("/admin/catalog").await.form("#yolox-nano form")).await;
    assert_eq!(again.status, 409, "{}", again.visible_text());
    assert!(again.visible_text().contains("already"), "{}", again.visible_text());
}

#[tokio::test]
async fn a_model_that_is_not_to_be_had_says_so() {
    let empty = TempDir::new().expect("a folder");
    fs::write(empty.path().join("squeezenet_fp32_from_fp16.onnx"), b"something else").expect("written");
    let portal = Setup::new().with("VISION_MODEL_MIRROR", empty.path()).start().await;
    let admin = portal.admin().await;
    let page = admin.submit(&admin.get("/admin/catalog").await.ok().form("#squeezenet-1\\.0 form")).await.ok();
    let install = page.url.path().to_owned();
    let failed = eventually("the install to fail", Duration::from_secs(30), async || {
        let page = admin.get(&install).await.ok();
        page.text("[data-test='fault']").map(|fault| (page, fault))
    })
    .await;
    assert!(failed.1.contains("has other bytes") && failed.1.contains("cast to fp32"), "{}", failed.1);
    // Trying again is a new attempt, with a page of its own.
    let again = admin.submit(&failed.0.form("form[action$='squeezenet-1.0']")).await.ok();
    assert_ne!(again.url.path(), install);
}
