//! A runner that speaks only the protocol's table, and misbehaves on demand; and the portal's side of its links.

use std::{
    collections::{HashSet, VecDeque},
    net::TcpListener,
    sync::{Arc, Mutex},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    web::{self, Bytes, Data},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use portal::{domain::files, state::Portal};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use url::Url;
use vision_protocol::{BlobId, signed_url::SignedQuery};

/// How it answers.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Answer {
    /// As it should.
    Good,
    /// With a result that the manifest does not promise.
    Wrong,
    /// No, in these words.
    Refuse(u16, &'static str),
    /// Its queue is full.
    Busy,
    /// The connection breaks.
    Drop,
    /// Not until it is let go.
    Hold,
}

#[derive(Default)]
struct Behaviour {
    always: Option<Answer>,
    script: VecDeque<Answer>,
    published: HashSet<String>,
    last_run: Value,
}

#[derive(Clone)]
pub(crate) struct FakeRunner {
    address: std::net::SocketAddr,
    behaviour: Arc<Mutex<Behaviour>>,
    held: Arc<watch::Sender<Option<Url>>>,
    go: Arc<Notify>,
}

impl FakeRunner {
    pub(crate) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let runner = Self {
            address: listener.local_addr().unwrap(),
            behaviour: Arc::default(),
            held: Arc::new(watch::channel(None).0),
            go: Arc::default(),
        };
        runner.set(answer);
        let data = Data::new(runner.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .app_data(web::PayloadConfig::new(64 << 20))
                .route("/base/publish", web::post().to(publish))
                .route("/base/run", web::post().to(run))
        });
        actix_web::rt::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
        runner
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/base/", self.address)
    }

    pub(crate) fn set(&self, answer: Answer) {
        self.behaviour.lock().unwrap().always = Some(answer);
    }

    pub(crate) fn script(&self, answers: &[Answer]) {
        self.behaviour.lock().unwrap().script = answers.iter().copied().collect();
    }

    pub(crate) fn forget(&self) {
        self.behaviour.lock().unwrap().published.clear();
    }

    pub(crate) fn last_run(&self) -> Value {
        self.behaviour.lock().unwrap().last_run.clone()
    }

    /// The link of the run that is being held.
    pub(crate) async fn held_link(&self) -> Url {
        self.held.subscribe().wait_for(Option::is_some).await.unwrap().clone().unwrap()
    }

    pub(crate) fn let_go(&self) {
        self.set(Answer::Good);
        self.go.notify_one();
    }

    fn answer(&self) -> Answer {
        let mut behaviour = self.behaviour.lock().unwrap();
        behaviour.script.pop_front().or(behaviour.always).unwrap()
    }
}

fn message(status: u16, message: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap();
    HttpResponse::build(status).json(json!({ "message": message }))
}

fn authorized(request: &HttpRequest) -> bool {
    request.headers().get("authorization").is_some_and(|value| value == "Bearer secret")
}

async fn publish(runner: Data<FakeRunner>, request: HttpRequest, body: Bytes) -> HttpResponse {
    assert!(authorized(&request) && request.headers().contains_key("content-length"));
    if let Answer::Refuse(status, text) = runner.answer() {
        return message(status, text);
    }
    let body = String::from_utf8_lossy(&body);
    let (_, id) = body.split_once("name=\"CvappId\"").expect("a field CvappId");
    let id = id.lines().find(|line| !line.trim().is_empty()).unwrap().trim().to_owned();
    assert!(body.contains("name=\"SourceFile\"") && body.contains("PK\u{3}\u{4}") && body.contains("app.wasm"));
    runner.behaviour.lock().unwrap().published.insert(id);
    HttpResponse::Ok().json(json!({ "hasError": false }))
}

async fn run(runner: Data<FakeRunner>, request: HttpRequest, body: web::Json<Value>) -> HttpResponse {
    assert!(authorized(&request));
    let id = request.query_string().strip_prefix("cvappid=").expect("the query cvappid").to_owned();
    if !runner.behaviour.lock().unwrap().published.contains(&id) {
        return message(400, "There is no such app.");
    }
    runner.behaviour.lock().unwrap().last_run = body.clone();
    let link: Url = body["data"][0]["Value"].as_str().unwrap().parse().unwrap();
    match runner.answer() {
        Answer::Refuse(status, text) => return message(status, text),
        Answer::Busy => return HttpResponse::TooManyRequests().insert_header(("Retry-After", "1")).finish(),
        Answer::Wrong => return HttpResponse::Ok().json(json!({ "result": { "labels": "dog" } })),
        Answer::Drop => {
            let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("broken")) });
            return HttpResponse::Ok().streaming(broken);
        }
        Answer::Hold => {
            runner.held.send_replace(Some(link.clone()));
            runner.go.notified().await;
        }
        Answer::Good => {}
    }
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let photo = match http.get(link).send().await {
        Ok(answer) if answer.status() == 200 => answer.bytes().await.unwrap(),
        _ => return message(400, "The photo could not be fetched."),
    };
    let picture = format!("data:image/png;base64,{}", STANDARD.encode(&photo));
    let result = json!({ "labels": [{"label": "dog", "score": 0.9}], "picture": picture, "extra": 1 });
    HttpResponse::Ok().json(json!({ "result": result }))
}

/// The one address of a portal that a runner needs.
pub(crate) struct FilesServer(TcpListener);

impl FilesServer {
    pub(crate) fn bind() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub(crate) fn url(&self) -> Url {
        format!("http://{}/", self.0.local_addr().unwrap()).parse().unwrap()
    }

    pub(crate) fn serve(self, portal: Portal) {
        let data = Data::new(portal);
        let server =
            HttpServer::new(move || App::new().app_data(data.clone()).route("/files/{blob}", web::get().to(fetch)));
        actix_web::rt::spawn(server.workers(1).disable_signals().listen(self.0).unwrap().run());
    }
}

async fn fetch(portal: Data<Portal>, blob: web::Path<String>, query: web::Query<SignedQuery>) -> HttpResponse {
    let blob: BlobId = blob.parse().unwrap();
    match files::fetch(&portal, blob, &query).await {
        Ok(file) => HttpResponse::Ok().content_type(file.media_type).streaming(file.content),
        Err(_) => HttpResponse::Forbidden().finish(),
    }
}
