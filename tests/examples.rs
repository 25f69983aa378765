//! Examples of a package: run when it is published, shown to everybody, counted as nobody's runs.

use serde_json::json;

use crate::support::{
    archives::archive,
    eventually,
    glue::{self, Answer},
    packages,
    portal::{Portal, Setup},
    visitor::PATIENCE,
};

/// An app with two examples, of which one is a photo.
fn package() -> Vec<u8> {
    let manifest = json!({
        "Name": "Says it", "Category": "Tests", "Version": "1.0.0",
        "AppParameters": [
            { "ParameterType": "Image", "Name": "Image", "Label": "Photo", "Required": false },
            { "ParameterType": "Text", "Name": "Word", "Label": "Word", "Required": false }
        ],
        "ResultVariables": [
            { "ResultType": "Text", "Name": "said", "Label": "Said" },
            { "ResultType": "Image", "Name": "seen", "Label": "Seen" }
        ],
        "ResultLayout": "template.html",
    });
    let component = glue::answering(&[
        ("said", Answer::Text("forty-two".to_owned())),
        ("seen", Answer::Part([0.0, 0.0, 16.0, 16.0])),
    ]);
    archive(&[
        ("app.json", &packages::bytes(&manifest)),
        ("app.wasm", &component),
        ("template.html", b"<p class=\"said\">{{ result.said }}</p><img src=\"{{ result.seen }}\" alt=\"\">"),
        ("examples/red-square/inputs.json", br#"{"Image": "photo.png", "Word": "red"}"#),
        ("examples/red-square/photo.png", &packages::small_photo()),
    ])
}

#[tokio::test]
async fn everybody_sees_what_came_of_an_example_and_nobody_has_run_it() {
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let app = author.publish(&package()).await;
    let visitor = portal.visitor();
    let link = eventually("the example to be run", PATIENCE, async || {
        visitor.get(&app).await.ok().attribute("[data-test=examples] a", "href")
    })
    .await;
    let page = visitor.get(link.split('#').next().unwrap_or_default()).await.ok();
    assert!(page.visible_text().contains("Example: Red square"), "{}", page.visible_text());
    let frame = page.attribute("[data-test=example] iframe", "src").expect("the author's own layout");
    let layout = visitor.get(&frame).await.ok();
    assert_eq!(layout.text(".said").as_deref(), Some("forty-two"));
    let picture = layout.attribute("img", "src").expect("a picture");
    assert!(visitor.get(&picture).await.ok().body.starts_with(b"\x89PNG"), "{picture}");
    let photo = page.attribute("[data-fill] a", "href").expect("the photo for the form");
    assert_eq!(visitor.get(&photo).await.ok().body, packages::small_photo());

    // Only what belongs to the example is there, and only while the app is.
    let other = photo.replace("/examples/1/", "/examples/2/");
    assert_eq!(visitor.get(&other).await.status, 404);
    let run = portal.consumer("grace").await.run_and_wait(&app, &packages::small_photo(), "image/png").await;
    let theirs = run.attribute(".inputs img", "src").expect("the photo of a run");
    let blob = theirs.rsplit('/').next().expect("an id");
    let (place, _) = photo.rsplit_once('/').expect("an address");
    assert_eq!(visitor.get(&format!("{place}/{blob}")).await.status, 404, "a file of somebody's run");

    // One run: grace's. The example is nobody's.
    let figures = author.get(&format!("/author{app}")).await.ok();
    assert_eq!(figures.text("[data-test=totals] dd").as_deref(), Some("1"), "{}", figures.visible_text());

    let release = author.get("/author").await.ok().attribute("a[href^='/author/releases/']", "href");
    let release = author.get(&release.expect("a release")).await.ok();
    author.submit(&release.form("form[action$='/unpublish']")).await.ok();
    assert_eq!(visitor.get(&photo).await.status, 404, "the app is gone");
}

#[tokio::test]
async fn a_sample_photo_fills_the_form_and_is_run_again() {
    let portal = Setup::new().with_sample_apps().start().await;
    portal.home_with_sample_apps().await;
    let browser = crate::support::require!(crate::support::browser::Browser::open(&portal.url).await);
    let (account, password) = portal.admin_account();
    crate::browser::log_in(&browser, account, password).await;
    let visitor = portal.visitor();
    eventually("the examples to be run", PATIENCE, async || {
        let page = visitor.get("/apps/shape-finder").await;
        (page.texts("[data-test=examples] a").len() == 4).then_some(())
    })
    .await;
    browser.goto("/apps/shape-finder").await;
    browser.click("[data-test=examples] li:nth-child(1) a").await;
    browser.wait_for("[data-test=example] rect[data-label=heart]").await;
    browser.wait_for("#run-form .drop.filled").await;
    browser.click("[data-test='run-form'] [type=submit]").await;
    let status = browser.wait_for_text("[data-test='run-status']", &["Done", "Failed"]).await;
    assert_eq!(status, "Done");
    assert!(browser.has("rect[data-label=heart]").await, "the heart of the example is found again");
}
