//! What authors do with releases, request by request: deprecate, roll back, share, compare, test, follow.

use actix_web::{http::StatusCode, test};

use super::testing::{Browser, PNG, World};

const HTML: &str = "text/html";

#[actix_web::test]
async fn a_release_is_deprecated_and_an_older_one_comes_back() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "author").await;
    let csrf = browser.csrf().await;
    let (old, new) = (world.release, world.draft);
    browser.post(&format!("/author/releases/{new}/publish"), &[("csrf", &csrf)]).await;
    let page = browser.get("/author/apps/cat-finder/releases").await;
    assert!(page.has("[data-version='1.0.0'] [data-test=roll-back]") && page.has("[data-version='1.1.0'] .published"));

    let nothing = browser.post(&format!("/author/releases/{new}/deprecate"), &[("csrf", &csrf)]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.text("[data-test=fault]").contains("say why"));
    let form = [("csrf", csrf.as_str()), ("reason", "It sees cats everywhere.")];
    let done = browser.post(&format!("/author/releases/{new}/deprecate"), &form).await;
    assert_eq!(done.location.as_deref(), Some("/author/apps/cat-finder/releases"), "{}", done.body);
    assert!(browser.get("/apps/cat-finder").await.body.contains("It sees cats everywhere."));
    browser.post(&format!("/author/releases/{old}/rollback"), &[("csrf", &csrf)]).await;
    assert!(browser.get("/author/apps/cat-finder/releases").await.has("[data-version='1.0.0'] .published"));
    let refused = browser.post(&format!("/author/releases/{new}/rollback"), &[("csrf", &csrf)]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
}

#[actix_web::test]
async fn a_private_app_is_there_for_whoever_was_given_its_link() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let author = Browser::of(&app, "author").await;
    let consumer = Browser::of(&app, "consumer").await;
    let csrf = author.csrf().await;
    let set = |name: &'static str| [("csrf", csrf.clone()), ("visibility", name.to_owned())];
    let post = async |name| {
        let form = set(name);
        let form: Vec<(&str, &str)> = form.iter().map(|(key, value)| (*key, value.as_str())).collect();
        author.post("/author/apps/cat-finder/visibility", &form).await
    };
    assert_eq!(post("unlisted").await.status, StatusCode::SEE_OTHER);
    assert!(!consumer.get("/").await.body.contains("Cat finder"), "it stands in no list");
    assert_eq!(consumer.get("/apps/cat-finder").await.status, StatusCode::OK);
    assert_eq!(post("nobody").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    post("private").await;
    let token = consumer.csrf().await;
    let run = [("csrf", None, token.as_bytes()), ("p.Image", Some("cat.png"), PNG)];
    for anonymous in [false, true] {
        let browser = if anonymous { &Browser::new(&app) } else { &consumer };
        assert_eq!(browser.get("/apps/cat-finder").await.status, StatusCode::NOT_FOUND);
        assert_eq!(browser.get("/apps/cat-finder/icon").await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(consumer.post_parts("/apps/cat-finder/runs", HTML, &run).await.status, StatusCode::NOT_FOUND);
    let release = world.release;
    assert_eq!(
        consumer.post_parts(&format!("/releases/{release}/runs"), HTML, &run).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(author.get("/apps/cat-finder").await.status, StatusCode::OK);

    let page = author.get("/author/apps/cat-finder/releases").await.page();
    let link = page.select(&scraper::Selector::parse("[data-test=share-link]").unwrap()).next().unwrap();
    let link = link.value().attr("value").unwrap().strip_prefix("http://127.0.0.1:8080").unwrap().to_owned();
    assert_eq!(consumer.get("/apps/cat-finder/shared/0123").await.status, StatusCode::NOT_FOUND);
    assert_eq!(consumer.get(&link).await.location.as_deref(), Some("/apps/cat-finder"));
    assert_eq!(consumer.get("/apps/cat-finder").await.status, StatusCode::OK);
    assert_eq!(consumer.post_parts("/apps/cat-finder/runs", HTML, &run).await.status, StatusCode::SEE_OTHER);
    let rival = Browser::of(&app, "rival").await;
    assert_eq!(rival.get("/apps/cat-finder").await.status, StatusCode::NOT_FOUND);

    author.post("/author/apps/cat-finder/share", &[("csrf", &csrf)]).await;
    assert_eq!(consumer.get("/apps/cat-finder").await.status, StatusCode::NOT_FOUND, "the old link is dead");
    assert_eq!(consumer.get(&link).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_share_of_the_people_gets_another_release() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let author = Browser::of(&app, "author").await;
    let csrf = author.csrf().await;
    let second = world.draft.to_string();
    let begin = |percent: &'static str| [("csrf", csrf.as_str()), ("release", second.as_str()), ("percent", percent)];
    let refused = author.post("/author/apps/cat-finder/experiment", &begin("100")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text("#percent-wrong").contains("1 to 99"));
    let begun = author.post("/author/apps/cat-finder/experiment", &begin("99")).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
    assert_eq!(author.post("/author/apps/cat-finder/experiment", &begin("50")).await.status, StatusCode::CONFLICT);

    let mut versions = Vec::new();
    for name in ["consumer", "rival", "operator", "admin"] {
        let browser = Browser::of(&app, name).await;
        let token = browser.csrf().await;
        let run = [("csrf", None, token.as_bytes()), ("p.Image", Some("cat.png"), PNG)];
        for _ in 0..2 {
            let accepted = browser.post_parts("/apps/cat-finder/runs", HTML, &run).await;
            let page = browser.get(&accepted.location.unwrap_or_else(|| panic!("{name}: {}", accepted.body))).await;
            versions.push((name, page.body.contains("version 1.1.0")));
        }
    }
    assert!(versions.iter().filter(|(_, is_second)| *is_second).count() >= 6, "{versions:?}");
    assert!(versions.chunks(2).all(|runs| runs[0] == runs[1]), "each person has one release: {versions:?}");
    let page = author.get("/author/apps/cat-finder/releases").await;
    assert!(page.text("[data-test=experiment]").contains("1.1.0"));
    let live = author.get("/author/apps/cat-finder/live").await;
    assert!(live.has("[data-test=live-run]") && !live.body.contains("consumer"), "nobody is named");

    let winner = [("csrf", csrf.as_str()), ("winner", second.as_str())];
    author.post("/author/apps/cat-finder/experiment/end", &winner).await;
    assert!(author.get("/author/apps/cat-finder/releases").await.has("[data-version='1.1.0'] .published"));
    assert_eq!(author.post("/author/apps/cat-finder/experiment/end", &winner).await.status, StatusCode::CONFLICT);
}

#[actix_web::test]
async fn a_run_of_a_draft_stands_beside_the_published_release() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let author = Browser::of(&app, "author").await;
    let csrf = author.csrf().await;
    let tests = format!("/author/releases/{}/tests", world.draft);
    let none = author.post(&tests, &[("csrf", &csrf)]).await;
    assert_eq!(none.status, StatusCode::CONFLICT);
    assert!(none.text("[data-test=tests-wrong]").contains("no examples"));
    let run = [("csrf", None, csrf.as_bytes()), ("p.Image", Some("cat.png"), PNG)];
    let run = author.post_parts(&format!("/releases/{}/runs", world.draft), HTML, &run).await.location.unwrap();
    let run = run.rsplit('/').next().unwrap();
    assert!(author.get(&tests).await.has("[data-test=compare-run]"));
    let compare = format!("/author/releases/{}/compare", world.draft);
    let compared = author.post(&compare, &[("csrf", &csrf), ("run", run)]).await;
    assert_eq!(compared.location.as_deref(), Some(tests.as_str()), "{}", compared.body);
    let page = author.get(&tests).await;
    assert!(page.text("[data-test=trial] thead").contains("Published 1.0.0"));
    assert!(page.has("[data-pending]"), "nothing moves without a runner");
}
