//! The program as it is: started as a process, with real workers and a real model.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made ends its test")]

mod cycles;
mod first_runs;
#[path = "../support/models.rs"]
mod models;
#[path = "../../../shared/runner/tests/support/program.rs"]
mod program;

use std::{
    fs::{self, File},
    io::{Cursor, Read},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use program::{Runner, portal};
use serde_json::Value;
use vision_protocol::limits::PackageLimits;

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runner-tract"));
    command.env_remove("VISION_RUNNER_TOKEN");
    command
}

fn serve() -> Command {
    let mut command = command();
    command.arg("serve");
    command
}

fn with(options: &[&str]) -> Command {
    let mut command = serve();
    command.args(options);
    command
}

fn sample_app() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../sample-apps/digit-reader"))
}

/// The sample app as a release.
fn digit_reader() -> Vec<u8> {
    release(sample_app())
}

/// A release's package, as a portal makes it of an author's folder.
fn release(folder: &Path) -> Vec<u8> {
    let mut source = Cursor::new(Vec::new());
    vision_package::pack_folder(folder, &mut source).unwrap();
    let package = vision_package::check(&mut source, &PackageLimits::default()).unwrap();
    let mut release = Vec::new();
    vision_package::complete(&mut source, &package, &mut release).unwrap();
    release
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
    let mut runner = Runner::start(serve(), &portal);
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

    wait_until("there is no spare beside the worker", || runner.workers().len() == 2);
    for worker in runner.workers() {
        let worker = rustix::process::Pid::from_raw(worker).unwrap();
        rustix::process::kill_process(worker, rustix::process::Signal::KILL).unwrap();
    }
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
    let runner = Runner::start(serve(), &portal);
    let published = runner.publish(1, digit_reader()).await;
    assert_eq!(published["hasError"], false, "{published}");
    let answer = runner.run(1, &format!("{portal}/photo")).await;
    assert_eq!(answer["code"], "invalid-input", "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("Image"), "{answer}");
}

#[test]
fn it_ends_when_the_program_that_started_it_ends() {
    let mut runner = Runner::start(serve(), "http://127.0.0.1:1");
    drop(runner.child.stdin.take());
    let begun = Instant::now();
    assert!(runner.child.wait().unwrap().success());
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[test]
fn without_a_token_it_does_not_start() {
    let mut child = command().stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut words = String::new();
    child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(words.contains("VISION_RUNNER_TOKEN"), "{words}");
}
