//! The runner that the portal carries: started as a child process, started again when it dies, stopped with it.

use std::{process::Stdio, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    task::JoinHandle,
};
use url::Url;

use crate::{blobs::keys::Purpose, domain::DomainError, state::Portal, store::JobKind};

const START_WITHIN: Duration = Duration::from_secs(20);
const STOP_WITHIN: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Starts the runner, and keeps one running until the portal stops.
pub fn start(portal: &Portal) -> JoinHandle<()> {
    tokio::spawn(keep(portal.clone()))
}

async fn keep(portal: Portal) {
    let mut pause = Duration::from_millis(200);
    loop {
        let born = tokio::time::Instant::now();
        match Runner::start(&portal).await {
            Ok(mut runner) => {
                let status = tokio::select! {
                    status = runner.child.wait() => status,
                    () = portal.stopping.cancelled() => return linger(&portal, runner).await,
                };
                tracing::warn!(?status, "the embedded runner ended; starting another");
            }
            Err(error) => tracing::error!(%error, "the embedded runner did not start"),
        }
        portal.fleet.set_embedded(None);
        if born.elapsed() > Duration::from_secs(30) {
            pause = Duration::from_millis(200);
        }
        tokio::select! {
            () = portal.stopping.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// While the portal stops, jobs in hand still need the runner: it goes last, when its standard input closes.
async fn linger(portal: &Portal, mut runner: Runner) {
    portal.queue.drained().await;
    drop(runner.stdin.take());
    if tokio::time::timeout(STOP_WITHIN, runner.child.wait()).await.is_err() {
        tracing::warn!("the embedded runner does not end; killing it");
        let _ = runner.child.kill().await;
    }
}

struct Runner {
    child: Child,
    /// The runner ends when this closes, however the portal ends.
    stdin: Option<ChildStdin>,
}

impl Runner {
    async fn start(portal: &Portal) -> Result<Self, DomainError> {
        let token = URL_SAFE_NO_PAD.encode(portal.random_bytes::<32>());
        let mut command = Command::new("/proc/self/exe");
        command
            .args(["runner-tract", "serve", "--listen", "127.0.0.1:0", "--exit-with-parent", "--data"])
            .arg(portal.config.storage.data_dir.join("runner"))
            .args(["--portal-url", portal.runner_facing_url.as_str()])
            .env("VISION_RUNNER_TOKEN", &token)
            .env_remove("VISION_MASTER_KEY")
            .env_remove("DATABASE_URL")
            .env_remove("OTEL_EXPORTER_OTLP_HEADERS")
            .env_remove("VISION_LISTEN")
            .env_remove("VISION_DATA")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            // Ctrl-C in a terminal goes to the portal alone: it stops the runner when no run needs it any more.
            .process_group(0);
        let mut child = command.spawn().map_err(DomainError::internal)?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().ok_or_else(|| DomainError::internal("it has no standard output"))?;
        let mut lines = BufReader::new(stdout).lines();
        let address = tokio::time::timeout(START_WITHIN, listening(&mut lines))
            .await
            .map_err(|_| DomainError::internal("it did not say where it listens"))??;
        tokio::spawn(drain(lines));
        let base: Url = format!("http://{address}/").parse().map_err(DomainError::internal)?;
        let wrapped = portal.master.wrap(Purpose::RunnerToken, token.as_bytes(), &*portal.random);
        let name = format!("embedded {}", &portal.node[..8.min(portal.node.len())]);
        let id = portal.store.put_embedded_runner(&name, base.as_str(), &wrapped, portal.now()).await?;
        portal.fleet.set_embedded(Some(id));
        tracing::info!(runner.id = %id, runner.address = address, "the embedded runner is ready");
        for kind in [JobKind::CheckRelease, JobKind::ExecuteRun] {
            portal.queue.wake(kind);
        }
        Ok(Self { child, stdin })
    }
}

async fn listening(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<String, DomainError> {
    while let Some(line) = lines.next_line().await.map_err(DomainError::internal)? {
        if let Some(address) = line.strip_prefix("listening ") {
            let address = address.trim();
            return Ok(address.strip_prefix("http://").unwrap_or(address).trim_end_matches('/').to_owned());
        }
    }
    Err(DomainError::internal("it ended at once"))
}

/// A pipe that nobody reads fills up and stops the writer.
async fn drain(mut lines: Lines<BufReader<ChildStdout>>) {
    while let Ok(Some(_)) = lines.next_line().await {}
}
