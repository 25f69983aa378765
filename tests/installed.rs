//! The marketplace among the apps of a telephone: what it is installed by, where it opens, and what it says without a
//! connection.

use serde_json::Value;

use crate::support::{browser::Browser, packages, portal::Portal, require, visitor::PASSWORD, visitor::email};

#[tokio::test]
async fn a_telephone_can_keep_it_and_it_opens_without_a_connection() {
    let mut portal = Portal::start().await;
    let author = portal.author("ada").await;
    let app = author.publish(&packages::glue_only("Says so", &crate::support::glue::instant(), 1000)).await;
    author.run_and_wait(&app, &packages::small_photo(), "image/png").await;

    let manifest = portal.visitor().get("/manifest.webmanifest").await.ok();
    let manifest: Value = serde_json::from_slice(&manifest.body).expect("JSON");
    for icon in manifest["icons"].as_array().expect("icons") {
        let picture = portal.visitor().get(icon["src"].as_str().expect("an address")).await.ok();
        let Some(size) = icon["sizes"].as_str().and_then(|sizes| sizes.split('x').next()?.parse::<u32>().ok()) else {
            continue;
        };
        // A PNG says how wide it is after its signature and the head of its first part.
        assert_eq!(picture.body[16..20], size.to_be_bytes(), "{icon}");
    }

    let browser = require!(Browser::open(&portal.url).await);
    crate::browser::log_in(&browser, &email("ada"), PASSWORD).await;
    browser.emulate_phone().await;
    browser.goto(manifest["start_url"].as_str().expect("an address")).await;
    assert_eq!(browser.path().await, app, "it opens with the app that was used last");
    let ready = "return navigator.serviceWorker.ready.then((worker) => worker.scope)";
    assert_eq!(browser.script(ready).await, portal.url.as_str());
    let kept = "return caches.keys().then((names) => caches.open(names[0])).then((cache) => cache.keys())
        .then((requests) => requests.map((request) => new URL(request.url).pathname))";
    let kept = browser.script(kept).await;
    let kept: Vec<_> = kept.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(kept.iter().all(|path| *path == "/offline" || path.starts_with("/static/")), "{kept:?}");

    portal.kill();
    browser.goto("/runs").await;
    assert_eq!(browser.text("h1").await, "No connection");
    assert!(!browser.text("body").await.contains("ada"), "a page that is kept knows nobody");
    browser.screenshot("offline").await;
}
