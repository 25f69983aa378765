//! The life of a worker: started ahead, proving, serving what it proved, and making room on the disk and in memory.

use std::{
    fs, io,
    path::Path,
    sync::{Mutex, OnceLock},
};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::harness::{PHOTO, Runner, package};

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_of_the_proof_serves_the_first_run() {
    let runner = Runner::start().await;
    let published = runner.publish(1, package("Plain")).await;
    let proved = published.body["warnings"][1]["message"].as_str().unwrap().strip_prefix("proved by ").unwrap();
    assert_eq!(runner.run(1, json!({"Do": "say pid"})).await.said(), proved);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spare_is_taken_and_replaced() {
    let runner = Runner::start().await;
    let first = runner.until("no spare is started", |processes| processes.len() == 1).await;
    runner.published(1).await;
    let pid: u32 = runner.run(1, json!({"Do": "say pid"})).await.said().parse().unwrap();
    assert!(first.contains(&pid), "the spare was not used");
    let both = runner.until("the spare is not replaced", |processes| processes.len() == 2).await;
    let spare = *both.iter().find(|process| **process != pid).unwrap();
    kill(spare);
    let both = runner.until("a dead spare is not replaced", |now| now.len() == 2 && !now.contains(&spare)).await;
    runner.published(2).await;
    let pid: u32 = runner.run(2, json!({"Do": "say pid"})).await.said().parse().unwrap();
    assert!(both.contains(&pid), "the spare was not used");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_process_is_left_in_the_end() {
    let runner = Runner::with(|config| config.fleet.spares = 3).await;
    runner.published(1).await;
    let processes = runner.until("there are no three spares", |processes| processes.len() == 4).await;
    let data = runner.stop().await;
    for process in processes {
        let mark = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&mark).contains(data.path().to_str().unwrap()), "{process} is left");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_spares_it_works_as_well() {
    let runner = Runner::with(|config| config.fleet.spares = 0).await;
    runner.published(1).await;
    runner.run(1, json!({"Do": "say pid"})).await.said();
    assert_eq!(runner.processes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proof_learned_is_told_to_later_workers() {
    let runner = Runner::with(|config| config.fleet.workers = 1).await;
    runner.published(1).await;
    let first = runner.run(1, json!({"Do": "say pid"})).await.said().to_owned();
    runner.published(2).await;
    assert_ne!(runner.run(1, json!({"Do": "say pid"})).await.said(), first);
    let learned = runner.run(1, json!({"Do": "say learned"})).await.said().to_owned();
    assert!(learned.contains("batch: 4"), "{learned}");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_inputs_are_passed_by_descriptor() {
    let runner = Runner::start().await;
    runner.published(1).await;
    for _ in 0..3 {
        let (small, large) = (runner.portal.url("photo"), runner.portal.url("large"));
        let answer = runner.run(1, json!({"Do": "say shared", "Image": small, "Second": large})).await;
        assert_eq!(answer.said(), format!("[({}, false), (3145728, true)]", PHOTO.len()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_worker_writes_is_logged_but_not_without_end() {
    let log = Log::install();
    let runner = Runner::start().await;
    runner.published(1).await;
    let pid = runner.run(1, json!({"Do": "say pid"})).await.said().to_owned();
    runner.run(1, json!({"Do": "flood"})).await.said();
    runner.run(1, json!({"Do": "say pid"})).await.said();
    runner.stop().await;
    let lines = log.lines_of(&pid);
    assert!((100..=104).contains(&lines.len()), "{} lines", lines.len());
    assert!(lines.iter().all(|line| line.len() < 1_300), "a line is logged whole");
    assert!(lines.iter().any(|line| line.contains("the rest is dropped")), "{}", lines[lines.len() - 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_unused_for_longest_make_room_on_the_disk() {
    let runner = Runner::start().await;
    runner.published(1).await;
    let each = bytes_of(&runner.data.path().join("packages/1"));
    let room_for_two = |config: &mut vision_runner::supervisor::Config| {
        config.package_disk_bytes = each * 5 / 2;
        config.fleet.workers = 1;
    };
    let runner = Runner::over(runner.stop().await, room_for_two).await;
    runner.published(2).await;
    runner.run(1, json!({"Do": "say pid"})).await.said();
    runner.published(3).await;
    runner.run(2, json!({"Do": "say pid"})).await.fails(400, "not-published", "");
    runner.run(3, json!({"Do": "say pid"})).await.said();
    // Its last use is remembered: 1 was used before 3.
    let room_for_one = |config: &mut vision_runner::supervisor::Config| config.package_disk_bytes = each * 3 / 2;
    let runner = Runner::over(runner.stop().await, room_for_one).await;
    runner.run(1, json!({"Do": "say pid"})).await.fails(400, "not-published", "");
    runner.run(3, json!({"Do": "say pid"})).await.said();
    runner.published(1).await;
    runner.run(1, json!({"Do": "say pid"})).await.said();
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

fn bytes_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let bytes = entries.map(|entry| match entry.metadata().unwrap() {
        folder if folder.is_dir() => bytes_of(&entry.path()),
        file => file.len(),
    });
    bytes.sum()
}

/// What all supervisors of this process log.
#[derive(Clone, Copy)]
struct Log(&'static Mutex<Vec<u8>>);

impl Log {
    fn install() -> Self {
        static LOG: OnceLock<Mutex<Vec<u8>>> = OnceLock::new();
        let log = Self(LOG.get_or_init(Mutex::default));
        // A second test that looks at the log finds it installed.
        let _ = tracing_subscriber::fmt().with_ansi(false).with_writer(log).try_init();
        log
    }

    fn lines_of(self, pid: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let its = format!("worker.pid={pid}");
        text.lines().filter(|line| line.split(' ').any(|field| field == its)).map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        *self
    }
}
