//! Every address of the route table, asked for by those who may not have it.

use actix_web::{
    http::{
        Method, StatusCode,
        header::{ACCEPT, AUTHORIZATION},
    },
    test::{self, TestRequest},
};

use super::{
    routes::{Access, Entry, table},
    testing::{Browser, World},
};
use crate::domain::{api_keys::Scope, audit::By, people, roles::Permission};

fn address(entry: &Entry, world: &World) -> String {
    let published = entry.path.ends_with("/unpublish");
    let release = if published { world.release } else { world.draft };
    let filled = entry
        .path
        .replace("{slug}", world.slug.as_str())
        .replace("{run}", &world.run.to_string())
        .replace("{batch}", &world.run.to_string())
        .replace("{blob}", &world.blob.to_string())
        .replace("{release}", &release.to_string())
        .replace("{person}", &world.people["consumer"].id.to_string())
        .replace("{author}", &world.people["author"].id.to_string())
        .replace("{runner}", "1")
        .replace("{consented}", &world.run.to_string())
        .replace("{entry}", "yolox-nano")
        .replace("{install}", "1")
        .replace("{key}", &world.key_of_author.to_string())
        .replace("{example}", "1")
        .replace("{session}", &world.session_of_author.to_string())
        .replace("{link}", "no-such-link")
        .replace("{request}", "1")
        .replace("{report}", "1")
        .replace("{invitation}", "1")
        .replace("{token}", "no-such-token")
        .replace("{draft}", &world.written.to_string())
        .replace("{upload}", &world.upload.to_string())
        .replace("{shelf}", "new")
        .replace("{review}", &world.review.to_string())
        .replace("{name}", "site.css");
    assert!(!filled.contains('{'), "{filled}: a parameter that the probe does not know");
    filled
}

/// Addresses of which each person sees their own only.
fn is_owned(path: &str) -> bool {
    let own = ["{run}", "{release}", "{key}", "{session}", "{review}"].iter().any(|parameter| path.contains(parameter));
    own && !path.starts_with("/admin/")
        || path.starts_with("/author/apps/{slug}") && !path.contains("{consented}")
        || path.starts_with("/api/v1/apps/{slug}")
        || path.contains("{draft}")
        || path.contains("{upload}")
}

fn is_api(entry: &Entry) -> bool {
    matches!(entry.access, Access::AnyKey | Access::Key(_))
}

fn is_multipart(path: &str) -> bool {
    path.ends_with("/runs") || path.ends_with("/upload") || path.ends_with("/files")
}

async fn probe<S, B>(browser: &Browser<'_, S>, entry: &Entry, uri: &str, csrf: &str) -> super::testing::Answer
where
    S: actix_web::dev::Service<
            actix_http::Request,
            Response = actix_web::dev::ServiceResponse<B>,
            Error = actix_web::Error,
        >,
    B: actix_web::body::MessageBody,
{
    if entry.method != Method::POST {
        return browser.ask(entry.method.clone(), uri).await;
    }
    if entry.path.ends_with("/uploads") {
        let request = TestRequest::post().uri(uri).insert_header((ACCEPT, "text/html"));
        return browser.send(request.insert_header(("x-csrf-token", csrf))).await;
    }
    if is_multipart(entry.path) {
        let zip = super::testing::package("9.0.0");
        return browser
            .post_parts(uri, "text/html", &[("csrf", None, csrf.as_bytes()), ("zip", Some("a.zip"), &zip)])
            .await;
    }
    let form = [
        ("csrf", csrf),
        ("role", "admin"),
        ("enabled", "false"),
        ("url", "http://10.0.0.1"),
        ("email", "x"),
        ("password", "y"),
        ("name", "z"),
        ("current", "no password of anybody"),
        ("reason", "because"),
        ("path", "models/cats.onnx"),
    ];
    browser.post(uri, &form).await
}

#[actix_web::test]
async fn who_is_not_logged_in_is_sent_to_log_in() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::new(&app);
    let csrf = browser.csrf().await;
    for entry in table() {
        let uri = address(&entry, &world);
        let answer = probe(&browser, &entry, &uri, &csrf).await;
        match entry.access {
            Access::LoggedIn | Access::Permitted(_) => {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{} {uri}", entry.method);
                let location = answer.location.unwrap();
                assert!(location.starts_with("/login?next="), "{} {uri} leads to {location}", entry.method);
                let request = TestRequest::default().method(entry.method.clone()).uri(&uri);
                let answer = browser.send(request.insert_header((ACCEPT, "application/json"))).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{} {uri} for a script", entry.method);
                assert_eq!(answer.content_type, "application/problem+json", "{} {uri}", entry.method);
            }
            Access::AnyKey | Access::Key(_) => {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{} {uri}", entry.method);
                assert_eq!(answer.content_type, "application/problem+json", "{} {uri}", entry.method);
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{} {uri}", entry.method);
            }
            Access::SignedLink => assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {uri}", entry.method),
            Access::Everybody => {
                assert_ne!(answer.status, StatusCode::FORBIDDEN, "{} {uri}", entry.method);
                assert!(!answer.status.is_server_error(), "{} {uri}: {}", entry.method, answer.body);
            }
        }
    }
}

#[actix_web::test]
async fn a_role_too_low_is_refused() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    for (name, lacks) in [
        (
            "consumer",
            vec![
                Permission::PublishApps,
                Permission::ReviewApps,
                Permission::ManageRunners,
                Permission::InstallModels,
                Permission::ManagePeople,
                Permission::ManageSite,
            ],
        ),
        (
            "author",
            vec![
                Permission::ReviewApps,
                Permission::ManageRunners,
                Permission::InstallModels,
                Permission::ManagePeople,
                Permission::ManageSite,
            ],
        ),
        (
            "reviewer",
            vec![
                Permission::ManageRunners,
                Permission::InstallModels,
                Permission::ManagePeople,
                Permission::ManageSite,
            ],
        ),
        ("operator", vec![Permission::InstallModels, Permission::ManagePeople, Permission::ManageSite]),
    ] {
        let browser = Browser::of(&app, name).await;
        let csrf = browser.csrf().await;
        for entry in table() {
            let Access::Permitted(permission) = entry.access else { continue };
            if lacks.contains(&permission) {
                let uri = address(&entry, &world);
                let answer = probe(&browser, &entry, &uri, &csrf).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {} {uri}", entry.method);
            }
        }
    }
}

#[actix_web::test]
async fn what_is_somebody_elses_is_not_there() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let mut probed = 0;
    // Another author, and another consumer: who may not even ask is told so, and nothing more.
    for name in ["rival", "consumer"] {
        let browser = Browser::of(&app, name).await;
        let csrf = browser.csrf().await;
        for entry in table().iter().filter(|entry| is_owned(entry.path) && !is_api(entry)) {
            let uri = address(entry, &world);
            let answer = probe(&browser, entry, &uri, &csrf).await;
            let expected = match entry.access {
                Access::Permitted(permission) if !world.people[name].can(permission) => StatusCode::FORBIDDEN,
                _ => StatusCode::NOT_FOUND,
            };
            assert_eq!(answer.status, expected, "{name}: {} {uri}: {}", entry.method, answer.body);
            assert!(answer.has("[data-test=error]"), "{name}: {} {uri}", entry.method);
            probed += 1;
        }
    }
    assert!(probed >= 24, "only {probed}");
    // The same addresses are there for their owner.
    let owner = Browser::of(&app, "author").await;
    let gets = table().into_iter().filter(|entry| is_owned(entry.path) && entry.method == Method::GET);
    for entry in
        gets.filter(|entry| !is_api(entry) && !entry.path.ends_with("/events") && !entry.path.ends_with("/layout"))
    {
        let uri = address(&entry, &world);
        assert_eq!(owner.get(&uri).await.status, StatusCode::OK, "{uri}");
    }
}

#[actix_web::test]
async fn who_is_suspended_is_nobody() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browsers = [Browser::of(&app, "author").await, Browser::of(&app, "admin").await];
    let csrf = [browsers[0].csrf().await, browsers[1].csrf().await];
    let keys = [world.key("author", &Scope::ALL).await, world.key("admin", &Scope::ALL).await];
    let root = world.people["reviewer"].clone();
    let root = crate::domain::accounts::User { role: crate::domain::roles::Role::Admin, ..root };
    for name in ["author", "admin"] {
        let by = By { user: &root, address: "127.0.0.1" };
        people::suspend(&world.portal, by, world.people[name].id, "because").await.unwrap();
    }
    for ((browser, csrf), key) in browsers.iter().zip(&csrf).zip(&keys) {
        for entry in table() {
            let uri = address(&entry, &world);
            match entry.access {
                Access::LoggedIn | Access::Permitted(_) => {
                    let answer = probe(browser, &entry, &uri, csrf).await;
                    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{} {uri}", entry.method);
                    assert!(answer.location.unwrap().starts_with("/login?next="), "{} {uri}", entry.method);
                }
                Access::AnyKey | Access::Key(_) => {
                    let answer = with_key(browser, &entry, &uri, key).await;
                    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{} {uri}", entry.method);
                }
                Access::Everybody | Access::SignedLink => {}
            }
        }
    }
}

#[actix_web::test]
async fn no_form_is_taken_without_its_token() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "admin").await;
    let foreign = Browser::of(&app, "author").await.csrf().await;
    for entry in table().into_iter().filter(|entry| entry.method == Method::POST && !is_api(entry)) {
        let uri = address(&entry, &world);
        for csrf in ["", "0000", foreign.as_str()] {
            let answer = probe(&browser, &entry, &uri, csrf).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{uri} with the token {csrf:?}: {}", answer.body);
            assert!(answer.body.contains("form has expired"), "{uri}");
        }
    }
    let anonymous = Browser::new(&app);
    for uri in ["/login", "/signup"] {
        let form = [("csrf", "0000"), ("email", "a@b.c"), ("password", "x"), ("name", "n")];
        assert_eq!(anonymous.post(uri, &form).await.status, StatusCode::FORBIDDEN, "{uri}");
    }
}

#[actix_web::test]
async fn addresses_that_are_none_are_not_found() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "admin").await;
    for uri in [
        "/nowhere",
        "/runs/x",
        "/apps/No Such",
        "/apps/none",
        "/author/releases/abc",
        "/static/../Cargo.toml",
        "/files/1",
    ] {
        let answer = browser.get(&uri.replace(' ', "%20")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{uri}");
        assert!(answer.has("[data-test=error]"), "{uri}");
    }
    assert_eq!(browser.ask(Method::DELETE, "/runs").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[actix_web::test]
async fn every_answer_carries_its_headers() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "author").await;
    for entry in table().into_iter().filter(|entry| entry.method == Method::GET && !entry.path.ends_with("/events")) {
        let uri = address(&entry, &world);
        let answer = browser.get(&uri).await;
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'"), "{uri}: {policy}");
        assert!(!policy.contains("unsafe-eval"), "{uri}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{uri}");
    }
}

/// Asks with a key, and with the cookies of the browser, which must not matter.
async fn with_key<S, B>(browser: &Browser<'_, S>, entry: &Entry, uri: &str, key: &str) -> super::testing::Answer
where
    S: actix_web::dev::Service<
            actix_http::Request,
            Response = actix_web::dev::ServiceResponse<B>,
            Error = actix_web::Error,
        >,
    B: actix_web::body::MessageBody,
{
    let request = TestRequest::default().method(entry.method.clone()).uri(uri);
    let request = request.insert_header((AUTHORIZATION, format!("Bearer {key}")));
    browser.send(request.insert_header((ACCEPT, "text/html"))).await
}

#[actix_web::test]
async fn the_api_goes_by_keys_and_never_by_cookies() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let (admin, nobody) = (Browser::of(&app, "admin").await, Browser::new(&app));
    let author = Browser::of(&app, "author").await;
    let key = |name: &'static str, scopes: &'static [Scope]| world.key(name, scopes);
    let rival = key("rival", &Scope::ALL).await;
    let reader = key("author", &[Scope::Read]).await;
    let demoted = key("operator", &Scope::ALL).await;
    world.portal.store.set_role(world.people["operator"].id, "consumer", "nobody", None).await.unwrap();
    let mut probed = 0;
    for entry in table().iter().filter(|entry| is_api(entry)) {
        let uri = address(entry, &world);
        let told = format!("{} {uri}", entry.method);
        for (browser, key) in [(&admin, "iv_wrong"), (&author, ""), (&nobody, "iv_wrong")] {
            let answer = with_key(browser, entry, &uri, key).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{told}");
            assert_eq!(answer.content_type, "application/problem+json", "{told}");
            assert!(answer.header("set-cookie").is_none(), "{told}");
        }
        if let Access::Key(scope) = entry.access {
            assert_eq!(with_key(&nobody, entry, &uri, &demoted).await.status, StatusCode::FORBIDDEN, "{told}");
            let answer = with_key(&admin, entry, &uri, &reader).await;
            assert_eq!(answer.status == StatusCode::FORBIDDEN, scope > Scope::Read, "{told}: {}", answer.body);
        }
        if is_owned(entry.path) {
            let answer = with_key(&author, entry, &uri, &rival).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{told}: {}", answer.body);
            assert_eq!(answer.content_type, "application/problem+json", "{told}");
        }
        probed += 1;
    }
    assert!(probed >= 6, "only {probed}");
}
