//! `vision conform` against a runner of two endpoints, one that does things wrong, and none. Against our own runner, see
//! `runner-tract/tests/conformance.rs`.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
};

use serde_json::Value;

fn vision(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_vision"))
        .arg("conform")
        .args(arguments)
        .env_remove("VISION_RUNNER_TOKEN")
        .output()
        .expect("vision starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("an exit code"), text(&output.stdout), text(&output.stderr))
}

/// How the checks end, by their names.
fn outcomes(report: &str) -> BTreeMap<String, Value> {
    let report: Value = serde_json::from_str(report).unwrap_or_else(|error| panic!("{error}: {report}"));
    let checks = report["checks"].as_array().expect("checks");
    checks.iter().map(|check| (check["id"].as_str().expect("an id").to_owned(), check.clone())).collect()
}

/// `tests/minimal_runner.py`, until it is dropped.
struct MinimalRunner {
    url: String,
    child: Child,
    /// It writes there, and would fail if nobody read.
    _lines: BufReader<ChildStdout>,
}

impl MinimalRunner {
    fn start() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/minimal_runner.py");
        let started = Command::new("python3").arg(script).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut child) = started else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "CI=true, but there is no python3");
            writeln!(std::io::stderr(), "skipped: there is no python3").ok();
            return None;
        };
        let mut lines = BufReader::new(child.stdout.take().expect("the output is piped"));
        let mut url = String::new();
        lines.read_line(&mut url).expect("it prints its address");
        Some(Self { url: url.trim().to_owned(), child, _lines: lines })
    }
}

impl Drop for MinimalRunner {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn a_runner_of_two_endpoints_conforms() {
    let Some(runner) = MinimalRunner::start() else { return };
    let (code, text, errors) = vision(&[&runner.url]);
    assert_eq!(code, 0, "{text}{errors}");
    assert!(text.contains("pass         run-fetch"), "{text}");
    assert!(text.contains("not offered  timings"), "{text}");
    assert!(text.ends_with("It conforms.\n"), "{text}");
}

#[test]
fn an_app_of_ones_own_is_run() {
    let Some(runner) = MinimalRunner::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a UTF-8 path").to_owned();
    std::fs::write(path("app.zip"), b"PK and whatever that runner wants").expect("written");
    std::fs::write(path("cat.jpg"), b"a photo").expect("written");
    std::fs::write(path("inputs.json"), br#"{"Image": "cat.jpg", "Age": 4}"#).expect("written");
    let package = ["--package", &path("app.zip"), "--inputs", &path("inputs.json")];
    let (code, text, errors) = vision(&[&[&*runner.url, "--json"], &package[..]].concat());
    assert_eq!(code, 0, "{text}{errors}");
    assert_eq!(outcomes(&text)["run-side-by-side"]["outcome"], "pass", "{text}");

    std::fs::write(path("inputs.json"), br#"{"Age": 4}"#).expect("written");
    let (code, _, errors) = vision(&[&[&*runner.url], &package[..]].concat());
    assert_eq!((code, errors.contains("no input is a photo")), (2, true), "{errors}");
}

/// Answers everything with 200: every package and every run is fine, no photo is ever fetched, and what it offers beside
/// that is not what it should be.
fn yes_man() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/base/", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(|| agree(stream));
        }
    });
    url
}

fn agree(mut stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut request, mut length) = (String::new(), 0);
    reader.read_line(&mut request).ok()?;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink()).ok()?;
    let (kind, body) = match request.split(' ').nth(1)?.strip_prefix("/base/")? {
        "publish" => ("application/json", r#"{"hasError": false}"#),
        run if run.starts_with("run") => {
            ("application/json", r#"{"result": {}, "timings": {"totalMs": "long"}, "logs": "none"}"#)
        }
        "metrics" => ("text/html", "<p>Many"),
        _ => ("text/plain", "yes"),
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", body.len());
    write!(stream, "{head}connection: close\r\n\r\n{body}").ok()
}

#[test]
fn what_is_wrong_is_found_and_shown() {
    let runner = yes_man();
    let (code, report, errors) = vision(&[&runner, "--json"]);
    assert_eq!(code, 1, "{report}{errors}");
    let outcomes = outcomes(&report);
    for (id, outcome) in [
        ("publish", "pass"),
        ("publish-no-package", "fail"),
        ("publish-without-id", "fail"),
        ("publish-without-file", "fail"),
        ("publish-odd-id", "fail"),
        ("run", "pass"),
        ("run-fetch", "fail"),
        ("run-side-by-side", "fail"),
        ("run-unknown-release", "fail"),
        ("run-odd-id", "fail"),
        ("run-no-json", "fail"),
        ("run-missing-input", "fail"),
        ("run-wrong-input", "fail"),
        ("run-refused-photo", "fail"),
        ("run-in-the-end", "pass"),
        ("glue", "not-offered"),
        ("bearer", "not-offered"),
        ("timings", "fail"),
        ("metrics", "fail"),
        ("health-live", "pass"),
    ] {
        assert_eq!(outcomes[id]["outcome"], outcome, "{id}: {}", outcomes[id]);
    }
    let shown = &outcomes["run-unknown-release"];
    assert!(shown["sent"].as_str().is_some_and(|sent| sent.starts_with("POST run?cvappid=")), "{shown}");
    assert!(shown["got"].as_str().is_some_and(|got| got.starts_with("200 {\"result\"")), "{shown}");
    assert_eq!(shown["why"], "the status is 200; expected 400 or 500");

    let (code, text, _) = vision(&[&runner]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("FAIL         run-fetch") && text.contains("It does not conform."), "{text}");
    assert!(text.contains("sent  POST run?cvappid=") && text.contains("but   the status is 200"), "{text}");
}

#[test]
fn a_runner_that_is_not_there_is_exit_code_2() {
    // The port was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let (code, _, errors) = vision(&[&format!("http://{nobody}")]);
    assert_eq!((code, errors.contains("cannot be reached")), (2, true), "{errors}");
    let (code, _, errors) = vision(&["ftp://127.0.0.1/"]);
    assert_eq!((code, errors.contains("http or https")), (2, true), "{errors}");
}
