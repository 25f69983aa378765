//! The pictures in the documents: what a person sees who runs a sample app on a photo of ours.

use crate::{
    browser::{log_in, run_in},
    support::{browser::Browser, portal::Setup, python::tests_folder, require},
};

const PHOTO: &str = "../sample-apps/shape-finder/examples/paper-cut-outs/photo.jpg";

#[tokio::test]
async fn a_sample_app_finds_the_shapes_on_its_example() {
    let portal = Setup::new().with_sample_apps().start().await;
    let browser = require!(Browser::open(&portal.url).await);
    portal.home_with_sample_apps().await;
    browser.goto("/").await;
    browser.screenshot("home").await;
    let (account, password) = portal.admin_account();
    log_in(&browser, account, password).await;

    browser.goto("/apps/shape-finder").await;
    run_in(&browser, &tests_folder().join(PHOTO)).await;
    for shape in ["heart", "star"] {
        assert!(browser.has(&format!("svg rect[data-label='{shape}']")).await, "no {shape} was found");
    }
    browser.picture_for_documents("run").await;
}
