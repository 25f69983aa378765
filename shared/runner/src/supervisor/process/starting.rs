//! Bringing a worker process to the point where it takes runs.

use std::{io, os::fd::OwnedFd, os::unix::process::ExitStatusExt, process::ExitStatus, process::Stdio, time::Duration};

use tokio::{
    io::BufReader,
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    process::{Child, Command},
    time,
};
use vision_protocol::Fault;

use super::{Worker, words};
use crate::{
    ipc::{self, Frame, FromWorker, Start, ToWorker},
    learned::Learned,
    supervisor::{config::WorkerCommand, packages},
};

/// Compiled components of whole language runtimes are this large.
const PROOF_BYTES: u64 = 1 << 30;

/// Why a worker is not ready.
#[derive(Debug)]
pub(in crate::supervisor) enum NotReady {
    /// The package cannot be used.
    Refused(Vec<Fault>),
    /// It did not answer in time.
    TooSlow(Duration),
    /// The process ended; how.
    Died(String),
    /// It could not be started, or spoke nonsense.
    Broken(io::Error),
}

/// A worker that takes runs.
pub(in crate::supervisor) struct Ready {
    pub(in crate::supervisor) worker: Worker,
    /// Remarks for the author.
    pub(in crate::supervisor) warnings: Vec<Fault>,
    /// What a proof found out about the models.
    pub(in crate::supervisor) learned: Learned,
}

/// A process and the socket to it.
pub(in crate::supervisor) struct Connection {
    pub(super) child: Child,
    pub(super) reader: BufReader<OwnedReadHalf>,
    pub(super) writer: OwnedWriteHalf,
}

/// Starts a process that waits to be told what to load.
pub(in crate::supervisor) fn spawn(command: &WorkerCommand) -> io::Result<Connection> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let mut child = Command::new(&command.program)
        .args(&command.args)
        .env_clear()
        .envs(command.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // A Ctrl-C at the terminal is for the supervisor, which lets its workers finish.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(words::log(child.id().unwrap_or_default(), stderr));
    }
    let (reader, writer) = UnixStream::from_std(ours)?.into_split();
    Ok(Connection { child, reader: BufReader::with_capacity(64 << 10, reader), writer })
}

impl Connection {
    /// Has the process load a package, and prove it where the start says so.
    pub(in crate::supervisor) async fn begin(mut self, start: Start, timeout: Duration) -> Result<Ready, NotReady> {
        let reply_bytes = start.limits.result_bytes;
        let said = time::timeout(timeout, self.converse(start)).await;
        match said.unwrap_or(Err(NotReady::TooSlow(timeout)))? {
            Some(FromWorker::Ready { warnings, learned, .. }) => {
                Ok(Ready { worker: Worker::over(self, reply_bytes), warnings, learned })
            }
            Some(FromWorker::Refused { faults }) => Err(NotReady::Refused(faults)),
            Some(_) => Err(nonsense("the worker spoke out of turn")),
            None => Err(self.how_it_ended().await),
        }
    }

    /// Waits for the end of a process that was told nothing yet.
    pub(in crate::supervisor) async fn ended(&mut self) -> String {
        self.child.wait().await.map_or_else(|error| error.to_string(), describe)
    }

    /// Ends a process that was told nothing yet.
    pub(in crate::supervisor) async fn end(&mut self) {
        // It fails only where the process has ended by itself.
        let _ = self.child.kill().await;
    }

    /// The worker's last word before runs; `None` if it hung up instead.
    async fn converse(&mut self, start: Start) -> Result<Option<FromWorker>, NotReady> {
        let (proof, package, gid) = (start.proof, start.package.clone(), start.cell.uid);
        self.say(&ToWorker::Start(Box::new(start))).await;
        let Some(frame) = self.hear(if proof { PROOF_BYTES } else { 0 }).await? else { return Ok(None) };
        if !(proof && matches!(frame.message, FromWorker::Compiled)) {
            return Ok(Some(frame.message));
        }
        let mut attachments = frame.attachments.into_iter();
        let component = attachments.next().ok_or_else(|| nonsense("the worker compiled nothing"))?;
        let store = move || packages::store_component(&package, &component, gid);
        let stored = tokio::task::spawn_blocking(store).await.unwrap_or_else(|error| Err(io::Error::other(error)));
        stored.map_err(NotReady::Broken)?;
        self.say(&ToWorker::Stored).await;
        Ok(self.hear(0).await?.map(|frame| frame.message))
    }

    /// A worker that has hung up may have said why before, so a failure to write is left to the reading.
    async fn say(&self, message: &ToWorker) {
        let _ = ipc::send_frame(self.writer.as_ref(), message, &[]).await;
    }

    async fn hear(&mut self, most_bytes: u64) -> Result<Option<Frame<FromWorker>>, NotReady> {
        match ipc::read_frame_async(&mut self.reader, most_bytes).await {
            Ok(frame) => Ok(frame),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(NotReady::Broken(error)),
            Err(_) => Ok(None),
        }
    }

    async fn how_it_ended(&mut self) -> NotReady {
        // The socket closes a moment before the process can be waited for.
        match time::timeout(Duration::from_secs(2), self.child.wait()).await {
            Ok(Ok(status)) => NotReady::Died(describe(status)),
            Ok(Err(error)) => NotReady::Broken(error),
            Err(_) => NotReady::Died("closed its socket".to_owned()),
        }
    }
}

fn nonsense(what: &str) -> NotReady {
    NotReady::Broken(io::Error::new(io::ErrorKind::InvalidData, what))
}

pub(super) fn describe(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("was ended by signal {signal}"),
        (None, Some(code)) => format!("ended with code {code}"),
        (None, None) => "ended".to_owned(),
    }
}
