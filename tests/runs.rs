//! What people do with photos and runs in a real browser: the camera, the clipboard, many at once, and what comes after.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    browser::{log_in, run_in},
    support::{
        browser::{Browser, file},
        eventually, glue,
        minimal_runner::MinimalRunner,
        packages,
        portal::{Portal, Setup},
        python::tests_folder,
        require,
        visitor::{PASSWORD, PATIENCE, email},
    },
};

const SEND: &str = "[data-test='run-form'] [type=submit]";

/// An app that answers at once, and somebody logged in with a browser.
async fn ready(portal: &Portal, browser: &Browser) -> String {
    let app = portal.author("ada").await.publish(&packages::glue_only("Instant", &glue::instant(), 10_000)).await;
    portal.consumer("grace").await;
    log_in(browser, &email("grace"), PASSWORD).await;
    app
}

async fn done(browser: &Browser) {
    let status = browser.wait_for_text("[data-test='run-status']", &["Done", "Failed"]).await;
    assert_eq!(status, "Done", "{}", browser.text("main").await);
}

/// Width and height of the first photo on the page, as soon as it is loaded.
async fn photo_size(browser: &Browser) -> Value {
    let script = "const photo = document.querySelector('img.thumb');
        return photo.decode().then(() => [photo.naturalWidth, photo.naturalHeight])";
    browser.script(script).await
}

#[tokio::test]
async fn photos_come_from_the_camera_the_clipboard_and_another_window() {
    let portal = Portal::start().await;
    let browser = require!(Browser::open(&portal.url).await);
    let app = ready(&portal, &browser).await;
    for phone in [false, true] {
        if phone {
            browser.emulate_phone().await;
        }
        browser.goto(&app).await;
        browser.click("[data-test='open-camera']").await;
        browser.wait_for("[data-test='shutter']:not([disabled])").await;
        browser.screenshot(if phone { "camera-on-phone" } else { "camera" }).await;
        browser.wait_for("[data-test='turn-camera']:not([hidden])").await;
        browser.click("[data-test='turn-camera']").await;
        browser.wait_for("[data-test='shutter']:not([disabled])").await;
        browser.click("[data-test='shutter']").await;
        browser.wait_for(".drop.filled .preview").await;
        assert!(!browser.has("dialog.camera").await, "the dialog closes");
        browser.click(SEND).await;
        done(&browser).await;
        let size = photo_size(&browser).await;
        assert!(size[0].as_u64() >= Some(320), "the camera's picture is {size}");
    }
    let made = "const canvas = document.createElement('canvas'); canvas.width = 41; canvas.height = 31;
        return new Promise((done) => canvas.toBlob(done, 'image/png')).then((blob) => {
            const data = new DataTransfer(); data.items.add(new File([blob], 'made.png', { type: 'image/png' }));";
    let pasted = "document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true })); })";
    let dropped = "document.querySelector('.drop').dispatchEvent(
        new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })); })";
    for way in [pasted, dropped] {
        browser.goto(&app).await;
        browser.wait_for("[data-test='open-camera']").await;
        browser.script(&format!("{made}{way}")).await;
        browser.wait_for(".drop.filled .preview").await;
        browser.click(SEND).await;
        done(&browser).await;
        assert_eq!(photo_size(&browser).await, serde_json::json!([41, 31]));
    }
}

#[tokio::test]
async fn many_photos_are_given_in_one_go_and_looked_at_together() {
    let portal = Portal::start().await;
    let browser = require!(Browser::open(&portal.url).await);
    let app = ready(&portal, &browser).await;
    let files = TempDir::new().expect("a temporary folder");
    let names = ["a.png", "b.png", "c.png"].map(|name| file(files.path(), name, &packages::small_photo()));
    let names = names.map(|path| path.canonicalize().expect("it is there").display().to_string());
    browser.goto(&app).await;
    browser.fill("[data-test='run-form'] input[type=file]", &names.join("\n")).await;
    browser.wait_for(".drop.several .preview:nth-of-type(3)").await;
    browser.click(SEND).await;
    browser.wait_for_text("[data-test='batch-status']", &["Done"]).await;
    assert!(browser.path().await.starts_with("/runs/batches/"));
    let rows = browser.script("return document.querySelectorAll('[data-test=batch-row] .pill.done').length").await;
    assert_eq!(rows, 3);
    let sheet = "return fetch(document.querySelector('[data-test=batch-csv]').href).then((answer) => answer.text())";
    let sheet = browser.script(sheet).await;
    assert_eq!(sheet.as_str().map(|text| text.lines().count()), Some(4), "{sheet}");
    browser.emulate_phone().await;
    browser.screenshot("batch-on-phone").await;
}

#[tokio::test]
async fn a_run_that_takes_long_is_cancelled() {
    let folder = TempDir::new().expect("a temporary folder");
    let go_on = folder.path().join("go-on");
    let mut runner = require!(MinimalRunner::start(Some(&go_on)));
    let portal = Setup::new().with("VISION_NO_EMBEDDED_RUNNER", "true").start().await;
    portal.admin().await.add_runner(&runner.url).await;
    let browser = require!(Browser::open(&portal.url).await);
    let app = ready(&portal, &browser).await;
    let photo = file(folder.path(), "photo.png", &packages::small_photo());
    browser.goto(&app).await;
    browser.choose_file("[data-test='run-form'] input[type=file]", &photo).await;
    browser.click(SEND).await;
    let link = runner.next_signed_url();
    browser.click("[data-test='run-cancel']").await;
    browser.wait_for_text("[data-test='run-status']", &["Cancelled"]).await;
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = http.get(link).send().await.expect("an answer");
    assert_eq!(answer.status(), reqwest::StatusCode::FORBIDDEN, "its link is dead");
    // It can be had after all.
    std::fs::write(&go_on, "").expect("a file");
    browser.click("[data-test='run-again']").await;
    done(&browser).await;
}

#[tokio::test]
async fn inputs_are_changed_results_compared_and_runs_let_go() {
    let portal = Portal::start().await;
    let browser = require!(Browser::open(&portal.url).await);
    let app = ready(&portal, &browser).await;
    let folder = TempDir::new().expect("a temporary folder");
    let photo = file(folder.path(), "photo.png", &packages::small_photo());
    browser.goto(&app).await;
    run_in(&browser, &photo).await;
    let first = browser.path().await;

    browser.click("[data-test='run-change']").await;
    browser.wait_for("[data-test='kept-photo'] img").await;
    browser.click(SEND).await;
    eventually("the new run", PATIENCE, async || {
        let path = browser.path().await;
        (path.starts_with("/runs/") && path != first).then_some(())
    })
    .await;
    done(&browser).await;
    assert_eq!(photo_size(&browser).await, serde_json::json!([32, 32]), "the photo of before");

    browser.click("[data-test='run-compare']").await;
    browser.click("[data-test='compare-choice'] a").await;
    browser.wait_for("[data-test='compare']").await;
    assert!(!browser.has("[data-test='differs']").await, "two runs on the same photo");

    browser.goto("/runs").await;
    browser.fill("[data-test='history-search'] [name=q]", "nothing like it").await;
    browser.click("[data-test='history-search'] [type=submit]").await;
    browser.wait_for("[data-test='nothing-found']").await;
    browser.goto("/runs?q=instant&status=done").await;
    let lines = "return document.querySelectorAll('[data-test=run-line]').length";
    assert_eq!(browser.script(lines).await, 2);
    browser.click("[data-test='run-line'] input[name=run]").await;
    browser.click("[data-test='delete-ticked']").await;
    browser.wait_for("[data-test='notice']").await;
    assert_eq!(browser.script(lines).await, 1);

    browser.goto("/settings/keep").await;
    browser.click("[data-test='keep-form'] [value='not-at-all']").await;
    browser.click("[data-test='keep-form'] [type=submit]").await;
    browser.wait_for("[data-test='notice']").await;
    browser.goto(&app).await;
    run_in(&browser, &photo).await;
    let words = browser.text("[data-test='keeping']").await;
    assert!(words.starts_with("Not kept"), "{words}");

    browser.goto("/runs").await;
    browser.click("[data-test='delete-all']").await;
    browser.click("[data-test='delete-all-now']").await;
    browser.wait_for("[data-test='empty']").await;
}

#[tokio::test]
async fn a_result_is_saved_with_what_is_drawn_on_it() {
    let portal = Setup::new().with_sample_apps().start().await;
    portal.home_with_sample_apps().await;
    let browser = require!(Browser::open(&portal.url).await);
    portal.consumer("grace").await;
    log_in(&browser, &email("grace"), PASSWORD).await;
    browser.goto("/apps/shape-finder").await;
    run_in(&browser, &shapes()).await;
    // Nothing is written to a disk: the file that would be saved is looked at instead.
    browser
        .script(
            "HTMLAnchorElement.prototype.click = function () {
                 const saved = new Image(); saved.src = this.href;
                 window.saved = saved.decode().then(() => [this.download, saved.naturalWidth, saved.naturalHeight]);
             }",
        )
        .await;
    browser.click("[data-save-picture]:not([hidden])").await;
    let saved = eventually("the picture", PATIENCE, async || {
        let saved = browser.script("return window.saved ?? null").await;
        (!saved.is_null()).then_some(saved)
    })
    .await;
    let photo = "const photo = document.querySelector('[data-test=result] .stage img');
        return ['shape-finder.png', photo.naturalWidth, photo.naturalHeight]";
    assert_eq!(saved, browser.script(photo).await);
    for (ending, begins) in [("csv", "result,label,score,x,y,width,height"), ("json", "{")] {
        let script = format!(
            "return fetch(document.querySelector('[data-test=downloads] [href$={ending}]').href)
                 .then((answer) => answer.text())"
        );
        let text = browser.script(&script).await;
        assert!(text.as_str().is_some_and(|text| text.starts_with(begins)), "{text}");
    }
    let first = browser.path().await;
    browser.goto("/apps/shape-finder").await;
    run_in(&browser, &shapes()).await;
    browser.goto(&format!("/runs/compare?a={}", first.trim_start_matches("/runs/"))).await;
    browser.click("[data-test='compare-choice'] a").await;
    browser.wait_for("[data-test='compare'] td:nth-of-type(2) .drawn svg rect.edge").await;
    browser.screenshot("compared").await;
}

fn shapes() -> std::path::PathBuf {
    let photo = tests_folder().join("../sample-apps/shape-finder/examples/paper-cut-outs/photo.jpg");
    assert!(Path::new(&photo).is_file());
    photo
}
