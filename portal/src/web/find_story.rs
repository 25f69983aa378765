//! How people find apps, keep them, and say what they think of them, request by request.

use actix_web::{http::StatusCode, test};
use vision_protocol::ids::{ReleaseId, UserId};

use super::testing::{Answer, Browser, World};
use crate::{
    domain::{
        accounts::{self, SignUp, User},
        catalog,
        roles::Role,
        work,
    },
    store::{JobKind, NewRun},
};

/// One run of the world's app by somebody, to a good end.
async fn run(world: &World, user: UserId) {
    let store = &world.portal.store;
    let now = world.portal.now();
    let id = vision_protocol::ids::RunId::generate();
    let new = NewRun { id, user, release: world.release, inputs: b"", files: &[], now };
    assert!(store.create_run(&new).await.unwrap());
    // The world's own run waits in the queue too.
    while let Some(lease) = store.claim_job(JobKind::ExecuteRun, "test", now, now + 60_000).await.unwrap() {
        if lease.subject == id.to_string() {
            assert!(store.start_run(id, now).await.unwrap());
            assert!(store.finish_run(&lease, id, ("done", b""), None, now + 1).await.unwrap());
        }
    }
}

async fn somebody(world: &World, name: &str) -> User {
    let password = super::testing::PASSWORD.to_owned();
    let new = SignUp { email: format!("{name}@example.org"), name: name.to_owned(), password };
    accounts::create(&world.portal, &new, Role::Consumer).await.unwrap()
}

#[actix_web::test]
async fn a_search_forgives_slips_and_keeps_what_was_chosen() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::new(&app);
    let found = browser.get("/search?q=CAT&category=Animals&sort=newest").await;
    assert_eq!(found.text("[data-test=count]"), "1 app");
    assert!(found.has("option[value=Animals][selected]") && found.has("option[value=newest][selected]"));
    assert!(found.has("input[name=q][value=CAT]"));

    let slip = browser.get("/search?q=cta+findr&category=Animals").await;
    assert_eq!(slip.text("[data-test=app-card] h3"), "Cat finder");
    assert_eq!(slip.text("[data-test=meant] a"), "cat finder");
    assert!(slip.has("[data-test=meant] a[href='/search?q=cat+finder&category=Animals']"));

    for nothing in ["/search?q=zebra", "/search?q=cat&category=Plants", "/search?q=%21%21", "/search?q=cat&stars=5"] {
        assert!(browser.get(nothing).await.has("[data-test=empty]"), "{nothing}");
    }
    let rated = browser.get("/search?stars=4").await;
    assert!(rated.text("[data-test=app-card]").contains("4.0"), "the world's review counts");
    let author = world.people["author"].id;
    assert!(browser.get(&format!("/authors/{author}")).await.has("[data-test=app-card]"));
    assert!(browser.get(&format!("/search?author={author}&q=cat")).await.has("[data-test=app-card]"));
    let consumer = world.people["consumer"].id;
    assert_eq!(browser.get(&format!("/authors/{consumer}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/shelves/none").await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn shelves_fill_with_what_one_uses_and_keeps() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let anonymous = Browser::new(&app);
    let home = anonymous.get("/").await;
    assert!(home.has("[data-test=shelf-recommended]"), "the one app is well rated");
    assert!(!home.has("[data-test=shelf-recent]") && !home.has("[data-test=shelf-popular]"));
    assert_eq!(
        anonymous.get("/shelves/favourites").await.location.as_deref(),
        Some("/login?next=%2Fshelves%2Ffavourites")
    );
    assert!(home.body.len() < 100_000);

    let browser = Browser::of(&app, "consumer").await;
    assert!(browser.get("/shelves/recent").await.has("[data-test=empty]"));
    run(&world, world.people["consumer"].id).await;
    let csrf = browser.csrf().await;
    let kept = browser.post("/apps/cat-finder/favourite", &[("csrf", &csrf), ("keep", "on")]).await;
    assert_eq!(kept.location.as_deref(), Some("/apps/cat-finder"));
    assert!(browser.get("/apps/cat-finder").await.has("[data-test=favourite-form] [aria-pressed=true]"));
    let home = browser.get("/").await;
    for shelf in ["recent", "favourites", "popular"] {
        assert_eq!(home.text(&format!("[data-test=shelf-{shelf}] h3")), "Cat finder");
        assert!(browser.get(&format!("/shelves/{shelf}")).await.has("[data-test=app-card]"), "{shelf}");
    }
    assert!(!home.has("[data-test=shelf-recommended]"), "what one uses already is not recommended");
    browser.post("/apps/cat-finder/favourite", &[("csrf", &csrf)]).await;
    assert!(browser.get("/shelves/favourites").await.has("[data-test=empty]"));
    work::count(&world.portal).await.unwrap();
    let figures = browser.get("/apps/cat-finder").await.text("dl.facts");
    assert!(figures.contains("1 run by 1 person"), "{figures}");
}

async fn review<S, B>(browser: &Browser<'_, S>, csrf: &str, stars: &str, words: &str) -> Answer
where
    S: actix_web::dev::Service<
            actix_http::Request,
            Response = actix_web::dev::ServiceResponse<B>,
            Error = actix_web::Error,
        >,
    B: actix_web::body::MessageBody,
{
    browser.post("/apps/cat-finder/review", &[("csrf", csrf), ("stars", stars), ("words", words)]).await
}

#[actix_web::test]
async fn who_ran_an_app_reviews_it_and_its_author_replies() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let grace = somebody(&world, "grace").await;
    let browser = Browser::of(&app, "grace").await;
    let csrf = browser.csrf().await;
    assert!(browser.get("/apps/cat-finder").await.has("[data-test=must-run]"));
    assert_eq!(review(&browser, &csrf, "5", "").await.status, StatusCode::CONFLICT);
    run(&world, grace.id).await;
    let refused = review(&browser, &csrf, "6", &"x".repeat(2001)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.text("#stars-wrong").is_empty() && !refused.text("#words-wrong").is_empty());
    let done = review(&browser, &csrf, "2", "Took my <dog> for a cat.").await;
    assert_eq!(done.location.as_deref(), Some("/apps/cat-finder#reviews"), "{}", done.body);
    review(&browser, &csrf, "3", "Took my <dog> for a cat.").await;

    let page = browser.get("/apps/cat-finder").await;
    assert_eq!(page.text(".histogram .mean strong"), "3.5", "hers and the consumer's, one each");
    assert!(page.body.contains("my &#60;dog&#62; for"), "{}", page.body);
    let id = world.portal.store.review_of(grace.id, app_id(&world).await).await.unwrap().unwrap().id;

    let rival = Browser::of(&app, "rival").await;
    let token = rival.csrf().await;
    let reply = format!("/reviews/{id}/reply");
    let foreign = rival.post(&reply, &[("csrf", &token), ("words", "It is bad.")]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "another author's app");
    let author = Browser::of(&app, "author").await;
    let token = author.csrf().await;
    assert_eq!(review(&author, &token, "5", "Mine.").await.status, StatusCode::CONFLICT);
    let replied = author.post(&reply, &[("csrf", &token), ("words", "The next version will not.")]).await;
    assert_eq!(replied.status, StatusCode::SEE_OTHER);
    assert!(
        Browser::new(&app).get("/apps/cat-finder/reviews").await.text("[data-test=reply]").contains("next version")
    );

    let gone = browser.post("/apps/cat-finder/review/delete", &[("csrf", &csrf)]).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER);
    let again = browser.post("/apps/cat-finder/review/delete", &[("csrf", &csrf)]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/apps/cat-finder/reviews").await.text(".histogram .mean strong"), "4.0");
}

async fn app_id(world: &World) -> vision_protocol::ids::AppId {
    let view = catalog::app(&world.portal, None, &world.slug).await.unwrap();
    assert_eq!(view.release, ReleaseId(world.release.0));
    view.app
}

#[actix_web::test]
async fn an_app_is_reported_once_and_not_without_end() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "consumer").await;
    let csrf = browser.get("/apps/cat-finder/report").await.csrf();
    let report = async |reason: &str, words: &str| {
        browser.post("/apps/cat-finder/report", &[("csrf", &csrf), ("reason", reason), ("words", words)]).await
    };
    let refused = report("other", " ").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.text("#words-wrong"), "say what is wrong");
    assert!(!report("", "x").await.text("#reason-wrong").is_empty());
    let sent = report("broken", "It never answers.").await;
    assert_eq!(sent.location.as_deref(), Some("/apps/cat-finder"));
    assert_eq!(
        browser.get("/apps/cat-finder").await.text("[data-test=notice]"),
        "Thank you. Somebody will look at it."
    );
    let twice = report("broken", "Still.").await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert!(twice.text("[data-test=refused]").contains("already"));
    let mut last = twice.status;
    for _ in 0..5 {
        last = report("broken", "Still.").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
