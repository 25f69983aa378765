//! The catalogue of known models: each becomes an app that answers as ONNX Runtime does, from the command line and from
//! the admin's page.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use image::RgbImage;
use serde_json::{Value, json};
use tempfile::TempDir;
use vision_catalog::{Catalog, Entry};
use vision_protocol::manifest::Task;

use crate::{
    publishing::new_key,
    support::{
        command::Vision,
        data::TestData,
        eventually,
        portal::{Portal, Setup},
        python::{Reference, tests_folder},
        require,
        visitor::PATIENCE,
    },
};

const SCORE_TOLERANCE: f64 = 0.01;
const PIXEL_TOLERANCE: f64 = 2.0;
/// Intersection over union that a mask has at least with the one it should be, each of its classes alone.
const LEAST_OVERLAP: f64 = 0.98;
/// Peak signal-to-noise ratio that a picture has at least, in decibels.
const LEAST_RATIO: f64 = 40.0;

/// A real photo that suits the entry.
fn photo(entry: &Entry, data: &TestData) -> PathBuf {
    match (entry.name.as_str(), entry.text("Category")) {
        ("mnist-digits", _) => tests_folder().join("../sample-apps/digit-reader/examples/chalk-on-slate/photo.jpg"),
        ("person-detector" | "person-reid", _) => data.image("darknet_person.jpg"),
        ("selfie-segmentation", _) | (_, "Faces") => data.image("skimage_astronaut.png"),
        (_, "Object detection" | "Segmentation") => data.image("darknet_dog.jpg"),
        (_, "Text") => data.image("skimage_page.png"),
        _ => data.image("winml_cat.jpg"),
    }
}

/// A photo's pixels as PNG. Two decoders of JPEG are off by 1 of 255 here and there, and on that hangs what the pixels at
/// the edge of a class are taken for: a good part of it where it covers a few hundred.
fn without_loss(photo: &Path, folder: &Path) -> PathBuf {
    let path = folder.join("photo.png");
    opened(photo).save(&path).expect("the temporary folder takes files");
    path
}

/// Whether the embedded runner can prove it, and its models are at hand.
fn is_at_hand(entry: &Entry, models: &[String]) -> bool {
    let engine = entry.manifest().expect("a tested manifest").runner.and_then(|runner| runner.engine);
    let is_here = |path: &str| models.iter().any(|model| path.ends_with(&format!("/{model}")));
    engine.is_none_or(|engine| engine == "tract") && entry.models.iter().all(|model| is_here(&model.path))
}

/// The names of all files of the test data's models.
fn models_of(data: &TestData) -> Vec<String> {
    let folders = fs::read_dir(data.model("")).expect("the models").flatten();
    let files = folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten().flatten();
    files.map(|file| file.file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_model_at_hand_answers_as_onnx_runtime_does() {
    let data = require!(TestData::find());
    let reference = require!(Reference::find());
    let vision = require!(Vision::find()).with("VISION_MODEL_MIRROR", data.model("").display().to_string());
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    vision.log_in(&portal.url, &new_key(&author, &["read", "publish"]).await);

    let models = models_of(&data);
    let mut tried = Vec::new();
    for entry in Catalog::builtin().entries().iter().filter(|entry| is_at_hand(entry, &models)) {
        let name = entry.name.as_str();
        vision.run(&["catalog", "install", name]).ok();
        let said = vision.run(&["publish", name, "--json"]);
        assert_eq!((said.code, &said.json()["release"]["status"]), (0, &json!("published")), "{name}: {said:?}");

        let mut photo = photo(entry, &data);
        if entry.manifest().expect("a tested manifest").task == Some(Task::Segmentation) {
            photo = without_loss(&photo, vision.home());
        }
        let file = photo.to_str().expect("a path in UTF-8");
        let said = vision.run(&["run", name, "--image", file, "--json", "--out", "pictures"]);
        assert_eq!(said.code, 0, "{name}: {said:?}");
        let answer = said.json();
        let inputs = PathBuf::from(json!({ "Image": photo }).to_string());
        let picture = vision.home().join("expected.png");
        let expected = reference.ask("tasks", &[&vision.home().join(name), &inputs, &picture]);
        for (result, expected) in expected.as_object().expect("results by name") {
            if expected.is_null() {
                let made = list(&answer["pictures"]).iter().find(|made| made["result"] == result.as_str());
                let made = made.and_then(|made| made["file"].as_str());
                let made = made.unwrap_or_else(|| panic!("{name}: no picture {result} in {answer}"));
                let [found, expected] = [vision.home().join(made), picture.clone()].map(|path| opened(&path));
                assert_alike(name, result, &found, &expected);
                continue;
            }
            let found = &answer["result"][result];
            assert!(agree(result, found, expected), "{name}: {result} is {found} where ONNX Runtime says {expected}");
        }
        eprintln!("{name}: as ONNX Runtime says");
        tried.push(name);
    }
    assert!(tried.len() >= 20, "only {tried:?}");
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn near(one: &Value, other: &Value, keys: &[&str], most: f64) -> bool {
    keys.iter().all(|key| (number(&one[key]) - number(&other[key])).abs() < most)
}

/// Whether a result is what ONNX Runtime says, as near as its kind can be.
fn agree(result: &str, found: &Value, expected: &Value) -> bool {
    match result {
        // The best label is the same one, and as sure.
        "labels" => {
            found[0]["label"] == expected[0]["label"] && near(&found[0], &expected[0], &["score"], SCORE_TOLERANCE)
        }
        "boxes" => same_things(list(&found["boxes"]), list(&expected["boxes"]), |one, other| {
            near(one, other, &["x", "y", "width", "height"], PIXEL_TOLERANCE)
        }),
        "regions" => same_things(list(&found["polygons"]), list(&expected["polygons"]), |one, other| {
            let [one, other] = [one, other].map(middle);
            (one[0] - other[0]).hypot(one[1] - other[1]) < PIXEL_TOLERANCE
        }),
        "points" => {
            let (found, expected) = (list(&found["points"]), list(&expected["points"]));
            let near = |(one, other)| near(one, other, &["x", "y"], PIXEL_TOLERANCE);
            found.len() == expected.len() && found.iter().zip(expected).all(near)
        }
        "attributes" => list(found).iter().zip(list(expected)).all(|(one, other)| match one["value"].as_f64() {
            Some(value) => (value - number(&other["value"])).abs() < 0.5,
            None => one["value"] == other["value"] && near(one, other, &["score"], SCORE_TOLERANCE),
        }),
        "embedding" => cosine(list(found), list(expected)) > 0.999,
        other => panic!("nothing compares a result named {other}"),
    }
}

fn opened(path: &Path) -> RgbImage {
    image::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into_rgb8()
}

/// Holds a picture against ONNX Runtime's: a mask by what each of its classes covers, others by all their numbers.
#[track_caller]
fn assert_alike(name: &str, result: &str, found: &RgbImage, expected: &RgbImage) {
    assert_eq!(found.dimensions(), expected.dimensions(), "{name}: {result}");
    if result == "mask" {
        for (color, (shared, either)) in covered(found, expected) {
            let overlap = f64::from(shared) / f64::from(either);
            eprintln!("{name}: {color:?} overlaps by {overlap:.4} of {either} pixels");
            // What covers less than a thousandth is not told among the labels either.
            let matters = either >= found.width() * found.height() / 1000;
            assert!(overlap >= LEAST_OVERLAP || !matters, "{name}: {result}: {color:?} overlaps by {overlap}");
        }
    } else {
        let differences = || found.iter().zip(expected.iter()).map(|(one, other)| f64::from(one.abs_diff(*other)));
        let share = 1.0 / found.len() as f64;
        let (mean, most) = (differences().sum::<f64>() * share, differences().fold(0.0, f64::max));
        let ratio = 20.0 * 255_f64.log10() - 10.0 * (differences().map(|d| d * d).sum::<f64>() * share).log10();
        eprintln!("{name}: {result} is {mean:.2} of 255 apart in the mean, {most} at most: {ratio:.1} dB");
        assert!(
            ratio >= LEAST_RATIO,
            "{name}: {result} is {mean} of 255 apart in the mean, {most} at most: {ratio} dB"
        );
    }
}

/// How many pixels are of a colour on both masks, and on one at least. Of a soft mask, its halves.
fn covered(found: &RgbImage, expected: &RgbImage) -> BTreeMap<[u8; 3], (u32, u32)> {
    let soft = found.pixels().chain(expected.pixels()).all(|pixel| pixel.0 == [pixel.0[0]; 3]);
    let class = |pixel: [u8; 3]| if soft { [if pixel[0] > 127 { 255 } else { 0 }; 3] } else { pixel };
    let mut covered: BTreeMap<_, (u32, u32)> = BTreeMap::new();
    for (one, other) in found.pixels().zip(expected.pixels()) {
        let (one, other) = (class(one.0), class(other.0));
        covered.entry(one).or_default().1 += 1;
        if one == other {
            covered.entry(one).or_default().0 += 1;
        } else {
            covered.entry(other).or_default().1 += 1;
        }
    }
    covered
}

/// Whether each thing of either side that is not right at the threshold has its like on the other.
fn same_things(found: &[Value], expected: &[Value], at_one_place: impl Fn(&Value, &Value) -> bool) -> bool {
    let scores = found.iter().chain(expected).map(|thing| number(&thing["score"]));
    let lowest = scores.fold(f64::MAX, f64::min);
    let is_clear =
        |thing: &&Value| found.len() == expected.len() || number(&thing["score"]) > lowest + 2.0 * SCORE_TOLERANCE;
    let alike = |one: &Value, other: &Value| {
        one["label"] == other["label"] && near(one, other, &["score"], SCORE_TOLERANCE) && at_one_place(one, other)
    };
    let all = |these: &[Value], others: &[Value]| {
        these.iter().filter(is_clear).all(|one| others.iter().any(|other| alike(one, other)))
    };
    !expected.is_empty() && all(found, expected) && all(expected, found)
}

/// The middle of what a region covers.
fn middle(region: &Value) -> [f64; 2] {
    let corners = list(&region["points"]);
    [0, 1].map(|axis: usize| {
        let places = || corners.iter().map(|corner| number(&corner[axis]));
        (places().fold(f64::MAX, f64::min) + places().fold(f64::MIN, f64::max)) / 2.0
    })
}

fn cosine(one: &[Value], other: &[Value]) -> f64 {
    let dot = |one: &[Value], other: &[Value]| -> f64 {
        one.iter().zip(other).map(|(one, other)| number(one) * number(other)).sum()
    };
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
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
