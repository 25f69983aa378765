//! What people do, request by request: sign up, log in, upload, run, look, delete.

use actix_web::{http::StatusCode, test};

use super::testing::{Browser, PASSWORD, PNG, World, package};

const HTML: &str = "text/html";
const JSON: &str = "application/json";

#[actix_web::test]
async fn somebody_signs_up_logs_out_and_in_again() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::new(&app);

    let csrf = browser.get("/signup?next=/apps/cat-finder").await.csrf();
    let form =
        |password| [("csrf", csrf.as_str()), ("name", "Grace"), ("email", "Grace@Example.org"), ("password", password)];
    let refused = browser.post("/signup?next=/apps/cat-finder", &form("short")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.text("#password-wrong").is_empty());
    assert!(refused.has("input[name=name][value=Grace]") && !refused.body.contains("short\""));

    let made = browser.post("/signup?next=/apps/cat-finder", &form(PASSWORD)).await;
    let login = "/login?next=%2Fapps%2Fcat-finder";
    assert_eq!((made.status, made.location.as_deref()), (StatusCode::SEE_OTHER, Some(login)));
    assert!(browser.get(login).await.text("[data-test=notice]").starts_with("Now log in."));
    assert!(!browser.get(login).await.has("[data-test=notice]"), "a notice is shown once");
    let form = [("csrf", csrf.as_str()), ("email", "grace@example.org"), ("password", PASSWORD)];
    let welcome = browser.post(login, &form).await;
    assert_eq!((welcome.status, welcome.location.as_deref()), (StatusCode::SEE_OTHER, Some("/apps/cat-finder")));
    let cookie = welcome.headers.iter().find(|(n, v)| n == "set-cookie" && v.starts_with("session=")).unwrap();
    assert!(cookie.1.contains("HttpOnly") && cookie.1.contains("SameSite=Lax"), "{}", cookie.1);

    let csrf = browser.csrf().await;
    let bye = browser.post("/logout", &[("csrf", &csrf)]).await;
    assert_eq!(bye.location.as_deref(), Some("/"));
    assert_eq!(browser.get("/runs").await.status, StatusCode::SEE_OTHER);

    let csrf = browser.get("/login").await.csrf();
    let wrong = [("csrf", csrf.as_str()), ("email", "grace@example.org"), ("password", "not the password")];
    let refused = browser.post("/login", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("input[name=email][value='grace@example.org']"));
    let right = [("csrf", csrf.as_str()), ("email", "grace@example.org"), ("password", PASSWORD)];
    let answer = browser.post("/login?next=//evil.example", &right).await;
    assert_eq!(answer.location.as_deref(), Some("/"), "log-in leads to this site only");
}

#[actix_web::test]
async fn the_home_page_finds_apps() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::new(&app);
    assert_eq!(browser.get("/").await.text("[data-test=app-card] h3"), "Cat finder");
    assert!(browser.get("/?q=CAT&category=Animals").await.has("[data-test=app-card]"));
    let nothing = browser.get("/?q=zebra&page=many").await;
    assert!(!nothing.has("[data-test=app-card]"));
    assert!(nothing.text("[data-test=empty]").contains("zebra"));
    let app = browser.get("/apps/cat-finder").await;
    assert!(app.has("[data-test=log-in-to-run]") && !app.has("[data-test=run-form]"));
}

#[actix_web::test]
async fn a_run_is_begun_looked_at_and_deleted() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "consumer").await;
    let csrf = browser.get("/apps/cat-finder").await.csrf();
    let csrf = ("csrf", None, csrf.as_bytes());

    let wrong = [csrf, ("p.Age", None, &b"99"[..]), ("p.Image", Some("cat.png"), &b""[..])];
    let refused = browser.post_parts("/apps/cat-finder/runs", HTML, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.text("[data-wrong=Age]"), "must be from 0 to 30");
    assert!(!refused.text("[data-wrong=Image]").is_empty());
    assert!(refused.has("input[name='p.Age'][value='99']"));
    let for_script = browser.post_parts("/apps/cat-finder/runs", JSON, &wrong).await;
    assert_eq!(for_script.content_type, "application/problem+json");
    let problem: serde_json::Value = serde_json::from_str(&for_script.body).unwrap();
    assert!(problem["faults"].as_array().unwrap().iter().any(|fault| fault["place"] == "Age"), "{problem}");

    let right = [csrf, ("p.Age", None, &b"3"[..]), ("p.Image", Some("cat.png"), PNG)];
    let accepted = browser.post_parts("/apps/cat-finder/runs", HTML, &right).await;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", accepted.body);
    let run = accepted.location.unwrap();
    let page = browser.get(&run).await;
    assert_eq!(page.text("[data-test=run-status]"), "Queued");
    let photo = page.page();
    let photo = photo.select(&scraper::Selector::parse("img.thumb").unwrap()).next().unwrap();
    let photo = browser.get(photo.value().attr("src").unwrap()).await;
    assert_eq!((photo.status, photo.content_type.as_str()), (StatusCode::OK, "image/png"));
    assert!(photo.header("content-security-policy").unwrap().contains("sandbox"));
    assert!(browser.get("/runs").await.has("[data-test=run-line]"));

    let token = browser.csrf().await;
    let gone = browser.post(&format!("{run}/delete"), &[("csrf", &token)]).await;
    assert_eq!(gone.location.as_deref(), Some("/runs"));
    assert_eq!(browser.get("/runs").await.text("[data-test=notice]"), "The run and its files are deleted.");
    assert_eq!(browser.get(&run).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn an_upload_is_refused_with_every_fault_or_becomes_a_release() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "author").await;
    let csrf = browser.get("/author/upload").await.csrf();
    let csrf = ("csrf", None, csrf.as_bytes());

    let refused = browser.post_parts("/author/upload", HTML, &[csrf, ("zip", Some("a.zip"), PNG)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text("[data-test=fault]").contains("PNG"), "{}", refused.text("[data-test=fault]"));
    let nothing = browser.post_parts("/author/upload", HTML, &[csrf]).await;
    assert_eq!(nothing.text("[data-test=fault]"), "Choose a zip first.");

    let zip = package("2.0.0");
    let taken = browser.post_parts("/author/apps/cat-finder/upload", HTML, &[csrf, ("zip", Some("a.zip"), &zip)]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    let release = browser.get(&taken.location.unwrap()).await;
    assert_eq!(release.text("[data-test=release-status]"), "Checking");
    assert!(browser.get("/author").await.text("[data-test=my-app]").contains("2.0.0"));

    let token = browser.csrf().await;
    let draft = world.draft;
    assert!(browser.get(&format!("/author/releases/{draft}")).await.has("[data-test=publish]"));
    let out = browser.post(&format!("/author/releases/{draft}/publish"), &[("csrf", &token)]).await;
    assert_eq!(out.location.as_deref(), Some("/apps/cat-finder"));
    assert!(browser.get("/apps/cat-finder").await.text("dl.facts").contains("1.1.0"));
    browser.post(&format!("/author/releases/{draft}/unpublish"), &[("csrf", &token)]).await;
    assert_eq!(browser.get("/apps/cat-finder").await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn an_admin_gives_roles_and_adds_runners() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "admin").await;
    let csrf = browser.csrf().await;
    let consumer = world.people["consumer"].id;
    let form = [("csrf", csrf.as_str()), ("role", "developer")];
    let set = browser.post(&format!("/admin/people/{consumer}/role"), &form).await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.body);
    assert!(browser.get("/admin/people").await.has(&format!("#role-{consumer} option[value=developer][selected]")));

    let bad = [("csrf", csrf.as_str()), ("url", "not an address"), ("name", "Kept")];
    let refused = browser.post("/admin/runners", &bad).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.text("#url-wrong").is_empty() && refused.has("input[name=name][value=Kept]"));
    let good =
        [("csrf", csrf.as_str()), ("url", "http://10.0.0.7:9000"), ("name", "Box"), ("token", "very-secret-token")];
    assert_eq!(browser.post("/admin/runners", &good).await.status, StatusCode::SEE_OTHER);
    let runners = browser.get("/admin/runners").await;
    assert!(runners.text("[data-test=runner]").contains("Box") && !runners.body.contains("very-secret-token"));
}

#[actix_web::test]
async fn static_files_are_kept_by_their_content() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::new(&app);
    let style = browser.get(&super::assets::url("site.css")).await;
    assert_eq!(style.content_type, "text/css; charset=utf-8");
    assert!(style.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(browser.get("/static/site.css").await.header("cache-control"), Some("no-cache"));
    let schema: serde_json::Value = serde_json::from_str(&browser.get("/schema/app.json").await.body).unwrap();
    assert!(schema["properties"]["AppParameters"].is_object());
    assert_eq!(browser.get("/health/ready").await.status, StatusCode::OK);
}
