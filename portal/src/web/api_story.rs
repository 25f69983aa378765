//! What programs of authors do, request by request: a key is made, a package uploaded, a release followed and published.

use actix_web::{
    body::MessageBody,
    dev::{Service, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
    },
    test::{self, TestRequest},
};
use serde_json::{Value, json};

use super::testing::{Answer, Browser, PNG, Part, World, multipart, package};
use crate::domain::api_keys::Scope;

/// A program: a browser without cookies, with a key.
struct Program<'a, S> {
    http: Browser<'a, S>,
    key: String,
}

impl<'a, S, B> Program<'a, S>
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    fn new(app: &'a S, key: String) -> Self {
        Self { http: Browser::new(app), key }
    }

    async fn ask(&self, method: Method, path: &str, body: Vec<u8>, kind: &str) -> (Answer, Value) {
        let request = TestRequest::default()
            .method(method)
            .uri(&format!("/api/v1{path}"))
            .insert_header((AUTHORIZATION, format!("Bearer {}", self.key)))
            .insert_header((CONTENT_TYPE, kind))
            .set_payload(body);
        let answer = self.http.send(request).await;
        let told = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", answer.body));
        (answer, told)
    }

    async fn get(&self, path: &str) -> (Answer, Value) {
        self.ask(Method::GET, path, Vec::new(), "text/plain").await
    }

    async fn post(&self, path: &str) -> (Answer, Value) {
        self.ask(Method::POST, path, Vec::new(), "text/plain").await
    }

    async fn upload(&self, path: &str, zip: Vec<u8>) -> (Answer, Value) {
        self.ask(Method::POST, path, zip, "application/zip").await
    }

    async fn form(&self, path: &str, parts: &[Part<'_>]) -> Answer {
        let (body, kind) = multipart(parts);
        let request = TestRequest::post()
            .uri(&format!("/api/v1{path}"))
            .insert_header((AUTHORIZATION, format!("bearer {}", self.key)))
            .insert_header((CONTENT_TYPE, kind))
            .insert_header((ACCEPT, "text/html"))
            .set_payload(body);
        self.http.send(request).await
    }
}

#[actix_web::test]
async fn a_key_is_made_shown_once_used_and_revoked() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let browser = Browser::of(&app, "author").await;
    let csrf = browser.get("/settings/keys").await.csrf();
    let form = |name| [("csrf", csrf.as_str()), ("name", name), ("days", "30"), ("read", "on")];

    let refused = browser.post("/settings/keys", &[("csrf", &csrf), ("name", " "), ("days", "x")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let made = browser.post("/settings/keys", &form("Build <server>")).await;
    assert_eq!((made.status, made.header("cache-control")), (StatusCode::CREATED, Some("no-store")));
    let key = made.text("[data-test=new-key]");
    assert!(key.starts_with("iv_") && key.len() == 67, "{key}");

    let list = browser.get("/settings/keys").await;
    let line = list.text("[data-test=key]");
    assert!(line.contains("Build <server>") && line.contains(&key[..11]) && line.contains("never used"), "{line}");
    assert!(!list.body.contains(&key), "a key is shown once");
    let program = Program::new(&app, key.clone());
    let (_, me) = program.get("/me").await;
    assert_eq!((&me["email"], &me["key"]["scopes"]), (&json!("author@example.org"), &json!(["read"])));
    assert!(me["limits"]["packageBytes"].as_u64().is_some_and(|bytes| bytes > 1 << 20), "{me}");
    assert!(browser.get("/settings/keys").await.text("[data-test=key]").contains("last used"));
    for file in std::fs::read_dir(&world.portal.config.storage.data_dir).unwrap().map(|file| file.unwrap().path()) {
        let held = std::fs::read(&file).unwrap_or_default();
        assert!(!held.windows(key.len()).any(|bytes| bytes == key.as_bytes()), "{} holds the key", file.display());
    }

    let revoke = list.page();
    let revoke = revoke.select(&scraper::Selector::parse("form[action$='/revoke']").unwrap()).next().unwrap();
    let gone = browser.post(revoke.value().attr("action").unwrap(), &[("csrf", &csrf)]).await;
    assert_eq!(gone.location.as_deref(), Some("/settings/keys"));
    assert_eq!(program.get("/me").await.0.status, StatusCode::UNAUTHORIZED);

    let consumer = Browser::of(&app, "consumer").await;
    let csrf = consumer.csrf().await;
    let form = [("csrf", csrf.as_str()), ("name", "x"), ("days", "30"), ("publish", "on")];
    assert_eq!(consumer.post("/settings/keys", &form).await.status, StatusCode::FORBIDDEN);
}

#[actix_web::test]
async fn a_program_uploads_follows_and_publishes() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let program = Program::new(&app, world.key("author", &[Scope::Publish]).await);

    let (answer, release) = program.upload("/releases?app=cat-finder", package("2.0.0")).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{release}");
    assert_eq!((&release["app"], &release["status"]), (&json!("cat-finder"), &json!("checking")));
    let path = answer.location.unwrap();
    assert_eq!(path, format!("/api/v1/releases/{}", release["id"]));
    let (answer, release) = program.get(path.strip_prefix("/api/v1").unwrap()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::OK, Some("1")));
    assert!(release["url"].as_str().unwrap().ends_with(&format!("/author/releases/{}", release["id"])), "{release}");
    let (answer, told) = program.post(&format!("/releases/{}/publish", release["id"])).await;
    assert_eq!((answer.status, &told["status"]), (StatusCode::CONFLICT, &json!(409)), "not proven yet");

    let (answer, told) = program.post(&format!("/releases/{}/publish", world.draft)).await;
    assert_eq!((answer.status, &told["status"]), (StatusCode::OK, &json!("published")), "{told}");
    assert!(told["url"].as_str().unwrap().ends_with("/apps/cat-finder"), "{told}");
    assert!(program.http.get("/apps/cat-finder").await.text("dl.facts").contains("1.1.0"));
    let (_, told) = program.post(&format!("/releases/{}/unpublish", world.draft)).await;
    assert_eq!(told["status"], "retired");

    let (_, told) = program.get("/apps").await;
    let [app] = told["apps"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!((&app["name"], app["releases"].as_array().map(Vec::len)), (&json!("Cat finder"), Some(3)));
}

#[actix_web::test]
async fn what_is_wrong_is_told_all_at_once_as_a_problem() {
    let world = World::new().await;
    let app = test::init_service(super::app(&world.portal)).await;
    let program = Program::new(&app, world.key("author", &[Scope::Publish]).await);

    let manifest = br#"{"Name": "x", "Version": "1.0.0", "Task": "classification", "Categroy": "y",
        "Models": [{"Name": "m", "File": "nets/none.onnx"}]}"#;
    let mut zip = Vec::new();
    vision_package::pack_files([("app.json", &manifest[..])], &mut zip).unwrap();
    let (answer, problem) = program.upload("/releases", zip).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.content_type, "application/problem+json");
    let faults = problem["faults"].to_string();
    assert!(faults.contains("Categroy") && faults.contains("must lie under models/"), "{faults}");

    let form = [("zip", Some("a.zip"), &package("3.0.0")[..])];
    let accepted = program.form("/releases?app=cat-finder", &form).await;
    assert_eq!(accepted.status, StatusCode::ACCEPTED, "{}", accepted.body);
    let empty = program.form("/releases", &[("other", None, b"x")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", empty.body);

    let (answer, problem) = program.upload("/releases?app=cat-finder", package("1.0.0")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["faults"].to_string().contains("1.0.0 is there already"), "{problem}");
    assert_eq!(program.upload("/releases?app=not-there", package("1.0.0")).await.0.status, StatusCode::NOT_FOUND);
    assert_eq!(program.upload("/releases", PNG.to_vec()).await.0.status, StatusCode::UNPROCESSABLE_ENTITY);
    let limit = usize::try_from(world.portal.config.limits.packages().zipped_bytes).unwrap();
    let (answer, problem) = program.upload("/releases", vec![0; limit + 1]).await;
    assert_eq!((answer.status, &problem["title"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("Too large")));
}
