//! The same services as one would write them in Python.

use std::{
    fs::File,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use reqwest::{Client, multipart};
use rustix::process::{Pid, Signal, kill_process};

use crate::{common::processes::Tree, models::Model};

const READY_WITHIN: Duration = Duration::from_secs(60);

/// How to start one.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
}

/// All of them.
pub(crate) const PEERS: [Kind; 3] = [
    Kind { name: "FastAPI", program: "python", arguments: &["fastapi_peer.py"] },
    Kind { name: "LitServe", program: "python", arguments: &["litserve_peer.py"] },
    Kind { name: "BentoML", program: "bentoml", arguments: &["serve", "bentoml_peer:Peer", "--port"] },
];

/// One that runs.
pub(crate) struct Peer {
    child: Child,
    http: Client,
    url: String,
    photo: Vec<u8>,
}

impl Peer {
    /// Starts one, with a worker per core, and waits until it answers.
    pub(crate) async fn start(kind: Kind, model: &Model, python: &Path, data: &Path, photo: Vec<u8>) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = File::create(std::env::temp_dir().join(format!("vision-bench-{}.log", kind.name)))?;
        let mut command = Command::new(python.join(kind.program));
        command.args(kind.arguments);
        if kind.arguments.last() == Some(&"--port") {
            command.arg(port.to_string());
        }
        let child = command
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers"))
            .env("BENCH_SPEC", model.spec()?)
            .env("BENCH_PORT", port.to_string())
            .env("BENCH_WORKERS", thread::available_parallelism().map_or(1, usize::from).to_string())
            .env("VISION_TEST_DATA", data)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // ONNX Runtime reports to its maker otherwise, and BentoML to its own.
            .env("ORT_DISABLE_TELEMETRY", "1")
            .env("BENTOML_DO_NOT_TRACK", "True")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} does not start; `just compare` sets it up", kind.name))?;
        let url = format!("http://127.0.0.1:{port}/predict");
        let peer = Self { child, http: Client::builder().no_proxy().build()?, url, photo };
        let since = Instant::now();
        while !peer.answers().await {
            if since.elapsed() > READY_WITHIN {
                bail!("{} does not answer after {READY_WITHIN:?}", kind.name);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(peer)
    }

    async fn answers(&self) -> bool {
        let answer = self.http.post(&self.url).multipart(self.form()).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    fn form(&self) -> multipart::Form {
        multipart::Form::new().part("photo", multipart::Part::bytes(self.photo.clone()).file_name("photo.jpg"))
    }

    /// One run, which must go well.
    pub(crate) async fn run(&self) {
        let answer = self.http.post(&self.url).multipart(self.form()).send().await.expect("the peer answers");
        assert!(answer.status().is_success(), "the peer answered {}", answer.status());
        answer.bytes().await.expect("the peer answers in full");
    }

    /// The process id of its first process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Some of its workers lead groups of their own.
        for pid in Tree(self.child.id()).pids() {
            if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
                kill_process(pid, Signal::KILL).ok();
            }
        }
        self.child.wait().ok();
    }
}
