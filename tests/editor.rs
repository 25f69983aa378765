//! An author writes an app in a real browser: five steps, an upload that breaks off, tests, versions, a link, a comparison.

use std::{fs::File, path::PathBuf};

use tempfile::TempDir;

use crate::{
    browser::{log_in, run_in},
    support::{
        browser::Browser,
        portal::Portal,
        python::tests_folder,
        require,
        visitor::{PASSWORD, email},
    },
};

/// The shape finder as a zip.
fn package(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("shapes.zip");
    let file = File::create_new(&path).expect("a new file");
    vision_package::pack_folder(&tests_folder().join("../sample-apps/shape-finder"), file).expect("it is packed");
    path
}

fn photo() -> PathBuf {
    tests_folder().join("../sample-apps/shape-finder/examples/paper-cut-outs/photo.jpg")
}

/// Types over what a field holds, as a person would: the page hears of it.
async fn retype(browser: &Browser, css: &str, text: &str) {
    let script = format!(
        "const e = document.querySelector({}); e.value = {}; e.dispatchEvent(new Event('input', {{bubbles: true}}));
         e.dispatchEvent(new Event('change', {{bubbles: true}}))",
        serde_json::json!(css),
        serde_json::json!(text)
    );
    browser.wait_for(css).await;
    browser.script(&script).await;
}

async fn step(browser: &Browser, name: &str) {
    browser.click(&format!("[data-test=steps] button[value='go:{name}']")).await;
    browser.wait_for(&format!("[data-test=steps] button[value='go:{name}'][aria-current]")).await;
}

/// Both screens, by day.
async fn look(browser: &Browser, name: &str) {
    let widths = browser.script("const e = document.documentElement; return [e.scrollWidth, e.clientWidth]").await;
    assert!(widths[0].as_f64() <= widths[1].as_f64(), "{name} scrolls sideways: {widths}");
    browser.screenshot(&format!("editor-{name}")).await;
    browser.emulate_screen(390, 844).await;
    let widths = browser.script("const e = document.documentElement; return [e.scrollWidth, e.clientWidth]").await;
    assert!(widths[0].as_f64() <= widths[1].as_f64(), "{name} scrolls sideways on a phone: {widths}");
    browser.screenshot(&format!("editor-{name}-phone")).await;
    browser.emulate_screen(1280, 900).await;
}

/// From an empty account to a release that is proven.
async fn write_an_app(browser: &Browser, zip: &std::path::Path) -> String {
    browser.goto("/author").await;
    browser.click("[data-test=new-app]").await;
    browser.fill("[data-test=general-form] [name=Name]", "Shapes of mine").await;
    look(browser, "general").await;
    browser.click("[data-test=next]").await;

    // The form of the app follows what is typed.
    browser.click("[data-test=add-row]").await;
    retype(browser, "[name='row.0.Name']", "Age").await;
    retype(browser, "[name='row.0.ParameterType']", "Number").await;
    browser.wait_for("[data-test=form-preview] input[type=number][name='p.Age']").await;
    look(browser, "parameters").await;
    browser.click("[data-test=view-json]").await;
    let json = browser.text("textarea[name=Json]").await;
    assert!(json.contains("\"Age\"") && json.contains("\"Number\""), "{json}");
    retype(browser, "textarea[name=Json]", r#"[{"ParameterType": "Date", "Name": "Day"}]"#).await;
    browser.wait_for("[data-test=form-preview] input[type=date][name='p.Day']").await;
    look(browser, "json").await;
    step(browser, "template").await;
    browser.wait_for("[data-test=no-results]").await;

    // The upload breaks off after a part, and goes on when the page is opened again.
    step(browser, "code").await;
    let break_off = "const real = window.fetch; window.fetch = (url, options) => {
        if (options?.method !== 'PATCH') return real(url, options);
        window.sent = real(url, {...options, body: options.body.slice(0, 100000)}).then(() => { window.brokeOff = url; });
        return new Promise(() => {});
    }";
    browser.script(break_off).await;
    browser.choose_file("[data-test=file-form] [type=file]", zip).await;
    browser.click("[data-test=send-file]").await;
    crate::support::eventually("the upload to break off", std::time::Duration::from_secs(30), async || {
        browser.script("return window.brokeOff ?? null").await.as_str().map(str::to_owned)
    })
    .await;
    let code = browser.path().await;
    browser.goto(&code).await;
    browser.wait_for("[data-test=files] li").await;
    assert!(!browser.has("[data-upload]").await, "nothing is on its way any more");
    look(browser, "code").await;

    step(browser, "template").await;
    browser.wait_for("[data-test=result-row], [data-test=variables]").await;
    look(browser, "template").await;
    step(browser, "publish").await;
    browser.click("[data-test=check]").await;
    browser.wait_for("[data-test=checked]").await;
    browser.click("[data-test=make-release]").await;
    browser.wait_for("[data-test=terms-wrong]:not(:empty)").await;
    browser.click("[name=Terms]").await;
    look(browser, "publish").await;
    browser.click("[data-test=make-release]").await;
    browser.wait_for_text("[data-test='release-status']", &["Draft", "Rejected"]).await;
    assert!(!browser.has("[data-test='fault']").await, "{}", browser.text("main").await);
    browser.path().await
}

#[tokio::test]
async fn an_app_is_written_tested_published_and_kept_in_versions() {
    let portal = Portal::start().await;
    let files = TempDir::new().expect("a temporary folder");
    let browser = require!(Browser::open(&portal.url).await);
    portal.author("ada").await;
    portal.consumer("grace").await;
    log_in(&browser, &email("ada"), PASSWORD).await;
    let release = write_an_app(&browser, &package(&files)).await;

    browser.goto(&format!("{release}/tests")).await;
    browser.click("[data-test=run-tests]").await;
    browser.wait_for_text("[data-test=verdict]", &["4 right, 0 wrong"]).await;
    look(&browser, "tests").await;
    browser.goto(&release).await;
    browser.click("[data-test=publish]").await;
    browser.wait_for("[data-test=run-form]").await;

    // The next version, beside the first.
    browser.goto("/author").await;
    browser.click("[data-test=edit-app]").await;
    step(&browser, "publish").await;
    retype(&browser, "[name=Version]", "7.0.0").await;
    browser.click("[name=Terms]").await;
    browser.click("[data-test=make-release]").await;
    browser.wait_for_text("[data-test='release-status']", &["Draft", "Rejected"]).await;
    let versions = "/author/apps/shape-finder/releases";
    browser.goto(versions).await;
    browser.click("[data-test=experiment-form] [type=submit]").await;
    browser.wait_for("[data-test=experiment]").await;
    look(&browser, "versions").await;
    browser.click("[data-test=winner]:nth-of-type(2)").await;
    browser.wait_for("[data-version='7.0.0'] .pill.published").await;
    browser.click("[data-test=roll-back]").await;
    browser.wait_for("[data-version='7.0.0'] .pill.retired").await;
    browser.click("[data-version='7.0.0'] details summary").await;
    browser.fill("[data-version='7.0.0'] [name=reason]", "It sees squares everywhere.").await;
    browser.click("[data-version='7.0.0'] [data-test=deprecate-form] [type=submit]").await;
    browser.wait_for("[data-version='7.0.0'] [data-test=deprecated]").await;

    // A private app is there for who opens its link.
    browser.click("[data-test=visibility-form] [value=private]").await;
    browser.click("[data-test=visibility-form] [type=submit]").await;
    browser.wait_for("[data-test=share-link]").await;
    let link = browser.script("return new URL(document.querySelector('[data-test=share-link]').value).pathname").await;
    let grace = require!(Browser::open(&portal.url).await);
    log_in(&grace, &email("grace"), PASSWORD).await;
    grace.goto("/apps/shape-finder").await;
    grace.wait_for("[data-test=error]").await;
    browser.goto("/author/apps/shape-finder/live").await;
    grace.goto(link.as_str().expect("a path")).await;
    run_in(&grace, &photo()).await;

    // Her run shows up by itself, without her log.
    browser.wait_for("[data-test=live-run] .pill.done").await;
    look(&browser, "live").await;
}
