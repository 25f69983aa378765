//! What a person sees who looks for an app: a slip in the search, filters, a favourite, a review with its reply, a report.

use serde_json::Value;

use crate::{
    browser::{log_in, run_in},
    support::{
        browser::Browser,
        data::TestData,
        packages,
        portal::{Portal, Setup},
        require,
        visitor::{PASSWORD, email},
    },
};

#[tokio::test]
async fn an_app_is_found_kept_reviewed_and_reported_at_a_desk() {
    find_and_judge(false).await;
}

#[tokio::test]
async fn an_app_is_found_kept_reviewed_and_reported_on_a_phone() {
    find_and_judge(true).await;
}

async fn find_and_judge(phone: bool) {
    let data = require!(TestData::find());
    let portal = Setup::new().start().await;
    let browser = require!(Browser::open(&portal.url).await);
    if phone {
        browser.emulate_phone().await;
    }
    let author = portal.author("ada").await;
    let app = author.publish(&packages::yolox(&data)).await;
    portal.consumer("grace").await;
    log_in(&browser, &email("grace"), PASSWORD).await;

    look_for_it(&browser, &app).await;
    browser.goto(&app).await;
    assert!(browser.has("[data-test='must-run']").await, "nobody reviews what they have not run");
    run_in(&browser, &data.image("darknet_dog.jpg")).await;
    keep_it(&browser, &app).await;
    review_it(&browser, &app).await;

    let reviews = author.get(&format!("{app}/reviews")).await.ok();
    let reply = reviews.form("[data-test='reply-form']").set("words", "The next one knows more colours.");
    author.submit(&reply).await.ok();
    browser.goto(&app).await;
    assert!(browser.text("[data-test='reply']").await.contains("more colours"));
    report_it(&browser, &app).await;
    for path in ["/", "/search?q=wtcher", "/search?stars=4", "/shelves/favourites", &app, &format!("{app}/reviews")] {
        browser.goto(path).await;
        let widths = browser.script("const e = document.documentElement; return [e.scrollWidth, e.clientWidth]").await;
        assert!(widths[0].as_i64() <= widths[1].as_i64(), "{path}: {widths}");
    }
    check_author(&portal, &app).await;
    browser.goto(&app).await;
    browser.screenshot(if phone { "finding-on-phone" } else { "finding" }).await;
}

async fn search_of(browser: &Browser) -> String {
    let search = browser.script("return location.search").await;
    search.as_str().expect("a text").to_owned()
}

/// Misspelt, then as it was meant, narrowed and put into another order: all of it stands in the address.
async fn look_for_it(browser: &Browser, app: &str) {
    browser.goto("/").await;
    browser.fill("main form [name=q]", "stret wacther").await;
    browser.click("main form [type=submit]").await;
    browser.wait_for("[data-test='meant'] a").await;
    assert!(browser.has(&format!("[data-test='app-card'] a[href='{app}']")).await, "a close name is shown at once");
    browser.click("[data-test='meant'] a").await;
    browser.wait_for("[data-test='count']").await;
    assert_eq!(search_of(browser).await, "?q=street+watcher");
    let choose = "for (const [name, value] of [['category', 'Traffic'], ['sort', 'newest']])
        document.querySelector(`[data-test=search-form] [name=${name}]`).value = value";
    browser.script(choose).await;
    browser.click("[data-test='search-form'] [type=submit]").await;
    browser.wait_for("option[value='newest'][selected]").await;
    let search = search_of(browser).await;
    assert!(search.contains("category=Traffic") && search.contains("sort=newest"), "{search}");
    assert_eq!(browser.text("[data-test='count']").await, "1 app");
    browser.goto("/search?q=street+watcher&page=7").await;
    assert!(!browser.has("[data-test='app-card']").await, "there is one page only");
}

async fn keep_it(browser: &Browser, app: &str) {
    browser.goto(app).await;
    browser.click("[data-test='favourite-form'] button").await;
    browser.wait_for("[data-test='favourite-form'] [aria-pressed='true']").await;
    browser.goto("/").await;
    for shelf in ["recent", "favourites", "popular"] {
        let link = format!("[data-test='shelf-{shelf}'] a[href='{app}']");
        assert!(browser.has(&link).await, "it is not on the shelf {shelf}");
    }
}

async fn review_it(browser: &Browser, app: &str) {
    browser.goto(app).await;
    browser.click("[data-test='review-form'] [name=stars][value='4']").await;
    browser.fill("[data-test='review-form'] textarea", "Saw the dog at once.").await;
    browser.click("[data-test='review-form'] [type=submit]").await;
    browser.wait_for("[data-test='review']").await;
    assert!(browser.text("[data-test='review']").await.contains("Saw the dog"));
    let mean = browser.script("return document.querySelector('.histogram .mean strong').textContent").await;
    assert_eq!(mean, Value::from("4.0"));
}

async fn report_it(browser: &Browser, app: &str) {
    browser.click("[data-test='report']").await;
    browser.wait_for("[data-test='report-form']").await;
    browser.script("document.querySelector('[data-test=report-form] [name=reason]').value = 'misleading'").await;
    browser.fill("[data-test='report-form'] textarea", "It says that it finds everything.").await;
    browser.click("[data-test='report-form'] [type=submit]").await;
    browser.wait_for_text("[data-test='notice']", &["Thank you. Somebody will look at it."]).await;
    assert_eq!(browser.path().await, app);
}

/// The author's page lists it for everybody.
async fn check_author(portal: &Portal, app: &str) {
    let visitor = portal.visitor();
    let page = visitor.get(app).await.ok();
    let link = page.attribute("a[href^='/authors/']", "href").expect("a link to the author");
    let listed = visitor.get(&link).await.ok();
    assert_eq!(listed.attribute("[data-test='app-card'] a", "href").as_deref(), Some(app));
}
