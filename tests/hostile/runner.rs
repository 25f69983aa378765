//! A runner without a portal, a good app on it, and a server of files: all that a hostile corpus is tried on.

use std::{
    io::Cursor,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use reqwest::{Client, multipart};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use vision_cli::local::{Launch, Process};
use vision_protocol::{
    limits::PackageLimits,
    messages::{FIELD_CVAPP_ID, FIELD_SOURCE_FILE},
};

use crate::support::{
    data::read,
    processes::{descendants, memory},
    python::tests_folder,
};

/// Bytes of a message, which holds up to a hundred faults.
const LONGEST_MESSAGE: usize = 200 << 10;
/// A bound against hanging, on a machine that may be busy.
const LONGEST: Duration = Duration::from_secs(10);
/// Resident bytes of the supervisor, whatever comes in.
const MOST_SUPERVISOR: u64 = 400 << 20;
/// What a worker may take, and what the process needs beside that.
const WORKER_MIB: u64 = 1536;
/// The release of the good app.
const GOOD: i64 = 1;

/// What a script expects of one of its files.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Expected {
    pub(super) status: u16,
    pub(super) code: Option<String>,
    /// Each stands in the message, or one of those that a `|` parts.
    pub(super) words: Vec<String>,
}

impl Expected {
    /// That all is well.
    pub(super) fn good() -> Self {
        Self { status: 200, code: None, words: Vec::new() }
    }

    /// A refusal in these words.
    pub(super) fn refused(status: u16, code: &str, words: &[&str]) -> Self {
        Self { status, code: Some(code.to_owned()), words: words.iter().map(ToString::to_string).collect() }
    }
}

/// What a runner answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) took: Duration,
}

/// A runner with a good app.
pub(super) struct Runner {
    http: Client,
    process: Process,
    files: String,
    next: AtomicI64,
    watch: Watch,
    story: Mutex<Vec<String>>,
    wrong: Mutex<Vec<String>>,
}

impl Runner {
    /// Starts one. The files of `folder` are what runs may fetch, and the good app's photo.
    pub(super) async fn start(folder: &Path) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let portal = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        tokio::spawn(serve(listener, folder.to_owned()));
        let launch = Launch::command(env!("CARGO_BIN_EXE_portal"), ["runner-tract", "serve"]);
        let launch = launch.with(["--deadline-ms", "5000", "--prove-seconds", "6", "--workers", "3"]);
        let launch = launch.with(["--process-memory-mib", &WORKER_MIB.to_string()]);
        let url = portal.parse().expect("an address");
        let process = Process::start(&launch, &url).await.expect("the runner starts");
        let runner = Self {
            http: Client::builder().no_proxy().build().expect("a client"),
            files: portal,
            watch: Watch::over(process.pid()),
            process,
            next: AtomicI64::new(GOOD + 1),
            story: Mutex::default(),
            wrong: Mutex::default(),
        };
        let answer = runner.publish_as(GOOD, good_app()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        runner.run_good_app("nothing").await;
        runner
    }

    /// Where the runner may fetch a file.
    pub(super) fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.files)
    }

    /// Publishes a package as a release of its own.
    pub(super) async fn publish(&self, package: Vec<u8>) -> (i64, Answer) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        (id, self.publish_as(id, package).await)
    }

    async fn publish_as(&self, id: i64, package: Vec<u8>) -> Answer {
        let file = multipart::Part::bytes(package).file_name("app.zip");
        let form = multipart::Form::new().text(FIELD_CVAPP_ID, id.to_string()).part(FIELD_SOURCE_FILE, file);
        self.send(self.http.post(format!("{}publish", self.process.base())).multipart(form)).await
    }

    /// One run, its body as it is given.
    pub(super) async fn run(&self, id: i64, body: Vec<u8>) -> Answer {
        let url = format!("{}run?cvappid={id}", self.process.base());
        self.send(self.http.post(url).header("Content-Type", "application/json").body(body)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let begun = Instant::now();
        let answer = request.bearer_auth(self.process.bearer()).send().await.expect("the runner answers");
        let status = answer.status().as_u16();
        let body = answer.bytes().await.expect("a whole answer");
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&body)));
        Answer { status, body, took: begun.elapsed() }
    }

    /// Notes whether an answer is what was expected of it, and that the good app still runs.
    pub(super) async fn judge(&self, what: &str, answer: &Answer, expected: &Expected) {
        let message = answer.body["message"].as_str().unwrap_or_default();
        let told = format!("{what}: {} {} after {:?}", answer.status, answer.body["code"], answer.took);
        let remarks = answer.body["warnings"].as_array().map(|warnings| format!("\n    remarks: {warnings:?}"));
        let story = format!("{told}\n    {}{}", message.replace('\n', "\n    "), remarks.unwrap_or_default());
        self.story.lock().expect("nobody panics").push(story);
        let said = message.to_lowercase();
        let missing =
            expected.words.iter().find(|words| !words.split('|').any(|word| said.contains(&word.to_lowercase())));
        let same = answer.status == expected.status && answer.body["code"].as_str() == expected.code.as_deref();
        let why = match missing {
            _ if !same => Some(format!("expected {} {:?}", expected.status, expected.code)),
            Some(word) => Some(format!("“{word}” is missing")),
            None => (message.len() > LONGEST_MESSAGE).then(|| format!("a message of {} bytes", message.len())),
        };
        let late = (answer.took > LONGEST).then(|| "it took too long".to_owned());
        for why in why.into_iter().chain(late) {
            let short: String = message.chars().take(1_000).collect();
            self.wrong.lock().expect("nobody panics").push(format!("{told}: {why}\n    {short}"));
        }
        self.run_good_app(what).await;
    }

    async fn run_good_app(&self, after: &str) {
        let body = json!({ "data": [{ "Name": "Image", "Value": self.file("good.jpg") }] });
        let answer = self.run(GOOD, body.to_string().into_bytes()).await;
        let label = answer.body["result"]["labels"][0]["label"].as_str();
        if label.is_none() || answer.took > LONGEST {
            let told =
                format!("the good app after {after}: {} after {:?}\n    {}", answer.status, answer.took, answer.body);
            self.wrong.lock().expect("nobody panics").push(told);
        }
    }

    /// Ends the runner, leaves all answers in `answers` for people to read, and fails if one was wrong.
    pub(super) fn finish(self, answers: &Path) {
        let supervisor = memory(self.process.pid(), "VmHWM");
        let worker = self.watch.most.load(Ordering::Relaxed);
        let story = self.story.lock().expect("nobody panics").join("\n");
        std::fs::write(answers, &story).expect("a file below target/");
        let mib = |bytes: u64| bytes >> 20;
        eprintln!("at most {} MiB in the supervisor, {} MiB in a worker", mib(supervisor), mib(worker));
        let wrong = self.wrong.lock().expect("nobody panics");
        assert!(wrong.is_empty(), "{} answers were wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(supervisor < MOST_SUPERVISOR, "the supervisor took {} MiB", mib(supervisor));
        assert!(worker < (WORKER_MIB + 256) << 20, "a worker took {} MiB", mib(worker));
    }
}

/// Looks at the workers' memory all the time, because a killed one cannot be asked.
struct Watch {
    most: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    fn over(supervisor: u32) -> Self {
        let (most, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (noted, stop) = (most.clone(), ended.clone());
        let thread = thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                for worker in descendants(supervisor) {
                    noted.fetch_max(resident(worker.pid), Ordering::Relaxed);
                }
                thread::park_timeout(Duration::from_millis(50));
            }
        });
        Self { most, ended, thread: Some(thread) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            thread.join().ok();
        }
    }
}

/// Highest resident bytes of a process that may be gone by now.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kibibytes| kibibytes.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// The sample app that reads digits, as the portal hands it to a runner.
fn good_app() -> Vec<u8> {
    let mut package = Vec::new();
    let folder = tests_folder().join("../sample-apps/digit-reader");
    vision_package::pack_folder(&folder, &mut package).expect("a sample app");
    let checked = vision_package::check(Cursor::new(&package), &PackageLimits::default()).expect("a good package");
    let mut complete = Vec::new();
    vision_package::complete(Cursor::new(&package), &checked, &mut complete).expect("memory takes bytes");
    complete
}

/// The photo that the good app reads.
pub(super) fn good_photo() -> Vec<u8> {
    read(&tests_folder().join("../sample-apps/digit-reader/examples/house-number/photo.jpg"))
}

async fn serve(listener: TcpListener, folder: PathBuf) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, folder.clone()));
    }
}

/// Answers each request on one connection with the file that it asks for.
async fn answer(stream: TcpStream, folder: PathBuf) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = tokio::io::BufReader::new(reader).lines();
    let mut path = None;
    while let Some(line) = lines.next_line().await? {
        if !line.is_empty() {
            path = path.or_else(|| Some(line.split(' ').nth(1)?.trim_start_matches('/').to_owned()));
            continue;
        }
        let file = path.take().and_then(|path| std::fs::read(folder.join(path)).ok());
        let (status, content) = file.map_or(("404 Not Found", Vec::new()), |content| ("200 OK", content));
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", content.len());
        writer.write_all(head.as_bytes()).await?;
        writer.write_all(&content).await?;
    }
    Ok(())
}
