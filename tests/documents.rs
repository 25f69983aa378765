//! The pictures in the documents: what a person sees who runs a sample app on a photo of ours.

use std::fs;

use crate::support::{browser::Browser, portal::Setup, python::tests_folder, require};

const PHOTO: &str = "../sample-apps/shape-finder/examples/paper-cut-outs/photo.jpg";

#[tokio::test]
async fn a_sample_app_finds_the_shapes_on_its_example() {
    let portal = Setup::new().with_sample_apps().start().await;
    let browser = require!(Browser::open(&portal.url).await);
    portal.home_with_sample_apps().await;
    let (account, password) = portal.admin_account();
    crate::browser::log_in(&browser, account, password).await;

    browser.goto("/apps/shape-finder").await;
    browser.choose_file("[data-test='run-form'] input[type=file]", &tests_folder().join(PHOTO)).await;
    browser.click("[data-test='run-form'] [type=submit]").await;
    let status = browser.wait_for_text("[data-test='run-status']", &["Done", "Failed"]).await;
    assert_eq!(status, "Done", "{}", browser.text("main").await);
    for shape in ["heart", "star"] {
        assert!(browser.has(&format!("svg rect[data-label='{shape}']")).await, "no {shape} was found");
    }
    browser.screenshot("shapes").await;

    if std::env::var("VISION_UPDATE_SCREENSHOTS").as_deref() == Ok("1") {
        let repository = tests_folder().join("..");
        let documents = repository.join("docs/images");
        fs::create_dir_all(&documents).expect("a folder for pictures");
        fs::copy(repository.join("target/screenshots/shapes.png"), documents.join("run.png"))
            .expect("the picture is saved");
    }
}
