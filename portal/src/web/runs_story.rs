//! What people do with their runs, request by request: cancel, change, compare, save, find, delete, and let go.

use actix_web::{
    http::StatusCode,
    test::{self, TestRequest},
};
use scraper::Selector;
use vision_protocol::ids::RunId;

use super::testing::{Browser, PNG, World};
use crate::store::JobKind;

const HTML: &str = "text/html";

/// Ends the oldest queued run, as its job would if a runner were there.
async fn end_next(world: &World) -> RunId {
    let now = world.portal.now();
    let lease = world.portal.store.claim_job(JobKind::ExecuteRun, "test", now, now + 60_000).await.unwrap().unwrap();
    let run = lease.subject.parse().unwrap();
    crate::domain::running::testing::end(&world.portal, &lease, run).await.unwrap();
    run
}

fn all(page: &scraper::Html, selector: &str, attribute: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    let found = page.select(&selector);
    found.map(|element| element.value().attr(attribute).unwrap_or_default().to_owned()).collect()
}

#[actix_web::test]
async fn a_waiting_run_is_cancelled() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "author").await;
    let run = format!("/runs/{}", world.run);
    assert!(browser.get(&run).await.has("[data-test=run-cancel]"));
    let csrf = browser.csrf().await;
    let answer = browser.post(&format!("{run}/cancel"), &[("csrf", &csrf)]).await;
    assert_eq!((answer.status, answer.location.as_deref()), (StatusCode::SEE_OTHER, Some(run.as_str())));
    let page = browser.get(&run).await;
    assert_eq!(page.text("[data-test=run-status]"), "Cancelled");
    assert!(page.has("[data-test=run-again]") && !page.has("[data-test=run-cancel]"));
    let now = world.portal.now();
    let job = world.portal.store.claim_job(JobKind::ExecuteRun, "test", now, now + 1).await.unwrap();
    assert!(job.is_none(), "nobody works on it");
    // Pressed twice, it is still what it was.
    let again = browser.post(&format!("{run}/cancel"), &[("csrf", &csrf)]).await;
    assert_eq!(again.location.as_deref(), Some(run.as_str()));
    assert!(browser.get("/runs?status=cancelled").await.has("[data-test=run-line]"));
    assert!(browser.get("/runs?status=done").await.has("[data-test=nothing-found]"));
}

#[actix_web::test]
async fn inputs_are_changed_and_the_photo_is_kept() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "author").await;
    let page = browser.get(&format!("/apps/cat-finder?from={}", world.run)).await;
    assert!(page.has("[data-test=kept-photo] img") && page.has("input[name='p.Careful'][checked]"));
    assert!(page.has("input[type=file]:not([required])"), "another photo may be chosen, but need not be");
    let kept = all(&page.page(), "input[name='k.Image']", "value");
    assert_eq!(kept, [world.run.to_string()]);
    let csrf = page.csrf();
    let form = [
        ("csrf", None, csrf.as_bytes()),
        ("k.Image", None, kept[0].as_bytes()),
        ("p.Image", Some(""), &b""[..]),
        ("p.Age", None, &b"4"[..]),
        ("discard", None, &b"on"[..]),
    ];
    let accepted = browser.post_parts("/apps/cat-finder/runs", HTML, &form).await;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", accepted.body);
    let run = browser.get(&accepted.location.unwrap()).await;
    assert!(run.has("img.thumb") && run.text("dl.inputs").contains('4'));
    assert!(run.text("[data-test=keeping]").starts_with("Not kept"), "{}", run.text("[data-test=keeping]"));
    // Somebody else's run fills no form, and gives no photo.
    let rival = Browser::of(&app, "rival").await;
    let page = rival.get(&format!("/apps/cat-finder?from={}", world.run)).await;
    assert!(page.status == StatusCode::OK && !page.has("[data-test=kept-photo]"));
    let csrf = page.csrf();
    let theft = [("csrf", None, csrf.as_bytes()), ("k.Image", None, kept[0].as_bytes())];
    let refused = rival.post_parts("/apps/cat-finder/runs", HTML, &theft).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text("[data-wrong=Image]").contains("gone"));
}

#[actix_web::test]
async fn many_photos_in_one_form_are_a_batch() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "consumer").await;
    let page = browser.get("/apps/cat-finder").await;
    assert!(page.has("input[type=file][multiple]"));
    let csrf = page.csrf();
    let photo = |name| ("p.Image", Some(name), PNG);
    let mut too_many = vec![("csrf", None, csrf.as_bytes())];
    too_many.extend((0..51).map(|_| photo("a.png")));
    let refused = browser.post_parts("/apps/cat-finder/runs", HTML, &too_many).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.text("[data-wrong=Image]"), "takes at most 50 photos at a time");
    let form = [("csrf", None, csrf.as_bytes()), photo("a.png"), photo("b.png"), photo("c.png")];
    let accepted = browser.post_parts("/apps/cat-finder/runs", HTML, &form).await;
    let batch = accepted.location.unwrap();
    assert!(batch.starts_with("/runs/batches/"), "{batch}");
    let page = browser.get(&batch).await;
    assert_eq!(page.text("[data-test=batch-progress]"), "0 of 3 done");
    let photos = all(&page.page(), ".batch-photo", "src");
    assert_eq!(photos.len(), 3);
    let photo = browser.get(&photos[2]).await;
    assert_eq!(photo.status, StatusCode::OK);
    let known = TestRequest::get().uri(&photos[2]).insert_header(("if-none-match", photo.header("etag").unwrap()));
    assert_eq!(browser.send(known).await.status, StatusCode::NOT_MODIFIED, "a photo is sent once");
    let saved = browser.get(&format!("{}?save", photos[2])).await;
    assert!(saved.header("content-disposition").unwrap().starts_with("attachment; filename="));
    let rival = Browser::of(&app, "rival").await;
    for address in [batch.clone(), format!("{batch}/events"), format!("{batch}/results.csv")] {
        assert_eq!(rival.get(&address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
    let csrf = rival.csrf().await;
    let theirs = rival.post(&format!("{batch}/cancel"), &[("csrf", &csrf)]).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    let csrf = browser.csrf().await;
    browser.post(&format!("{batch}/cancel"), &[("csrf", &csrf)]).await;
    let page = browser.get(&batch).await;
    assert!(!page.has("[data-events]") && page.text("[data-test=batch-table]").contains("Cancelled"));
    let sheet = browser.get(&format!("{batch}/results.csv")).await;
    assert!(sheet.content_type.starts_with("text/csv") && sheet.body.starts_with("photo,run,status,result\r\n1,"));
    let mut form: Vec<(&str, String)> = vec![("csrf", csrf)];
    form.extend(
        all(&page.page(), "form[action='/runs/delete'] input[name=run]", "value").into_iter().map(|run| ("run", run)),
    );
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.post("/runs/delete", &form).await.location.as_deref(), Some("/runs"));
    assert_eq!(browser.get(&batch).await.status, StatusCode::NOT_FOUND);
    assert!(browser.get("/runs").await.has("[data-test=empty]"));
}

#[actix_web::test]
async fn results_are_compared_and_saved() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "author").await;
    let ended = end_next(&world).await;
    assert_eq!(ended, world.run);
    let run = format!("/runs/{ended}");
    let page = browser.get(&run).await;
    assert!(page.has("[data-test=run-compare]") && page.has("[data-test=downloads]"), "{}", page.body);
    let json = browser.get(&format!("{run}/result.json")).await;
    assert_eq!(json.content_type, "application/json");
    assert_eq!(json.header("content-disposition"), Some("attachment; filename=\"cat-finder.json\""));
    let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!((json["status"].as_str(), json["inputs"]["Careful"].as_bool()), (Some("done"), Some(true)));
    let sheet = browser.get(&format!("{run}/result.csv")).await;
    assert!(sheet.body.contains("'=HYPERLINK"), "no formula: {}", sheet.body);

    assert!(browser.get(&format!("/runs/compare?a={ended}")).await.has("[data-test=empty]"));
    let csrf = browser.csrf().await;
    let other = browser.post(&format!("{run}/again"), &[("csrf", &csrf)]).await.location.unwrap();
    end_next(&world).await;
    let choice = browser.get(&format!("/runs/compare?a={ended}")).await;
    let address = all(&choice.page(), "[data-test=compare-choice] a", "href").pop().unwrap();
    let compared = browser.get(&address).await;
    assert!(compared.has("[data-test=compare]") && !compared.has("[data-test=differs]"), "{}", compared.body);
    let lines = all(&browser.get("/runs").await.page(), "[data-test=run-line] input[name=run]", "value");
    assert_eq!(lines, [other.trim_start_matches("/runs/"), &ended.to_string()]);
    let ticked = [("csrf", csrf.as_str()), ("run", lines[0].as_str()), ("run", lines[1].as_str())];
    let there = browser.post("/runs/compare", &ticked).await.location.unwrap();
    assert_eq!(there, format!("/runs/compare?a={}&b={}", lines[1], lines[0]));
    assert_eq!(browser.post("/runs/compare", &ticked[..2]).await.status, StatusCode::CONFLICT);
    let rival = Browser::of(&app, "rival").await;
    assert_eq!(rival.get(&there).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn runs_are_found_and_deleted_many_at_a_time() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "author").await;
    let csrf = browser.csrf().await;
    let again = format!("/runs/{}/again", world.run);
    for _ in 0..31 {
        assert_eq!(browser.post(&again, &[("csrf", &csrf)]).await.status, StatusCode::SEE_OTHER);
    }
    let first = browser.get("/runs?q=cat+FINDER&app=cat-finder").await;
    let lines = all(&first.page(), "[data-test=run-line] input[name=run]", "value");
    assert_eq!(lines.len(), 30);
    let older = all(&first.page(), ".pager a[rel=next]", "href").pop().unwrap();
    assert!(older.contains("q=cat"), "{older}");
    let second = browser.get(&older).await;
    let rest = all(&second.page(), "[data-test=run-line] input[name=run]", "value");
    assert_eq!((rest.len(), rest.last()), (2, Some(&world.run.to_string())));
    assert!(rest.iter().all(|run| !lines.contains(run)));
    assert!(browser.get("/runs?q=dog").await.has("[data-test=nothing-found]"));
    assert_eq!(browser.get("/runs?before=nonsense&app=No+Such&status=x").await.status, StatusCode::OK);

    let ticked = [("csrf", csrf.as_str()), ("run", lines[0].as_str()), ("run", lines[1].as_str())];
    assert_eq!(browser.post("/runs/delete", &ticked).await.location.as_deref(), Some("/runs"));
    assert_eq!(browser.get(&format!("/runs/{}", lines[0])).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.post("/runs/delete", &ticked[..1]).await.status, StatusCode::CONFLICT);
    let rival = Browser::of(&app, "rival").await;
    let token = rival.csrf().await;
    let theft = [("csrf", token.as_str()), ("run", lines[2].as_str())];
    assert_eq!(rival.post("/runs/delete", &theft).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&format!("/runs/{}", lines[2])).await.status, StatusCode::OK);

    assert!(browser.get("/runs/delete-all").await.text("form[action='/runs/delete-all']").contains("Delete all"));
    assert!(browser.get("/runs/delete-all").await.body.contains("All your 30 runs"));
    let gone = browser.post("/runs/delete-all", &[("csrf", &csrf)]).await;
    assert_eq!(gone.location.as_deref(), Some("/runs"));
    assert!(browser.get("/runs").await.has("[data-test=empty]"));
    assert_eq!(browser.get(&format!("/runs/{}", lines[2])).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn how_long_runs_are_kept_is_chosen() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "author").await;
    let page = browser.get("/settings/keep").await;
    assert!(page.has("input[name=keep][value=forever][checked]"));
    let csrf = page.csrf();
    let refused = browser.post("/settings/keep", &[("csrf", &csrf), ("keep", "a while")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let chosen = [("csrf", csrf.as_str()), ("keep", "not-at-all"), ("existing", "on")];
    assert_eq!(browser.post("/settings/keep", &chosen).await.location.as_deref(), Some("/settings/keep"));
    assert!(browser.get("/settings/keep").await.has("input[name=keep][value='not-at-all'][checked]"));
    assert!(browser.get("/runs").await.body.contains("They are not kept."));
    let run = format!("/runs/{}", world.run);
    assert!(browser.get(&run).await.text("[data-test=keeping]").contains("ten minutes after you first see"));
    end_next(&world).await;
    assert!(browser.get(&run).await.text("[data-test=keeping]").contains("Not kept"));
    assert!(browser.get(&run).await.has("[data-test=keeping] time"));
    let row = world.portal.store.run(world.run).await.unwrap().unwrap();
    let left = row.keep_until.unwrap() - world.portal.now();
    assert!((1..=600_000).contains(&left), "{left}");
}
