//! What a person sees in a real browser: an app is uploaded, tried, published, found, and run by somebody else.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    browser::{Browser, file},
    data::{TestData, read},
    packages,
    portal::{Portal, Setup},
    python::{Reference, tests_folder},
    require,
    visitor::{PASSWORD, email},
};

const SCORE_TOLERANCE: f64 = 0.01;
const PIXEL_TOLERANCE: f64 = 2.0;

#[tokio::test]
async fn an_author_publishes_a_detector_without_code_and_somebody_else_runs_it() {
    let data = require!(TestData::find());
    let reference = require!(Reference::find());
    let portal = Portal::start().await;
    let browser = require!(Browser::open(&portal.url).await);
    let files = TempDir::new().expect("a temporary folder");
    let package = file(files.path(), "street-watcher.zip", &packages::yolox(&data));
    let photo = data.image("darknet_dog.jpg");

    sign_up(&browser, "ada").await;
    portal.admin().await.grant("ada", "developer").await;
    browser.goto("/author/upload").await;
    browser.choose_file("[data-test='upload-form'] input[type=file]", &photo).await;
    browser.click("[data-test='upload-form'] [type=submit]").await;
    let fault = browser.text("[data-test='fault']").await;
    assert!(fault.contains("JPEG"), "a photo instead of a zip: {fault}");
    browser.choose_file("[data-test='upload-form'] input[type=file]", &package).await;
    browser.click("[data-test='upload-form'] [type=submit]").await;
    browser.wait_for_text("[data-test='release-status']", &["Draft", "Rejected"]).await;
    assert!(!browser.has("[data-test='fault']").await, "{}", browser.text("main").await);
    let release = browser.path().await;

    run_in(&browser, &photo).await;
    assert_boxes(&boxes(&browser).await, &answer_for_dog(&reference, &data));

    browser.goto(&release).await;
    browser.click("[data-test='publish']").await;
    browser.wait_for("[data-test='notice']").await;
    log_out(&browser).await;

    sign_up(&browser, "grace").await;
    find_and_open(&browser, "Street watcher", "street", "Traffic").await;
    run_in(&browser, &photo).await;
    assert_boxes(&boxes(&browser).await, &answer_for_dog(&reference, &data));
    browser.screenshot("detection").await;

    let run = browser.path().await;
    browser.goto("/runs").await;
    assert!(browser.has(&format!("a[href='{run}']")).await, "the run is missing from the history");
}

#[tokio::test]
async fn a_classifier_gives_the_five_labels_that_onnx_runtime_gives() {
    let data = require!(TestData::find());
    let reference = require!(Reference::find());
    let portal = Portal::start().await;
    let browser = require!(Browser::open(&portal.url).await);
    let files = TempDir::new().expect("a temporary folder");
    let app = portal.author("ada").await.publish(&packages::squeezenet(&data)).await;

    sign_up(&browser, "grace").await;
    browser.goto(&app).await;
    run_in(&browser, &data.image("winml_cat.jpg")).await;
    browser.screenshot("classification").await;

    let script =
        "return [...document.querySelectorAll('[data-test=result] li[data-label]')].map(e => ({...e.dataset}))";
    let found = browser.script(script).await;
    let expected = reference.ask(
        "squeezenet.py",
        &[
            &data.model("classification/squeezenet_fp32_from_fp16.onnx"),
            &data.image("winml_cat.jpg"),
            &file(files.path(), "labels.txt", &packages::imagenet_labels(&data)),
        ],
    );
    let labels = |list: &Value| list.as_array().expect("a list").iter().map(|l| l["label"].clone()).collect::<Vec<_>>();
    assert_eq!(labels(&found), labels(&expected));
    assert_eq!(found.as_array().map(Vec::len), Some(5));
    for (found, expected) in found.as_array().into_iter().flatten().zip(expected.as_array().into_iter().flatten()) {
        let difference = (number(&found["score"]) - number(&expected["score"])).abs();
        assert!(difference < SCORE_TOLERANCE, "{found} where ONNX Runtime says {expected}");
    }
}

#[tokio::test]
async fn pages_fit_a_phone_and_have_a_dark_side() {
    let portal = Setup::new().with_sample_apps().start().await;
    let home = portal.home_with_sample_apps().await;
    let browser = require!(Browser::open(&portal.url).await);
    let app = home.attribute("a[href^='/apps/']", "href").expect("the first page is not empty");
    let (account, password) = portal.admin_account();
    log_in(&browser, account, password).await;
    browser.emulate_phone().await;
    browser.goto(&app).await;
    let photo = tests_folder().join("../sample-apps/digit-reader/examples/pen-on-paper/photo.jpg");
    run_in(&browser, &photo).await;
    let run = browser.path().await;

    for path in [
        "/",
        &app,
        &run,
        "/runs",
        "/author",
        "/author/upload",
        "/settings",
        "/settings/sessions",
        "/settings/author",
        "/settings/keys",
        "/admin",
        "/admin/requests",
        "/admin/invitations",
        "/admin/site",
        "/admin/audit",
        "/admin/catalog",
        "/admin/people",
        "/admin/runners",
    ] {
        browser.goto(path).await;
        let script = "const e = document.documentElement; return [e.scrollWidth, e.clientWidth]";
        let widths = browser.script(script).await;
        assert!(number(&widths[0]) <= number(&widths[1]), "{path} is {} wide on a phone of {}", widths[0], widths[1]);
    }
    browser.goto(&app).await;
    browser.screenshot("app-on-phone").await;

    let light = background(&browser).await;
    browser.emulate_colors("dark").await;
    browser.goto(&app).await;
    let dark = background(&browser).await;
    browser.screenshot("app-on-phone-dark").await;
    assert!(light > 0.8 && dark < 0.2, "lightness of the background: {light} by day, {dark} by night");
}

/// Runs the app whose page is open, and waits until it is done.
pub(crate) async fn run_in(browser: &Browser, photo: &Path) {
    browser.choose_file("[data-test='run-form'] input[type=file]", photo).await;
    browser.click("[data-test='run-form'] [type=submit]").await;
    let status = browser.wait_for_text("[data-test='run-status']", &["Done", "Failed"]).await;
    assert_eq!(status, "Done", "{}", browser.text("main").await);
}

async fn sign_up(browser: &Browser, name: &str) {
    browser.goto("/signup").await;
    browser.fill("[data-test='signup-form'] [name=name]", name).await;
    browser.fill("[data-test='signup-form'] [name=email]", &email(name)).await;
    browser.fill("[data-test='signup-form'] [name=password]", PASSWORD).await;
    browser.click("[data-test='signup-form'] [type=submit]").await;
    browser.wait_for("[data-test='login-form']").await;
    log_in(browser, &email(name), PASSWORD).await;
}

pub(crate) async fn log_in(browser: &Browser, account: &str, password: &str) {
    browser.goto("/login").await;
    browser.fill("[data-test='login-form'] [name=email]", account).await;
    browser.fill("[data-test='login-form'] [name=password]", password).await;
    browser.click("[data-test='login-form'] [type=submit]").await;
    browser.wait_for("form[action='/logout']").await;
}

async fn log_out(browser: &Browser) {
    browser.goto("/").await;
    browser.click(".account summary").await;
    browser.click("form[action='/logout'] [type=submit]").await;
    browser.wait_for(".account a[href^='/login']").await;
}

async fn find_and_open(browser: &Browser, name: &str, search: &str, category: &str) {
    let card = format!("//a[starts-with(@href, '/apps/') and contains(., '{name}')]");
    browser.goto("/?q=nothing-of-that-name").await;
    assert!(!browser.has_xpath(&card).await, "a search for something else shows {name}");
    browser.goto(&format!("/?category={category}")).await;
    assert!(browser.has_xpath(&card).await, "{name} is not on the shelf {category}");
    browser.goto("/").await;
    browser.fill("main form [name=q]", search).await;
    browser.script("document.querySelector('main form [name=q]').form.requestSubmit()").await;
    browser.click_xpath(&card).await;
    browser.wait_for("[data-test='run-form']").await;
}

/// The rectangles that are drawn on the photo, which must have been loaded.
async fn boxes(browser: &Browser) -> Value {
    let photo = "const e = document.querySelector('[data-test=result] img, [data-test=result] svg image');
        if (!e) return 0;
        return e.naturalWidth ?? (e.getBoundingClientRect().width > 0 ? 768 : 0)";
    assert_eq!(number(&browser.script(photo).await), 768.0, "the photo under the boxes");
    let script = "return [...document.querySelectorAll('[data-test=result] rect[data-label]')]
        .map(e => ({...e.dataset, shown: e.getBoundingClientRect().width > 0}))";
    browser.script(script).await
}

fn answer_for_dog(reference: &Reference, data: &TestData) -> Value {
    let model = data.model("detection/yolox_nano_416.onnx");
    let photo = data.image("darknet_dog.jpg");
    assert!(!read(&photo).is_empty());
    reference.ask("yolox.py", &[&model, &photo, &data.model("detection/coco.names")])
}

/// Dog, car and bicycle are where ONNX Runtime sees them.
fn assert_boxes(found: &Value, expected: &Value) {
    for (label, score) in [("dog", 0.83), ("car", 0.81), ("bicycle", 0.81)] {
        let labelled = |list: &Value| -> Vec<Value> {
            list.as_array().into_iter().flatten().filter(|item| item["label"] == label).cloned().collect()
        };
        let (found, expected) = (labelled(found), labelled(&expected["boxes"]));
        assert_eq!((found.len(), expected.len()), (1, 1), "{label}: {found:?} where ONNX Runtime says {expected:?}");
        let (found, expected) = (&found[0], &expected[0]);
        assert_eq!(found["shown"], true, "{label} is not drawn");
        for known in [score, number(&expected["score"])] {
            let difference = (number(&found["score"]) - known).abs();
            assert!(difference < SCORE_TOLERANCE, "{label}: score {} where {known} is right", found["score"]);
        }
        for side in ["x", "y", "width", "height"] {
            let difference = (number(&found[side]) - number(&expected[side])).abs();
            assert!(difference < PIXEL_TOLERANCE, "{label}: {found} where ONNX Runtime says {expected}");
        }
    }
}

/// Lightness of the page's background, 0 to 1.
async fn background(browser: &Browser) -> f64 {
    let script = "const c = document.createElement('canvas').getContext('2d');
        c.fillStyle = getComputedStyle(document.body).backgroundColor; c.fillRect(0, 0, 1, 1);
        const [r, g, b] = c.getImageData(0, 0, 1, 1).data; return (r + g + b) / 765";
    number(&browser.script(script).await)
}

/// A number, also one that stands in an attribute.
fn number(value: &Value) -> f64 {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
    number.unwrap_or_else(|| panic!("{value} is no number"))
}
