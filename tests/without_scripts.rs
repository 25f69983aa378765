//! The marketplace in a browser with scripts switched off: an app is found, somebody logs in, runs it on a photo, and
//! reads the result.

use crate::support::{
    browser::Browser,
    portal::Setup,
    python::tests_folder,
    require,
    visitor::{PASSWORD, email},
};

#[tokio::test]
async fn an_app_is_found_and_run_without_scripts() {
    let portal = Setup::new().with_sample_apps().start().await;
    portal.home_with_sample_apps().await;
    portal.consumer("grace").await;
    let browser = require!(Browser::open(&portal.url).await);
    browser.disable_scripts().await;

    browser.goto("/").await;
    browser.fill("main form[role=search] [name=q]", "shape").await;
    browser.click("main form[role=search] [type=submit]").await;
    browser.click_xpath("//main//a[@href='/apps/shape-finder']").await;
    assert!(!browser.has("html.scripted").await, "scripts run");

    browser.click("[data-test='log-in-to-run'] a").await;
    browser.fill("[data-test='login-form'] [name=email]", &email("grace")).await;
    browser.fill("[data-test='login-form'] [name=password]", PASSWORD).await;
    browser.click("[data-test='login-form'] [type=submit]").await;
    browser.wait_for("[data-test='run-form']").await;

    let photo = tests_folder().join("../sample-apps/shape-finder/examples/paper-cut-outs/photo.jpg");
    browser.choose_file("[data-test='run-form'] input[type=file]", &photo).await;
    browser.click("[data-test='run-form'] [type=submit]").await;
    let status = browser.wait_for_text("[data-test='run-status']", &["Done", "Failed"]).await;
    assert_eq!(status, "Done", "{}", browser.text("main").await);
    let found = browser.text("[data-test='found']").await;
    assert!(found.contains("heart") && found.contains("star"), "{found}");
    for shape in ["heart", "star"] {
        assert!(browser.has(&format!("svg rect[data-label='{shape}']")).await, "no {shape} is drawn");
        assert!(browser.text("[data-list]").await.contains(shape), "no {shape} in the list");
    }
    assert!(!browser.has("[data-tools]:not([hidden])").await, "a switch that needs scripts is shown");
    browser.screenshot("without-scripts").await;
}
