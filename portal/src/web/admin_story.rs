//! What people do with their accounts, and what admins do about people, request by request.

use actix_web::{http::StatusCode, test};

use super::testing::{Answer, Browser, PASSWORD, World};
use crate::domain::api_keys::Scope;

const NEW_PASSWORD: &str = "a new horse and battery";

/// Logs in in a browser of its own: the answer.
macro_rules! log_in {
    ($app:expr, $email:expr, $password:expr) => {{
        let browser = Browser::new(&$app);
        let csrf = browser.get("/login").await.csrf();
        browser.post("/login", &[("csrf", &csrf), ("email", $email), ("password", $password)]).await
    }};
}

fn without_token(answer: &Answer) -> (StatusCode, Option<&str>, &str) {
    (answer.status, answer.location.as_deref(), answer.body.as_str())
}

#[actix_web::test]
async fn nobody_finds_out_who_has_an_account() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::new(&app);
    let csrf = browser.get("/signup").await.csrf();
    let sign_up = async |email: &str| {
        let form = [("csrf", csrf.as_str()), ("name", "Eve"), ("email", email), ("password", NEW_PASSWORD)];
        browser.post("/signup", &form).await
    };
    let (known, unknown) = (sign_up("consumer@example.org").await, sign_up("nobody@example.org").await);
    assert_eq!(without_token(&known), without_token(&unknown));
    assert_eq!(known.status, StatusCode::SEE_OTHER);
    let names = |answer: &Answer| answer.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&known), names(&unknown));
    assert_eq!(log_in!(app, "consumer@example.org", PASSWORD).status, StatusCode::SEE_OTHER, "it is as it was");
    assert_eq!(log_in!(app, "consumer@example.org", NEW_PASSWORD).status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(log_in!(app, "nobody@example.org", NEW_PASSWORD).status, StatusCode::SEE_OTHER);

    let wrong = log_in!(app, "consumer@example.org", "not the password");
    let nobody = log_in!(app, "x@example.org", "not the password");
    let words = |answer: &Answer| answer.text("#email-wrong");
    assert_eq!((wrong.status, words(&wrong)), (nobody.status, words(&nobody)));
}

#[actix_web::test]
async fn a_person_changes_name_email_and_password() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let (here, there) = (Browser::of(&app, "consumer").await, Browser::of(&app, "consumer").await);
    let csrf = here.csrf().await;
    let profile = |email, current| [("csrf", csrf.as_str()), ("name", "Ann"), ("email", email), ("current", current)];
    let refused = here.post("/settings", &profile("ann@example.org", "wrong")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.text("#profile-current-wrong"), "is not your password");
    let taken = here.post("/settings", &profile("author@example.org", PASSWORD)).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    let saved = here.post("/settings", &profile("ann@example.org", PASSWORD)).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    assert!(here.get("/settings").await.has("input[name=email][value='ann@example.org']"));

    let password = |current, new| [("csrf", csrf.as_str()), ("current", current), ("password", new)];
    for (current, new) in [("wrong", NEW_PASSWORD), (PASSWORD, "short"), (PASSWORD, PASSWORD)] {
        let refused = here.post("/settings/password", &password(current, new)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{current} {new}");
    }
    let changed = here.post("/settings/password", &password(PASSWORD, NEW_PASSWORD)).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.body);
    assert_eq!(here.get("/runs").await.status, StatusCode::OK, "this session goes on");
    assert_eq!(there.get("/runs").await.status, StatusCode::SEE_OTHER, "every other one has ended");
    assert_eq!(log_in!(app, "ann@example.org", NEW_PASSWORD).status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn a_person_sees_and_ends_sessions() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let here = Browser::of(&app, "consumer").await;
    let others = [Browser::of(&app, "consumer").await, Browser::of(&app, "consumer").await];
    let list = here.get("/settings/sessions").await;
    let form = scraper::Selector::parse("[data-test=session] form").unwrap();
    let ends: Vec<String> =
        list.page().select(&form).map(|form| form.value().attr("action").unwrap().to_owned()).collect();
    assert_eq!(ends.len(), 2, "this one has no button");
    let csrf = here.csrf().await;
    assert_eq!(here.post(&ends[0], &[("csrf", &csrf)]).await.status, StatusCode::SEE_OTHER);
    let alive = async || {
        let mut alive = 0;
        for other in &others {
            alive += usize::from(other.get("/runs").await.status == StatusCode::OK);
        }
        alive
    };
    assert_eq!(alive().await, 1);
    here.post("/settings/sessions", &[("csrf", &csrf)]).await;
    assert_eq!(alive().await, 0);
    assert_eq!(here.get("/runs").await.status, StatusCode::OK);
    let rival = Browser::of(&app, "rival").await;
    let csrf = rival.csrf().await;
    let foreign = format!("/settings/sessions/{}/end", world.session_of_author);
    assert_eq!(rival.post(&foreign, &[("csrf", &csrf)]).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_consumer_becomes_an_author() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let (consumer, admin) = (Browser::of(&app, "consumer").await, Browser::of(&app, "admin").await);
    let (csrf, admin_csrf) = (consumer.csrf().await, admin.csrf().await);
    let ask = |words| [("csrf", csrf.as_str()), ("words", words)];
    assert_eq!(consumer.post("/settings/author", &ask("hi")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let words = "I count birds <script>alert(1)</script> for a living.";
    assert_eq!(consumer.post("/settings/author", &ask(words)).await.status, StatusCode::SEE_OTHER);
    assert!(consumer.get("/settings/author").await.has("[data-test=author-waits]"));
    assert_eq!(consumer.post("/settings/author", &ask(words)).await.status, StatusCode::CONFLICT);

    let requests = admin.get("/admin/requests").await;
    assert!(requests.text("[data-test=request]").contains("I count birds <script>"));
    assert!(!requests.body.contains("<script>alert"), "words are words");
    let refuse = |reason| [("csrf", admin_csrf.as_str()), ("reason", reason)];
    let no_reason = admin.post("/admin/requests/1/refuse", &refuse(" ")).await;
    assert_eq!(no_reason.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(no_reason.text("#wrong-1"), "must have 1 to 1000 characters");
    let refused = admin.post("/admin/requests/1/refuse", &refuse("Tell more.")).await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER);
    assert!(consumer.get("/settings/author").await.text("[data-test=author-refused]").contains("Tell more."));
    assert_eq!(consumer.post("/settings/author", &ask("I count birds, and sell the counts.")).await.status, 303);
    assert_eq!(admin.post("/admin/requests/2/grant", &[("csrf", &admin_csrf)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(admin.post("/admin/requests/2/grant", &[("csrf", &admin_csrf)]).await.status, StatusCode::NOT_FOUND);
    assert!(consumer.get("/settings/author").await.has("[data-test=is-author]"));
    assert_eq!(consumer.get("/author").await.status, StatusCode::OK);
    let log = admin.get("/admin/audit?act=grant-author").await;
    assert!(log.text("[data-test=audit-line]").contains("Verified an author"));
    assert!(!admin.get("/admin/audit?act=set-site").await.has("[data-test=audit-line]"));
}

#[actix_web::test]
async fn a_suspended_person_is_out_at_once_and_comes_back() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let (author, admin) = (Browser::of(&app, "author").await, Browser::of(&app, "admin").await);
    let key = world.key("author", &[Scope::Read]).await;
    let csrf = admin.csrf().await;
    let person = format!("/admin/people/{}", world.people["author"].id);
    let run = format!("/runs/{}", world.run);
    assert_eq!(author.get(&run).await.text("[data-test=run-status]"), "Queued");

    let no_reason = admin.post(&format!("{person}/suspend"), &[("csrf", &csrf), ("reason", "")]).await;
    assert_eq!(no_reason.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = [("csrf", csrf.as_str()), ("reason", "Sent spam.")];
    assert_eq!(admin.post(&format!("{person}/suspend"), &form).await.status, StatusCode::SEE_OTHER);
    assert!(admin.get(&person).await.has("[data-test=suspended]"));
    assert_eq!(author.get(&run).await.status, StatusCode::SEE_OTHER, "the session has ended");
    let holder = crate::domain::api_keys::holder(&world.portal, &key, "x").await;
    assert!(holder.is_err(), "the key is refused");
    assert!(world.portal.store.runs_under_way_of(world.people["author"].id).await.unwrap().is_empty());
    let why = log_in!(app, "author@example.org", PASSWORD);
    assert_eq!(why.status, StatusCode::FORBIDDEN);
    assert!(why.text(".notice.bad").contains("Sent spam."));
    assert_eq!(log_in!(app, "author@example.org", "wrong password").status, StatusCode::UNPROCESSABLE_ENTITY);
    let link = admin.post(&format!("{person}/password-link"), &[("csrf", &csrf)]).await;
    assert_eq!(link.status, StatusCode::CONFLICT);

    assert_eq!(admin.post(&format!("{person}/lift"), &[("csrf", &csrf)]).await.status, StatusCode::SEE_OTHER);
    let author = Browser::of(&app, "author").await;
    let stopped = author.get(&run).await;
    assert_eq!(stopped.text("[data-test=run-status]"), "Failed");
    assert!(stopped.body.contains("the account was suspended"));
    let oneself = format!("/admin/people/{}/suspend", world.people["admin"].id);
    assert_eq!(admin.post(&oneself, &form).await.status, StatusCode::CONFLICT);
}

#[actix_web::test]
async fn a_link_for_a_new_password_works_once() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let (consumer, admin) = (Browser::of(&app, "consumer").await, Browser::of(&app, "admin").await);
    let csrf = admin.csrf().await;
    let person = format!("/admin/people/{}", world.people["consumer"].id);
    let made = admin.post(&format!("{person}/password-link"), &[("csrf", &csrf)]).await;
    assert_eq!((made.status, made.header("cache-control")), (StatusCode::CREATED, Some("no-store")));
    let link = made.text("[data-test=password-link]");
    let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
    assert!(!admin.get(&person).await.has("[data-test=password-link]"), "it is shown once");

    let stranger = Browser::new(&app);
    let csrf = stranger.get(path).await.csrf();
    let set = |password| [("csrf", csrf.as_str()), ("password", password)];
    assert_eq!(stranger.post(path, &set("short")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = stranger.post(path, &set(NEW_PASSWORD)).await;
    assert_eq!((done.status, done.location.as_deref()), (StatusCode::SEE_OTHER, Some("/login")));
    assert_eq!(stranger.post(path, &set("yet another password")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.get(path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(consumer.get("/runs").await.status, StatusCode::SEE_OTHER, "sessions have ended");
    assert_eq!(log_in!(app, "consumer@example.org", NEW_PASSWORD).status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn the_site_is_set_and_an_invitation_lets_one_person_in() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let admin = Browser::of(&app, "admin").await;
    let csrf = admin.csrf().await;
    let site = |name, sign_up, mib| {
        [
            ("csrf", csrf.as_str()),
            ("name", name),
            ("sign_up", sign_up),
            ("auto_approve", "on"),
            ("terms", "# Terms\n\nBe **kind**. <script>alert(1)</script>"),
            ("package_mib", mib),
            ("input_mib", "20"),
        ]
    };
    let refused = admin.post("/admin/site", &site("", "invited", "many")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.text("#package_mib-wrong"), "must be a whole number");
    assert!(refused.has("input[name=sign_up][value=invited][checked]"));
    let saved = admin.post("/admin/site", &site("Eyes", "invited", "1")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    let home = admin.get("/").await;
    assert!(home.text("title").ends_with("Eyes") && home.text(".brand").ends_with("Eyes"));
    assert!(admin.get("/author/upload").await.body.contains("1 MB"), "the cap is in effect");
    let terms = admin.get("/terms").await;
    assert_eq!(terms.text("[data-test=terms] strong"), "kind");
    assert!(!terms.body.contains("alert(1)"));

    let stranger = Browser::new(&app);
    assert!(stranger.get("/signup").await.has("[data-test=sign-up-closed]"));
    let made = admin.post("/admin/invitations", &[("csrf", &csrf), ("note", "For Bob")]).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let link = made.text("[data-test=invitation-link]");
    let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
    let page = stranger.get(path).await;
    assert!(page.body.contains("/terms"));
    let visitor = page.csrf();
    let form = |email| [("csrf", visitor.as_str()), ("name", "Bob"), ("email", email), ("password", NEW_PASSWORD)];
    assert_eq!(stranger.post("/signup", &form("bob@example.org")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(stranger.post(path, &form("bob@example.org")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stranger.post(path, &form("eve@example.org")).await.status, StatusCode::FORBIDDEN, "one person");
    assert_eq!(log_in!(app, "bob@example.org", NEW_PASSWORD).status, StatusCode::SEE_OTHER);
    assert!(admin.get("/admin/invitations").await.text("[data-test=invitation]").contains("used"));
    let log = admin.get("/admin/audit").await;
    assert!(log.body.contains("Changed site settings") && log.body.contains("127.0.0.1"));
    assert!(!log.body.contains(path.rsplit('=').next().unwrap()), "no secret is in the log");
}

#[actix_web::test]
async fn people_are_found_by_how_they_begin() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let admin = Browser::of(&app, "admin").await;
    assert!(admin.get("/admin/people?q=AUTH").await.text("[data-test=person]").contains("author@example.org"));
    assert!(admin.get("/admin/people?q=uthor").await.has("[data-test=empty]"));
    assert!(admin.get("/admin/people?q=%25&role=admin").await.has("[data-test=empty]"), "a sign is a letter");
    let operators = admin.get("/admin/people?role=operator").await;
    assert!(operators.text("[data-test=person]").contains("operator@example.org"));
    assert_eq!(operators.page().select(&scraper::Selector::parse("[data-test=person]").unwrap()).count(), 1);
    let tiles = admin.get("/admin").await;
    assert!(tiles.body.contains("People") && tiles.has("a[href='/admin/people']"));
    assert!(!Browser::of(&app, "reviewer").await.get("/admin").await.has("main a[href='/admin/people']"));
}
