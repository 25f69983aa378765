//! What admins and reviewers do, in a real browser: somebody becomes an author, publishes, waits for a reviewer, is
//! suspended and comes back; an account is taken along and ended; and whatever is typed is shown as words.

use serde_json::{Value, json};

use crate::{
    browser::log_in,
    support::{
        archives::archive,
        browser::{Browser, file},
        glue, packages,
        portal::Portal,
        require,
        visitor::{PASSWORD, Visitor, email},
    },
};

/// Would leave a mark in any page that took it for more than words.
const WICKED: &str = "\"><img src=x onerror=wicked=1><svg onload=wicked=1>";

/// Notes what the content security policy refuses, from before a page's first line.
const WATCH: &str = "window.refused = [];
    document.addEventListener('securitypolicyviolation', e => window.refused.push(e.violatedDirective + ' ' + e.sourceFile));";

async fn log_out(browser: &Browser) {
    browser.goto("/").await;
    browser.script("document.querySelector(\"form[action='/logout']\").requestSubmit()").await;
    browser.wait_for(".account a[href^='/login']").await;
}

async fn as_somebody(browser: &Browser, account: &str, password: &str) {
    log_out(browser).await;
    log_in(browser, account, password).await;
}

async fn as_admin(browser: &Browser, portal: &Portal) {
    let (account, password) = portal.admin_account();
    as_somebody(browser, account, password).await;
}

/// An app of glue alone.
fn small_app(name: &str, version: &str) -> Vec<u8> {
    let manifest = json!({
        "Name": name,
        "Description": WICKED,
        "Category": "Tests",
        "Version": version,
        "AppParameters": [
            { "ParameterType": "Image", "Name": "Image", "Label": WICKED, "Description": WICKED, "Required": true }
        ],
        "ResultVariables": [{ "ResultType": "Text", "Name": "answer", "Label": WICKED }],
    });
    let readme = format!("# {WICKED}\n\n{WICKED} [x](javascript:wicked=1)");
    archive(&[
        ("app.json", &packages::bytes(&manifest)),
        ("app.wasm", &glue::instant()),
        ("README.md", readme.as_bytes()),
    ])
}

#[tokio::test]
async fn somebody_becomes_an_author_is_reviewed_suspended_and_comes_back() {
    let portal = Portal::start().await;
    let browser = require!(Browser::open(&portal.url).await);
    let files = tempfile::TempDir::new().expect("a temporary folder");
    let package = file(files.path(), "app.zip", &small_app("Echo", "1.0.0"));
    portal.visitor().sign_up("ada").await;

    log_in(&browser, &email("ada"), PASSWORD).await;
    browser.goto("/settings/author").await;
    browser.fill("[data-test='author-form'] textarea", "I make small apps that repeat what they see.").await;
    browser.click("[data-test='author-form'] [type=submit]").await;
    browser.wait_for("[data-test='author-waits']").await;

    as_admin(&browser, &portal).await;
    browser.goto("/admin/site").await;
    let untick = "document.querySelector('[name=auto_approve]').checked = false;
        document.querySelector(\"[data-test='site-form']\").requestSubmit()";
    browser.script(untick).await;
    browser.wait_for("[data-test='notice']").await;
    browser.goto("/admin/requests").await;
    browser.click("[data-test='grant']").await;
    browser.wait_for("[data-test='empty']").await;

    as_somebody(&browser, &email("ada"), PASSWORD).await;
    browser.goto("/author/upload").await;
    browser.choose_file("[data-test='upload-form'] input[type=file]", &package).await;
    browser.click("[data-test='upload-form'] [type=submit]").await;
    browser.wait_for_text("[data-test='release-status']", &["Draft", "Rejected"]).await;
    let release = browser.path().await;
    browser.click("[data-test='publish']").await;
    browser.wait_for("[data-test='waits-for-review']").await;

    as_admin(&browser, &portal).await;
    browser.goto("/admin/reviews").await;
    browser.click("[data-test='waiting'] a").await;
    browser.wait_for("[data-test='file']").await;
    browser.screenshot("review").await;
    browser.click("[data-test='approve']").await;
    browser.wait_for("[data-test='empty']").await;
    browser.goto("/apps/echo").await;
    browser.wait_for("[data-test='run-form']").await;

    browser.goto("/admin/apps/echo").await;
    browser.fill("[data-test='suspend-form'] textarea", "It repeats too much.").await;
    browser.click("[data-test='suspend-form'] [type=submit]").await;
    browser.wait_for("[data-test='suspended']").await;
    assert!(!portal.visitor().get("/apps/echo").await.status.is_success(), "the app is nowhere");
    as_somebody(&browser, &email("ada"), PASSWORD).await;
    browser.goto(&release).await;
    assert!(browser.text("[data-test='app-suspended']").await.contains("It repeats too much."));

    as_admin(&browser, &portal).await;
    browser.goto("/admin/apps/echo").await;
    browser.click("[data-test='lift']").await;
    browser.wait_for("[data-test='suspend-form']").await;
    portal.visitor().get("/apps/echo").await.ok();
    browser.goto("/admin/audit").await;
    let log = browser.text("[data-test='audit']").await;
    for act in
        ["Verified an author", "Approved a release", "Took an app down", "Put an app back", "Changed site settings"]
    {
        assert!(log.contains(act), "{act} is missing:\n{log}");
    }
    browser.screenshot("audit").await;
}

#[tokio::test]
async fn an_account_is_taken_along_and_ended() {
    let portal = Portal::start().await;
    let browser = require!(Browser::open(&portal.url).await);
    portal.visitor().sign_up("grace").await;
    browser.emulate_phone().await;
    log_in(&browser, &email("grace"), PASSWORD).await;
    browser.goto("/settings/data").await;
    let zip = browser
        .script(
            "const form = document.querySelector(\"[data-test='export-form']\");
            const request = new XMLHttpRequest();
            request.open('POST', form.action, false);
            request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
            request.send(new URLSearchParams(new FormData(form)).toString());
            return [request.status, request.getResponseHeader('Content-Type'), request.responseText.slice(0, 2)]",
        )
        .await;
    assert_eq!(zip, json!([200, "application/zip", "PK"]));
    browser.screenshot("your-data-on-phone").await;
    browser.fill("[data-test='end-form'] [name=current]", PASSWORD).await;
    browser.fill("[data-test='end-form'] [name=words]", "delete my account").await;
    browser.click("[data-test='end-form'] [type=submit]").await;
    browser.wait_for(".account a[href^='/login']").await;
    let stranger = portal.visitor();
    let form = stranger.get("/login").await.ok().form("[data-test='login-form']");
    let refused = stranger.submit(&form.set("email", &email("grace")).set("password", PASSWORD)).await;
    assert_eq!(refused.status.as_u16(), 422);
}

/// Sends a form of a page with `WICKED` in each of these fields.
async fn type_wicked(visitor: &Visitor, page: &str, form: &str, fields: &[&str]) {
    let mut form = visitor.get(page).await.ok().form(form);
    for field in fields {
        form = form.set(field, WICKED);
    }
    visitor.submit(&form).await;
}

#[tokio::test]
async fn whatever_is_typed_is_shown_as_words() {
    let portal = Portal::start().await;
    let browser = require!(Browser::open(&portal.url).await);
    let admin = portal.admin().await;
    let visitor = portal.visitor();
    visitor.sign_up("eve").await;
    let app = admin.publish(&small_app(WICKED, "1.0.0")).await;
    // What is stored.
    type_wicked(&visitor, "/settings", "[data-test='profile-form']", &["name"]).await;
    type_wicked(&visitor, "/settings/author", "[data-test='author-form']", &["words"]).await;
    type_wicked(&admin, "/settings/keys", "[data-test='key-form']", &["name"]).await;
    type_wicked(&admin, "/admin/invitations", "[data-test='invitation-form']", &["note"]).await;
    type_wicked(&admin, "/admin/site", "[data-test='site-form']", &["terms"]).await;
    type_wicked(&admin, "/admin/categories", "[data-test='category-form']", &["name"]).await;
    let runner = admin.get("/admin/runners").await.ok().form("[data-test='runner-form']");
    let runner = runner.set("url", "http://127.0.0.1:9/").set("name", WICKED).set("engine", "\"><b>x</b>");
    admin.submit(&runner).await;
    type_wicked(&admin, &format!("/admin{app}"), "[data-test='suspend-form']", &["reason"]).await;
    let lift = admin.get(&format!("/admin{app}")).await.ok().form("form[action$='/lift']");
    admin.submit(&lift).await;
    let run = visitor.run_and_wait(&app, &packages::small_photo(), "image/png").await;

    let (account, password) = portal.admin_account();
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await;
    log_in(&browser, account, password).await;
    let query = url::form_urlencoded::byte_serialize(WICKED.as_bytes()).collect::<String>();
    let release = browser_paths(&browser, "/author", "a[href^='/author/releases/']").await;
    let person = browser_paths(&browser, "/admin/people", "[data-test=person] a").await;
    let mut pages: Vec<String> = [
        "/",
        "/author",
        "/settings",
        "/settings/keys",
        "/settings/sessions",
        "/settings/author",
        "/settings/data",
        "/terms",
        "/admin",
        "/admin/people",
        "/admin/requests",
        "/admin/invitations",
        "/admin/runners",
        "/admin/categories",
        "/admin/featured",
        "/admin/reviews",
        "/admin/site",
        "/admin/audit",
        "/admin/catalog",
    ]
    .map(str::to_owned)
    .to_vec();
    pages.extend([app.clone(), format!("/admin{app}")]);
    pages.extend(release.iter().cloned().chain(person));
    pages.extend(release.iter().map(|path| path.replace("/author/releases/", "/admin/reviews/")));
    // What is reflected.
    pages.extend(
        [
            "/?q=",
            "/?category=",
            "/login?next=",
            "/signup?invitation=",
            "/admin/people?q=",
            "/admin/audit?from=",
            "/apps/",
        ]
        .map(|address| format!("{address}{query}")),
    );
    for page in &pages {
        look_for_marks(&browser, page).await;
    }
    as_somebody(&browser, &email("eve"), PASSWORD).await;
    for page in [run.url.path(), "/runs", "/settings/author", &app] {
        look_for_marks(&browser, page).await;
    }
}

/// The paths that links on a page lead to.
async fn browser_paths(browser: &Browser, page: &str, links: &str) -> Vec<String> {
    browser.goto(page).await;
    let script = format!("return [...document.querySelectorAll(\"{links}\")].map(a => a.pathname)");
    let paths = browser.script(&script).await;
    paths.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

async fn look_for_marks(browser: &Browser, page: &str) {
    browser.goto(page).await;
    let found = browser.script("return [window.wicked ?? null, window.refused]").await;
    assert_eq!(found, json!([null, []]), "{page}: what ran, and what the policy had to refuse");
}
