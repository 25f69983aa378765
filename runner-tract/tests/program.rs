//! The program as it is: started as a process, with real workers and a real model.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made ends its test")]

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Cursor, Read, Write},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use reqwest::{Client, multipart};
use serde_json::{Value, json};
use tempfile::TempDir;
use vision_protocol::limits::PackageLimits;

const TOKEN: &str = "a-token-for-tests";

struct Runner {
    child: Child,
    base: String,
    client: Client,
    data: TempDir,
}

impl Runner {
    fn start(portal: &str) -> Self {
        // Another test of this program may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let data = TempDir::new().unwrap();
        let mut child = command()
            .args(["serve", "--exit-with-parent", "--portal-url", portal, "--data"])
            .arg(data.path())
            .env("VISION_RUNNER_TOKEN", TOKEN)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening ").unwrap_or_else(|| panic!("it said {line:?}")).trim();
        let client = Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        Self { base: format!("http://{address}"), child, client, data }
    }

    async fn publish(&self, release: i64, package: Vec<u8>) -> Value {
        let form = multipart::Form::new()
            .text("CvappId", release.to_string())
            .part("SourceFile", multipart::Part::bytes(package).file_name("app.zip"));
        self.answer(self.client.post(format!("{}/publish", self.base)).multipart(form)).await
    }

    async fn run(&self, release: i64, photo: &str) -> Value {
        let body = json!({"data": [{"Name": "Image", "Value": photo}]});
        self.answer(self.client.post(format!("{}/run?cvappid={release}", self.base)).json(&body)).await
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Value {
        request.bearer_auth(TOKEN).send().await.unwrap().json().await.unwrap()
    }

    fn workers(&self) -> Vec<i32> {
        let parent = format!("PPid:\t{}\n", self.child.id());
        let processes =
            fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
        let pids = processes.filter_map(|name| name.parse().ok());
        pids.filter(|pid| fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|s| s.contains(&parent)))
            .collect()
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runner-tract"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).env_remove("VISION_RUNNER_TOKEN");
    command
}

fn sample_app() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../sample-apps/digit-reader"))
}

/// The release's package, as a portal makes it.
fn digit_reader() -> Vec<u8> {
    let mut source = Cursor::new(Vec::new());
    vision_package::pack_folder(sample_app(), &mut source).unwrap();
    let package = vision_package::check(&mut source, &PackageLimits::default()).unwrap();
    let mut release = Vec::new();
    vision_package::complete(&mut source, &package, &mut release).unwrap();
    release
}

/// A portal that serves one photo to whoever asks.
fn portal(photo: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            while request.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", photo.len()).unwrap();
            stream.write_all(&photo).unwrap();
        }
    });
    base
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn is_running(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|status| !status.contains("State:\tZ"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_goes_in_and_an_answer_comes_out() {
    let example = sample_app().join("examples/house-number");
    let portal = portal(fs::read(example.join("photo.jpg")).unwrap());
    let mut runner = Runner::start(&portal);
    let published = runner.publish(1, digit_reader()).await;
    assert_eq!(published["hasError"], false, "{published}");
    let answer = runner.run(1, &format!("{portal}/photo")).await;
    let expected: Value = serde_json::from_reader(File::open(example.join("expected.json")).unwrap()).unwrap();
    let tolerance = expected["Tolerance"].as_f64().unwrap();
    vision_package::matches(&expected["Result"], &answer["result"], tolerance)
        .unwrap_or_else(|mismatch| panic!("{mismatch}: {answer}"));
    for stage in ["appLoadingMs", "preProcessingMs", "runningModelMs", "generatingResultMs", "totalMs"] {
        assert!(answer["timings"][stage].as_f64().unwrap() > 0.0, "{stage}: {answer}");
    }

    let workers = runner.workers();
    assert_eq!(workers.len(), 1, "{workers:?}");
    let worker = rustix::process::Pid::from_raw(workers[0]).unwrap();
    rustix::process::kill_process(worker, rustix::process::Signal::KILL).unwrap();
    assert_eq!(runner.run(1, &format!("{portal}/photo")).await["result"], answer["result"]);

    let stored: Vec<_> = fs::read_dir(runner.data.path().join("incoming")).unwrap().collect();
    assert!(stored.is_empty(), "{stored:?}");
    let workers = runner.workers();
    runner.child.kill().unwrap();
    runner.child.wait().unwrap();
    wait_until("workers outlive their supervisor", || !workers.iter().any(|pid| is_running(*pid)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_photo_is_the_callers_fault() {
    let portal = portal(b"not a photo at all".to_vec());
    let runner = Runner::start(&portal);
    let published = runner.publish(1, digit_reader()).await;
    assert_eq!(published["hasError"], false, "{published}");
    let answer = runner.run(1, &format!("{portal}/photo")).await;
    assert_eq!(answer["code"], "invalid-input", "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("Image"), "{answer}");
}

#[test]
fn it_ends_when_the_program_that_started_it_ends() {
    let mut runner = Runner::start("http://127.0.0.1:1");
    drop(runner.child.stdin.take());
    let begun = Instant::now();
    assert!(runner.child.wait().unwrap().success());
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[test]
fn without_a_token_it_does_not_start() {
    let mut child = command().stderr(Stdio::piped()).spawn().unwrap();
    let mut words = String::new();
    child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(words.contains("VISION_RUNNER_TOKEN"), "{words}");
}
