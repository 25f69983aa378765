//! Runs that are computed together, in a worker that was told that this pays.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made ends its test")]

#[path = "support/package.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod package;

use std::{
    collections::BTreeMap,
    fs,
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use package::Package;
use serde_json::json;
use vision_protocol::limits::RunLimits;
use vision_runner::{
    cell,
    ipc::{Frame, FromWorker, Stages, Start, ToWorker, WireValue, read_frame, write_frame},
    learned::{Learned, LearnedModel},
};

const PHOTOS: [&str; 4] = ["chalk-on-slate", "house-number", "pen-on-paper", "stamp-on-kraft"];
const TOGETHER: u64 = 8;

struct Worker {
    socket: UnixStream,
    child: Child,
}

type Outputs = Vec<(String, WireValue)>;

impl Worker {
    /// A worker of the digit reader, and what it has learned if it proved the package.
    fn start(package: &Package, proof: bool, learned: Learned) -> (Self, Learned) {
        let (socket, theirs) = UnixStream::pair().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_runner-tract"))
            .arg("worker")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .spawn()
            .unwrap();
        let mut worker = Self { socket, child };
        let cell = cell::Settings { uid: None, memory_bytes: 4 << 30, open_files: 256, threads: 512, required: false };
        let folder = package.folder.path();
        let start =
            Start { package: folder.to_owned(), proof, limits: RunLimits::default(), parallel: 1, cell, learned };
        worker.say(&ToWorker::Start(Box::new(start)));
        let Frame { message, attachments } = worker.hear();
        let message = if let FromWorker::Compiled = message {
            fs::create_dir_all(folder.join(".compiled")).unwrap();
            fs::write(folder.join(".compiled/app.cwasm"), &*attachments[0]).unwrap();
            worker.say(&ToWorker::Stored);
            worker.hear().message
        } else {
            message
        };
        match message {
            FromWorker::Ready { learned, .. } => (worker, learned),
            other => panic!("{other:?}"),
        }
    }

    /// All of them asked for before the first answer is read.
    fn all_at_once(&mut self, photos: &[Vec<u8>]) -> BTreeMap<u64, (Outputs, Stages)> {
        for (id, photo) in (0..).zip(photos) {
            let inputs = vec![("Image".to_owned(), WireValue::Picture(0))];
            let run = ToWorker::Run { id, inputs, deadline_ms: 60_000 };
            write_frame(&mut self.socket, &run, &[photo]).unwrap();
        }
        let answers = photos.iter().map(|_| match self.hear().message {
            FromWorker::Done { id, outputs, stages, .. } => (id, (outputs, stages)),
            other => panic!("{other:?}"),
        });
        answers.collect()
    }

    fn say(&mut self, message: &ToWorker) {
        write_frame(&mut self.socket, message, &[] as &[Vec<u8>]).unwrap();
    }

    fn hear(&mut self) -> Frame<FromWorker> {
        read_frame(&mut self.socket, 1 << 30).unwrap().expect("the worker answers")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sample_app() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-apps/digit-reader")
}

/// The digit reader's model, which leaves the number of its pictures open.
fn digit_reader() -> Package {
    let app = sample_app();
    let package = Package::classification(&app.join("models/digits.onnx"), Some(&app.join("assets/labels.txt")));
    package.change_manifest(|manifest| {
        manifest["Models"][0]["Input"] = json!({"Width": 48, "Height": 48, "Channels": "GRAY"});
    });
    package
}

fn photos(number: u64) -> Vec<Vec<u8>> {
    let file = |photo: &str| fs::read(sample_app().join("examples").join(photo).join("photo.jpg")).unwrap();
    (0..number as usize).map(|n| file(PHOTOS[n % PHOTOS.len()])).collect()
}

fn batches_of(most: usize) -> Learned {
    let model = LearnedModel { batch: most, ..LearnedModel::default() };
    Learned { models: BTreeMap::from([("model".to_owned(), model)]) }
}

/// Labels and scores; scores may differ in the last digits.
fn matches(one: &Outputs, other: &Outputs) {
    let values = |outputs: &Outputs| match &outputs[0].1 {
        WireValue::Json(value) => json!({ "labels": value }),
        other => panic!("{other:?}"),
    };
    vision_package::matches(&values(one), &values(other), 1e-3).unwrap_or_else(|mismatch| panic!("{mismatch}"));
}

#[test]
fn runs_computed_together_give_what_they_give_alone() {
    let package = digit_reader();
    let photos = photos(TOGETHER);
    let (mut alone, learned) = Worker::start(&package, true, Learned::default());
    assert!(learned.models["model"].batch >= 1 && learned.models["model"].infer_ms > 0.0, "{learned:?}");
    let expected: Vec<_> = photos.iter().map(|photo| alone.all_at_once(std::slice::from_ref(photo))).collect();
    let (mut together, _) = Worker::start(&package, false, batches_of(8));
    // Whether runs meet at the model is up to the machine; with this many they do.
    let mut largest = 0;
    for _ in 0..20 {
        let answers = together.all_at_once(&photos);
        for (expected, (outputs, stages)) in expected.iter().zip(answers.values()) {
            matches(&expected[&0].0, outputs);
            assert_eq!(expected[&0].1.batches, [1]);
            largest = largest.max(stages.batches[0]);
        }
        if largest > 1 {
            return;
        }
    }
    panic!("no two of {TOGETHER} runs were computed together");
}

#[test]
#[ignore = "a measurement: run it with --ignored --nocapture on a machine that is quiet"]
fn what_batching_brings() {
    let package = digit_reader();
    let (_, learned) = Worker::start(&package, true, Learned::default());
    eprintln!("the proof has learned {learned:?}");
    let photos = photos(400);
    for most in [1, 8, 1, 8] {
        let (mut worker, _) = Worker::start(&package, false, batches_of(most));
        worker.all_at_once(&photos[..8]);
        let began = Instant::now();
        let answers = worker.all_at_once(&photos);
        let rate = photos.len() as f64 / began.elapsed().as_secs_f64();
        let computed: f64 = answers.values().map(|(_, stages)| 1.0 / f64::from(stages.batches[0])).sum();
        eprintln!("batches of up to {most}: {rate:.0} runs/s, {:.1} runs a call", photos.len() as f64 / computed);
    }
}
