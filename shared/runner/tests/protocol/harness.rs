//! A supervisor in this process, a portal that has files, packages, and gates at which runs wait.

use std::{
    collections::BTreeSet,
    fs,
    io::Cursor,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{App, HttpResponse, HttpServer, web};
use reqwest::{Client, Response, StatusCode, multipart};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use url::Url;
use vision_runner::supervisor::{self, Config, Running, StartError, Stopper, WorkerCommand};

pub(crate) const TOKEN: &str = "test-token";
/// Enough for the supervisor, which looks at the first bytes only.
pub(crate) const PHOTO: &[u8] = b"\x89PNG\r\n\x1a\n and what makes a photo";

const MARK: &str = "RUNNER_UNDER_TEST";

/// A supervisor under test.
pub(crate) struct Runner {
    pub(crate) base: String,
    pub(crate) client: Client,
    pub(crate) portal: Portal,
    pub(crate) data: Arc<TempDir>,
    stopper: Stopper,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Runner {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let data = Arc::new(TempDir::new().unwrap());
        Self::over(data, change).await
    }

    /// A supervisor over a folder that may have been used before.
    pub(crate) async fn over(data: Arc<TempDir>, change: impl FnOnce(&mut Config)) -> Self {
        let portal = Portal::start();
        let mut config = config(data.path(), &portal);
        change(&mut config);
        let running = start_over(config).await;
        let (base, stopper) = (format!("http://{}", running.address()), running.stopper());
        let serving = tokio::spawn(running.serve());
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(60)).tls_certs_only([]);
        Self { base, client: client.build().unwrap(), portal, data, stopper, serving }
    }

    /// Ends it; what it has published stays in its folder.
    pub(crate) async fn stop(self) -> Arc<TempDir> {
        self.stopper.stop(false).await;
        self.serving.await.unwrap().unwrap();
        self.data
    }

    pub(crate) async fn publish(&self, release: i64, package: Vec<u8>) -> Answer {
        let form = multipart::Form::new()
            .text("CvappId", release.to_string())
            .part("SourceFile", multipart::Part::bytes(package).file_name("app.zip"));
        let request = self.client.post(format!("{}/publish", self.base)).bearer_auth(TOKEN).multipart(form);
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn published(&self, release: i64) {
        self.publish(release, package("Plain")).await.is(StatusCode::OK);
    }

    /// A run with these inputs.
    pub(crate) async fn run(&self, release: i64, inputs: Value) -> Answer {
        self.run_body(release, json!({"data": named(inputs)})).await
    }

    pub(crate) async fn run_body(&self, release: i64, body: Value) -> Answer {
        Answer::of(self.request(release, &body).send().await.unwrap()).await
    }

    pub(crate) fn request(&self, release: i64, body: &Value) -> reqwest::RequestBuilder {
        let url = format!("{}/run?cvappid={release}", self.base);
        self.client.post(url).bearer_auth(TOKEN).json(body)
    }

    /// The worker processes that there are, spares included.
    pub(crate) fn processes(&self) -> BTreeSet<u32> {
        let mark = format!("{MARK}={}", self.data.path().display());
        let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let ours = |pid: &u32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        };
        pids.filter(ours).collect()
    }

    /// Waits until the worker processes are as they should be.
    pub(crate) async fn until(&self, what: &str, done: impl Fn(&BTreeSet<u32>) -> bool) -> BTreeSet<u32> {
        let waited = async {
            loop {
                let processes = self.processes();
                if done(&processes) {
                    return processes;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waited).await.unwrap_or_else(|_| panic!("{what}"))
    }

    /// A run of somebody's that waits at a gate.
    pub(crate) fn hold_for(&self, caller: &str, release: i64, gate: &Gate) -> JoinHandle<Answer> {
        let body = json!({"data": named(json!({"Do": "hold", "Gate": gate.address})), "caller": caller});
        let request = self.request(release, &body);
        tokio::spawn(async { Answer::of(request.send().await.unwrap()).await })
    }

    /// The text of a page that needs no token.
    pub(crate) async fn page(&self, path: &str) -> String {
        let response = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.unwrap()
    }

    /// Waits until `/metrics` has this line.
    pub(crate) async fn shows(&self, line: &str) {
        let shown = async { while !self.page("/metrics").await.lines().any(|shown| shown == line) {} };
        let in_time = tokio::time::timeout(Duration::from_secs(20), shown).await;
        in_time.unwrap_or_else(|_| panic!("/metrics never shows {line}"));
    }

    /// A run that waits at a gate.
    pub(crate) fn hold(&self, release: i64, gate: &Gate, deadline_ms: Option<u64>) -> JoinHandle<Answer> {
        let body = json!({"data": named(json!({"Do": "hold", "Gate": gate.address})), "deadlineMs": deadline_ms});
        let request = self.request(release, &body);
        tokio::spawn(async { Answer::of(request.send().await.unwrap()).await })
    }
}

pub(crate) fn config(data: &Path, portal: &Portal) -> Config {
    let args = ["worker_process", "--exact", "--ignored", "--nocapture"].map(Into::into).to_vec();
    // By this a test knows its own processes.
    let env = vec![(MARK.into(), data.into())];
    let worker = WorkerCommand { program: "/proc/self/exe".into(), args, env };
    Config { portals: vec![portal.base.clone()], ..Config::for_testing(data.to_owned(), worker) }
}

/// The folder is free as soon as the last task of the supervisor before has ended.
async fn start_over(config: Config) -> Running {
    let free = async {
        loop {
            match supervisor::start(config.clone()) {
                Err(StartError::Data(_)) => tokio::task::yield_now().await,
                started => return started.unwrap(),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), free).await.expect("the folder stays in use")
}

/// What a supervisor answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        Self { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    #[track_caller]
    pub(crate) fn is(&self, status: StatusCode) -> &Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// A failure of this status and code, whose message contains this.
    #[track_caller]
    pub(crate) fn fails(&self, status: u16, code: &str, message: &str) -> &Self {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{self:#?}");
        assert!(self.body["message"].as_str().is_some_and(|given| given.contains(message)), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn said(&self) -> &str {
        self.is(StatusCode::OK).body["result"]["said"].as_str().unwrap_or_else(|| panic!("{self:#?}"))
    }
}

/// Inputs as the protocol wants them.
pub(crate) fn named(inputs: Value) -> Value {
    let Value::Object(inputs) = inputs else { panic!("{inputs}") };
    inputs.into_iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect()
}

/// A package of that name, which answers with a text.
pub(crate) fn package(name: &str) -> Vec<u8> {
    package_with(&json!({
        "Name": name, "Version": "1.0.0",
        "AppParameters": parameters(),
        "ResultVariables": [{"ResultType": "Text", "Name": "said"}],
    }))
}

pub(crate) fn parameters() -> Value {
    json!([
        {"ParameterType": "Text", "Name": "Do"},
        {"ParameterType": "Text", "Name": "Gate", "Required": false},
        {"ParameterType": "Number", "Name": "Age", "Required": false, "Max": 150},
        {"ParameterType": "Image", "Name": "Image", "Required": false},
        {"ParameterType": "Image", "Name": "Second", "Required": false},
    ])
}

pub(crate) fn package_with(manifest: &Value) -> Vec<u8> {
    let component = wat::parse_str(
        r#"(component
            (core module $glue (func (export "run")))
            (core instance $glue (instantiate $glue))
            (func (export "run") (canon lift (core func $glue "run"))))"#,
    );
    let (manifest, component) = (manifest.to_string(), component.unwrap());
    let mut zip = Cursor::new(Vec::new());
    let files = [("app.json", manifest.as_bytes()), ("app.wasm", &*component)];
    vision_package::pack_files(files, &mut zip).unwrap();
    zip.into_inner()
}

/// Where runs wait.
pub(crate) struct Gate {
    pub(crate) address: String,
    listener: TcpListener,
}

/// A run that waits.
pub(crate) struct Held {
    pub(crate) pid: i32,
    stream: BufReader<TcpStream>,
}

impl Gate {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { address: listener.local_addr().unwrap().to_string(), listener }
    }

    /// The next run that arrives.
    pub(crate) async fn arrival(&self) -> Held {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut held = Held { pid: 0, stream: BufReader::new(stream) };
        held.pid = held.line().await.parse().unwrap();
        held
    }
}

impl Held {
    /// What it says next; empty once its process has ended.
    pub(crate) async fn line(&mut self) -> String {
        let mut line = String::new();
        // A killed process may reset its connection.
        let _ = self.stream.read_line(&mut line).await;
        line.trim().to_owned()
    }

    /// Lets it go on.
    pub(crate) async fn release(mut self) {
        self.stream.write_all(b"went on\n").await.unwrap();
    }

    /// `kill -9` of its worker.
    pub(crate) fn kill(&self) {
        let pid = rustix::process::Pid::from_raw(self.pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }
}

/// A web server with files, standing in for the portal.
pub(crate) struct Portal {
    pub(crate) base: Url,
    /// The queries of all photos that were fetched.
    pub(crate) fetched: Arc<Mutex<Vec<String>>>,
    pub(crate) stored: Arc<Mutex<Vec<(String, String, usize)>>>,
}

impl Portal {
    pub(crate) fn start() -> Self {
        let stored = Arc::new(Mutex::new(Vec::new()));
        let fetched = Arc::new(Mutex::new(Vec::new()));
        let (shared, counted) = (web::Data::from(stored.clone()), web::Data::from(fetched.clone()));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .app_data(counted.clone())
                .route("/files/photo", web::get().to(photo))
                .route("/files/large", web::get().to(|| async { HttpResponse::Ok().body(vec![0; 3 << 20]) }))
                .route("/files/moved", web::get().to(moved))
                .route("/files/refused", web::to(|| async { HttpResponse::Forbidden().finish() }))
                .route("/files/{name}", web::put().to(store))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let address: SocketAddr = server.addrs()[0];
        tokio::spawn(server.run());
        Self { base: format!("http://{address}").parse().unwrap(), fetched, stored }
    }

    /// The photo, under an address of its own.
    pub(crate) fn photo(&self, signature: &str) -> String {
        format!("{}files/photo?{signature}", self.base)
    }

    pub(crate) fn url(&self, name: &str) -> String {
        format!("{}files/{name}?signature=secret", self.base)
    }
}

async fn photo(request: actix_web::HttpRequest, fetched: web::Data<Mutex<Vec<String>>>) -> HttpResponse {
    fetched.lock().unwrap().push(request.query_string().to_owned());
    HttpResponse::Ok().body(PHOTO)
}

async fn moved() -> HttpResponse {
    HttpResponse::Found().insert_header(("Location", "/files/photo")).finish()
}

async fn store(
    request: actix_web::HttpRequest,
    body: web::Bytes,
    stored: web::Data<Mutex<Vec<(String, String, usize)>>>,
) -> HttpResponse {
    let media_type = request.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
    stored.lock().unwrap().push((request.path().to_owned(), media_type, body.len()));
    HttpResponse::NoContent().finish()
}
