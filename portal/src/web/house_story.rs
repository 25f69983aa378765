//! What reviewers and admins do about apps, and how people take their data along and leave, request by request.

use std::io::{Cursor, Read};

use actix_web::{http::StatusCode, test};
use futures_util::StreamExt;

use super::testing::{Browser, PASSWORD, PNG, World};
use crate::domain::{exporting, work};

/// Sets whether releases need a reviewer.
macro_rules! set_review {
    ($admin:expr, $needed:expr) => {{
        let csrf = $admin.csrf().await;
        let mut form = vec![
            ("csrf", csrf.as_str()),
            ("name", "Eyes"),
            ("sign_up", "open"),
            ("package_mib", "50"),
            ("input_mib", "20"),
        ];
        if !$needed {
            form.push(("auto_approve", "on"));
        }
        assert_eq!($admin.post("/admin/site", &form).await.status, StatusCode::SEE_OTHER);
    }};
}

#[actix_web::test]
async fn a_release_waits_is_returned_and_is_approved() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let (author, reviewer) = (Browser::of(&app, "author").await, Browser::of(&app, "reviewer").await);
    set_review!(Browser::of(&app, "admin").await, true);
    let (csrf, reviewer_csrf) = (author.csrf().await, reviewer.csrf().await);
    let (draft, page) = (world.draft, format!("/author/releases/{}", world.draft));
    let review = format!("/admin/reviews/{draft}");

    let asked = author.post(&format!("{page}/publish"), &[("csrf", &csrf)]).await;
    assert_eq!(asked.location.as_deref(), Some(page.as_str()));
    let waits = author.get(&page).await;
    assert_eq!(waits.text("[data-test=release-status]"), "Waiting for review");
    assert!(waits.has("[data-test=waits-for-review]") && !waits.has("[data-test=publish]"));
    assert!(Browser::new(&app).get("/apps/cat-finder").await.text("dl.facts").contains("1.0.0"), "the old one stays");

    assert!(reviewer.get("/admin/reviews").await.text("[data-test=waiting]").contains("Cat finder 1.1.0"));
    let looked_at = reviewer.get(&review).await;
    assert!(looked_at.text(".diff").contains("1.0.0") && looked_at.text(".diff").contains("1.1.0"));
    assert!(
        looked_at.body.contains("models/cats.onnx") && looked_at.has("tr.diff-same") && looked_at.has("tr.diff-other")
    );
    let reason = |reason| [("csrf", reviewer_csrf.as_str()), ("reason", reason)];
    let no_reason = reviewer.post(&format!("{review}/return"), &reason("")).await;
    assert_eq!(no_reason.status, StatusCode::UNPROCESSABLE_ENTITY);
    let returned = reviewer.post(&format!("{review}/return"), &reason("Say which cats.")).await;
    assert_eq!(returned.status, StatusCode::SEE_OTHER);
    assert!(author.get(&page).await.text("[data-test=returned]").contains("Say which cats."));
    let again = reviewer.post(&format!("{review}/approve"), &[("csrf", &reviewer_csrf)]).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "it waits no more");

    author.post(&format!("{page}/publish"), &[("csrf", &csrf)]).await;
    let examples = reviewer.post(&format!("{review}/examples"), &[("csrf", &reviewer_csrf)]).await;
    assert_eq!(examples.status, StatusCode::CONFLICT, "it has none");
    let approved = reviewer.post(&format!("{review}/approve"), &[("csrf", &reviewer_csrf)]).await;
    assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", approved.body);
    assert!(Browser::new(&app).get("/apps/cat-finder").await.text("dl.facts").contains("1.1.0"));
    // What was out once needs nobody's word again.
    author.post(&format!("{page}/unpublish"), &[("csrf", &csrf)]).await;
    let back = author.post(&format!("{page}/publish"), &[("csrf", &csrf)]).await;
    assert_eq!(back.location.as_deref(), Some("/apps/cat-finder"));
}

#[actix_web::test]
async fn an_app_that_is_taken_down_is_nowhere_until_it_is_put_back() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let (author, reviewer) = (Browser::of(&app, "author").await, Browser::of(&app, "reviewer").await);
    let (csrf, reviewer_csrf) = (author.csrf().await, reviewer.csrf().await);
    let admin_page = "/admin/apps/cat-finder";
    let form = [("csrf", reviewer_csrf.as_str()), ("reason", "It spies on cats.")];
    let suspended = reviewer.post(&format!("{admin_page}/suspend"), &form).await;
    assert_eq!(suspended.status, StatusCode::SEE_OTHER, "{}", suspended.body);
    assert!(reviewer.get(admin_page).await.has("[data-test=suspended]"));
    let twice = reviewer.post(&format!("{admin_page}/suspend"), &form).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);

    let anybody = Browser::new(&app);
    for gone in ["/apps/cat-finder", "/apps/cat-finder/icon"] {
        assert_eq!(anybody.get(gone).await.status, StatusCode::NOT_FOUND, "{gone}");
    }
    assert!(!anybody.get("/").await.body.contains("Cat finder"));
    let run = author.get(&format!("/runs/{}", world.run)).await;
    assert_eq!(run.text("[data-test=run-status]"), "Failed");
    assert!(run.body.contains("the app was taken down"));
    let release = author.get(&format!("/author/releases/{}", world.release)).await;
    assert!(release.text("[data-test=app-suspended]").contains("It spies on cats."), "the author reads why");
    let publish = format!("/author/releases/{}/publish", world.draft);
    assert_eq!(author.post(&publish, &[("csrf", &csrf)]).await.status, StatusCode::CONFLICT);
    let again = author.post(&format!("/runs/{}/again", world.run), &[("csrf", &csrf)]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);

    let lifted = reviewer.post(&format!("{admin_page}/lift"), &[("csrf", &reviewer_csrf)]).await;
    assert_eq!(lifted.status, StatusCode::SEE_OTHER);
    assert_eq!(anybody.get("/apps/cat-finder").await.status, StatusCode::OK);
    assert!(anybody.get("/").await.body.contains("Cat finder"));
    let log = Browser::of(&app, "admin").await.get("/admin/audit").await;
    assert!(log.body.contains("It spies on cats.") && log.body.contains("Put an app back"));
}

#[actix_web::test]
async fn shelves_are_ordered_renamed_and_merged() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let admin = Browser::of(&app, "admin").await;
    let csrf = admin.csrf().await;
    let form = |act, name, to| [("csrf", csrf.as_str()), ("act", act), ("name", name), ("to", to)];
    let shelves = async || {
        let page = admin.get("/admin/categories").await.page();
        let names = scraper::Selector::parse("[data-test=shelf] strong").unwrap();
        page.select(&names).map(|name| name.text().collect::<String>()).collect::<Vec<_>>()
    };
    assert_eq!(shelves().await, ["Animals"]);
    let change = async |act, name, to| admin.post("/admin/categories", &form(act, name, to)).await.status;
    assert_eq!(change("add", "Plants", "").await, StatusCode::SEE_OTHER);
    assert_eq!(change("add", "plants", "").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(change("up", "Plants", "").await, StatusCode::SEE_OTHER);
    assert_eq!(shelves().await, ["Plants", "Animals"]);
    assert_eq!(change("remove", "Animals", "").await, StatusCode::UNPROCESSABLE_ENTITY, "an app stands there");
    assert_eq!(change("rename", "Animals", "Pets").await, StatusCode::SEE_OTHER);
    assert_eq!(shelves().await, ["Plants", "Pets"]);
    assert!(admin.get("/?category=Pets").await.body.contains("Cat finder"));
    assert_eq!(change("rename", "Pets", "Plants").await, StatusCode::SEE_OTHER, "merged");
    assert_eq!(shelves().await, ["Plants"]);
    // The next release still says Animals, which is Plants by now.
    let author = Browser::of(&app, "author").await;
    let token = author.csrf().await;
    author.post(&format!("/author/releases/{}/publish", world.draft), &[("csrf", &token)]).await;
    assert_eq!(shelves().await, ["Plants"]);
    assert_eq!(change("nonsense", "Plants", "").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(change("up", "Nowhere", "").await, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn apps_are_featured_by_their_address() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let admin = Browser::of(&app, "admin").await;
    let csrf = admin.csrf().await;
    let form = |act, slug| [("csrf", csrf.as_str()), ("act", act), ("slug", slug)];
    let wrong = admin.post("/admin/featured", &form("add", "no-such-app")).await;
    assert_eq!(
        (wrong.status, wrong.text("#slug-wrong")),
        (StatusCode::UNPROCESSABLE_ENTITY, "is no published app".into())
    );
    assert_eq!(admin.post("/admin/featured", &form("add", "cat-finder")).await.status, StatusCode::SEE_OTHER);
    let twice = admin.post("/admin/featured", &form("add", "cat-finder")).await;
    assert_eq!(twice.text("#slug-wrong"), "is featured already");
    assert!(admin.get("/admin/featured").await.text("[data-test=featured]").contains("Cat finder"));
    assert_eq!(admin.post("/admin/featured", &form("remove", "cat-finder")).await.status, StatusCode::SEE_OTHER);
    assert!(admin.get("/admin/featured").await.has("[data-test=empty]"));
}

#[actix_web::test]
async fn people_take_their_data_along() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let author = Browser::of(&app, "author").await;
    let csrf = author.csrf().await;
    let answer = author.post("/settings/export", &[("csrf", &csrf)]).await;
    assert_eq!((answer.status, answer.content_type.as_str()), (StatusCode::OK, "application/zip"));
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment"));

    let zip = exporting::export(&world.portal, &world.people["author"]).await.unwrap();
    let pieces: Vec<_> = Box::pin(zip).collect().await;
    let zip: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.unwrap().to_vec()).collect();
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut read = |path: &str| {
        let mut bytes = Vec::new();
        zip.by_name(path).unwrap_or_else(|error| panic!("{path}: {error}")).read_to_end(&mut bytes).unwrap();
        bytes
    };
    let json = |bytes: Vec<u8>| serde_json::from_slice::<serde_json::Value>(&bytes).unwrap();
    let profile = json(read("profile.json"));
    assert_eq!((&profile["email"], &profile["apiKeys"][0]["name"]), (&"author@example.org".into(), &"Laptop".into()));
    assert_eq!(json(read("apps.json"))[0]["address"], "cat-finder");
    let run = json(read(&format!("runs/{}/run.json", world.run)));
    assert_eq!((&run["app"], &run["inputs"]["Careful"]), (&"Cat finder".into(), &true.into()));
    let photo = run["inputs"]["Image"].as_str().unwrap();
    assert_eq!(read(&format!("runs/{}/{photo}", world.run)), PNG, "opened again");
}

#[actix_web::test]
async fn an_account_ends_for_good() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let (author, store) = (Browser::of(&app, "author").await, &world.portal.store);
    let csrf = author.csrf().await;
    let end = |current, words| [("csrf", csrf.as_str()), ("current", current), ("words", words)];
    for (current, words) in [(PASSWORD, "delete it"), ("wrong", "delete my account")] {
        let refused = author.post("/settings/end", &end(current, words)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
    }
    let ended = author.post("/settings/end", &end(PASSWORD, "Delete my account")).await;
    assert_eq!((ended.status, ended.location.as_deref()), (StatusCode::SEE_OTHER, Some("/")));
    assert_eq!(author.get("/runs").await.status, StatusCode::SEE_OTHER);
    let id = world.people["author"].id;
    let row = store.user(id).await.unwrap().unwrap();
    assert!(row.data_key.is_empty() && row.password_hash.is_empty(), "nobody opens the files again");
    assert!(!row.email.contains("author") && !row.name.contains("author"));
    work::sweep(&world.portal).await.unwrap();
    assert!(store.run(world.run).await.unwrap().is_none());
    // The portal is at it by itself, too: whoever was first removes the file.
    while store.is_known(world.blob).await.unwrap() {
        tokio::task::yield_now().await;
    }
    let file = crate::blobs::objects::ObjectKey::Blob(world.blob);
    assert!(!world.portal.objects.contains(file).await.unwrap(), "the sealed bytes are gone, too");
    assert_eq!(Browser::new(&app).get("/apps/cat-finder").await.status, StatusCode::NOT_FOUND);

    let browser = Browser::new(&app);
    let csrf = browser.get("/login").await.csrf();
    let form = [("csrf", csrf.as_str()), ("email", "author@example.org"), ("password", PASSWORD)];
    assert_eq!(browser.post("/login", &form).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let admin = Browser::of(&app, "admin").await;
    assert!(!admin.get("/admin/people").await.body.contains("A former member"));
    let csrf = admin.csrf().await;
    let last = [("csrf", csrf.as_str()), ("current", PASSWORD), ("words", "delete my account")];
    assert_eq!(admin.post("/settings/end", &last).await.status, StatusCode::CONFLICT, "somebody has to be admin");
}

#[actix_web::test]
async fn reports_are_dismissed_or_acted_upon() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let (consumer, reviewer) = (Browser::of(&app, "consumer").await, Browser::of(&app, "reviewer").await);
    let (csrf, reviewer_csrf) = (consumer.csrf().await, reviewer.csrf().await);
    let report = [("csrf", csrf.as_str()), ("reason", "broken"), ("words", "It finds <b>dogs</b>.")];
    assert_eq!(consumer.post("/apps/cat-finder/report", &report).await.status, StatusCode::SEE_OTHER);
    let list = reviewer.get("/admin/reports").await;
    assert!(list.text("[data-test=report] blockquote").contains("<b>dogs</b>"));
    assert_eq!(reviewer.post("/admin/reports/1/dismiss", &[("csrf", &reviewer_csrf)]).await.status, 303);
    assert_eq!(reviewer.post("/admin/reports/1/dismiss", &[("csrf", &reviewer_csrf)]).await.status, 404, "once");
    assert!(reviewer.get("/admin/reports").await.has("[data-test=empty]"));

    assert_eq!(consumer.post("/apps/cat-finder/report", &report).await.status, StatusCode::SEE_OTHER);
    let uphold = |reason| [("csrf", reviewer_csrf.as_str()), ("reason", reason)];
    let no_reason = reviewer.post("/admin/reports/2/uphold", &uphold("")).await;
    assert_eq!((no_reason.status.as_u16(), no_reason.text("#wrong-2").is_empty()), (422, false));
    assert_eq!(reviewer.post("/admin/reports/2/uphold", &uphold("It finds dogs.")).await.status, 303);
    assert_eq!(Browser::new(&app).get("/apps/cat-finder").await.status, StatusCode::NOT_FOUND);
    let log = Browser::of(&app, "admin").await.get("/admin/audit").await;
    assert!(log.body.contains("Dismissed a report") && log.body.contains("Acted upon a report"));
}
