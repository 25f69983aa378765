//! One worker process: starting it, proving a package in it, and the connection over which runs are multiplexed.

use std::{
    collections::HashMap,
    fs, io,
    os::{fd::OwnedFd, unix::process::ExitStatusExt},
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::BufReader,
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    process::{Child, Command},
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;
use vision_protocol::{
    Fault,
    limits::RunLimits,
    messages::{ErrorCode, LogLine, Timings},
};

use super::config::WorkerCommand;
use crate::ipc::{self, Frame, FromWorker, Mode, ToWorker, WireValue};

/// Compiled components of whole language runtimes are this large.
const PROOF_BYTES: u64 = 1 << 30;

/// What a worker is started with.
pub(super) struct Setting<'a> {
    pub(super) command: &'a WorkerCommand,
    pub(super) package: &'a Path,
    pub(super) limits: RunLimits,
    pub(super) parallel: usize,
}

/// Why a worker is not ready.
#[derive(Debug)]
pub(super) enum NotReady {
    /// The package cannot be used.
    Refused(Vec<Fault>),
    /// It did not answer in time.
    TooSlow(Duration),
    /// The process ended; how.
    Died(String),
    /// It could not be started, or spoke nonsense.
    Broken(io::Error),
}

/// What a proof found.
pub(super) struct Proof {
    /// The compiled component.
    pub(super) component: Vec<u8>,
    /// Remarks for the author.
    pub(super) warnings: Vec<Fault>,
}

/// One run as a worker gets it. Kept until it has been answered, so that it can be sent again.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) inputs: Vec<(String, WireValue)>,
    pub(super) attachments: Vec<Bytes>,
}

/// How a run ended in the worker.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) outcome: Result<Outputs, (ErrorCode, String)>,
    pub(super) timings: Timings,
    pub(super) logs: Vec<LogLine>,
}

/// What the app answered with.
#[derive(Debug)]
pub(super) struct Outputs {
    pub(super) values: Vec<(String, WireValue)>,
    pub(super) attachments: Vec<Vec<u8>>,
}

/// How a call of a worker ended.
pub(super) enum Called {
    /// The worker answered.
    Answered(Box<Reply>),
    /// It did not, long after the deadline.
    Overdue,
    /// Its process has ended.
    Lost,
}

/// A worker that serves runs.
pub(super) struct Worker {
    pid: u32,
    outgoing: mpsc::Sender<Outgoing>,
    calls: Arc<Calls>,
    next: AtomicU64,
    kill: CancellationToken,
    gone: CancellationToken,
}

enum Outgoing {
    Run { id: u64, order: Arc<Order>, deadline: Instant },
    Cancel { id: u64 },
}

/// Who waits for which answer; `None` once the process has ended.
struct Calls(Mutex<Option<HashMap<u64, oneshot::Sender<Box<Reply>>>>>);

struct Connection {
    child: Child,
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

/// Starts a worker that tries a package out, and waits for its verdict.
pub(super) async fn prove(setting: Setting<'_>, timeout: Duration) -> Result<Proof, NotReady> {
    let (_connection, frame) = start(setting, Mode::Prove, PROOF_BYTES, timeout).await?;
    let FromWorker::Ready { warnings, .. } = frame.message else { return Err(nonsense()) };
    let component = frame.attachments.into_iter().next().ok_or_else(nonsense)?;
    Ok(Proof { component, warnings })
}

/// Starts a process and waits until it is ready.
async fn start(
    setting: Setting<'_>,
    mode: Mode,
    first_bytes: u64,
    timeout: Duration,
) -> Result<(Connection, Frame<FromWorker>), NotReady> {
    let Setting { command, package, limits, parallel } = setting;
    let mut connection = spawn(command).map_err(NotReady::Broken)?;
    let message = ToWorker::Start { package: package.to_owned(), mode, limits, parallel };
    let shake_hands = async {
        ipc::write_frame_async(&mut connection.writer, &message, &[] as &[&[u8]]).await?;
        ipc::read_frame_async::<FromWorker>(&mut connection.reader, first_bytes).await
    };
    match time::timeout(timeout, shake_hands).await {
        Err(_) => Err(NotReady::TooSlow(timeout)),
        Ok(Ok(Some(frame))) => match frame.message {
            FromWorker::Ready { .. } => Ok((connection, frame)),
            FromWorker::Refused { faults } => Err(NotReady::Refused(faults)),
            FromWorker::Done { .. } | FromWorker::Failed { .. } => Err(nonsense()),
        },
        Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => Err(NotReady::Broken(error)),
        // The socket closes a moment before the process can be waited for.
        Ok(Ok(None) | Err(_)) => match time::timeout(Duration::from_secs(2), connection.child.wait()).await {
            Ok(Ok(status)) => Err(NotReady::Died(describe(status))),
            Ok(Err(error)) => Err(NotReady::Broken(error)),
            Err(_) => Err(NotReady::Died("closed its socket".to_owned())),
        },
    }
}

fn spawn(command: &WorkerCommand) -> io::Result<Connection> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let child = Command::new(&command.program)
        .args(&command.args)
        .env_clear()
        .envs(command.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        // A Ctrl-C at the terminal is for the supervisor, which lets its workers finish.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let (reader, writer) = UnixStream::from_std(ours)?.into_split();
    Ok(Connection { child, reader: BufReader::with_capacity(64 << 10, reader), writer })
}

fn nonsense() -> NotReady {
    NotReady::Broken(io::Error::new(io::ErrorKind::InvalidData, "the worker spoke out of turn"))
}

fn describe(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("was ended by signal {signal}"),
        (None, Some(code)) => format!("ended with code {code}"),
        (None, None) => "ended".to_owned(),
    }
}

impl Worker {
    /// Starts a worker for a published release.
    pub(super) async fn serve(setting: Setting<'_>, timeout: Duration) -> Result<Self, NotReady> {
        let reply_bytes = setting.limits.result_bytes;
        let (Connection { child, reader, writer }, _) = start(setting, Mode::Serve, 0, timeout).await?;
        let (outgoing, orders) = mpsc::channel(64);
        let (kill, gone) = (CancellationToken::new(), CancellationToken::new());
        let calls = Arc::new(Calls(Mutex::new(Some(HashMap::new()))));
        let pid = child.id().unwrap_or_default();
        tokio::spawn(write(writer, orders, kill.clone()));
        let reading = tokio::spawn(read(reader, reply_bytes, calls.clone(), kill.clone()));
        tokio::spawn(watch(child, pid, reading, calls.clone(), kill.clone(), gone.clone()));
        Ok(Self { pid, outgoing, calls, next: AtomicU64::new(1), kill, gone })
    }

    /// Has one run computed. When `cancelled` comes, the worker is told, but its answer is awaited all the same: until
    /// then one of its threads is taken.
    pub(super) async fn call(
        &self,
        order: &Arc<Order>,
        deadline: Instant,
        grace: Duration,
        cancelled: &CancellationToken,
    ) -> Called {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(mut answer) = self.calls.expect(id) else { return Called::Lost };
        if self.outgoing.send(Outgoing::Run { id, order: order.clone(), deadline }).await.is_err() {
            return Called::Lost;
        }
        let overdue = time::sleep_until(deadline + grace);
        tokio::pin!(overdue);
        let mut told = false;
        loop {
            tokio::select! {
                answer = &mut answer => return answer.map_or(Called::Lost, Called::Answered),
                () = &mut overdue => return Called::Overdue,
                () = cancelled.cancelled(), if !told => {
                    told = true;
                    // A worker that is gone needs not be told.
                    let _ = self.outgoing.send(Outgoing::Cancel { id }).await;
                }
            }
        }
    }

    /// Ends the process at once.
    pub(super) fn kill(&self) {
        self.kill.cancel();
    }

    /// Whether the process is still wanted and there.
    pub(super) fn is_alive(&self) -> bool {
        !self.kill.is_cancelled() && !self.gone.is_cancelled()
    }

    /// Waits for the end of the process.
    pub(super) async fn ended(&self) {
        self.gone.cancelled().await;
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Bytes of memory that the process holds.
    pub(super) fn resident_bytes(&self) -> u64 {
        resident_bytes(&self.pid.to_string())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill.cancel();
    }
}

/// Bytes of memory that a process holds; 0 if it has gone.
pub(super) fn resident_bytes(pid: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or_default() * 1024
}

impl Calls {
    fn expect(&self, id: u64) -> Option<oneshot::Receiver<Box<Reply>>> {
        let (sender, receiver) = oneshot::channel();
        self.0.lock().expect("no holder panics").as_mut()?.insert(id, sender);
        Some(receiver)
    }

    fn answer(&self, id: u64, reply: Reply) {
        let waiting = self.0.lock().expect("no holder panics").as_mut().and_then(|calls| calls.remove(&id));
        if let Some(waiting) = waiting {
            // Nobody waits any more for a run that was overdue.
            let _ = waiting.send(Box::new(reply));
        }
    }

    fn close(&self) {
        *self.0.lock().expect("no holder panics") = None;
    }
}

async fn write(mut writer: OwnedWriteHalf, mut orders: mpsc::Receiver<Outgoing>, kill: CancellationToken) {
    while let Some(outgoing) = orders.recv().await {
        let written = match outgoing {
            Outgoing::Run { id, order, deadline } => {
                let left = deadline.saturating_duration_since(Instant::now()).as_millis();
                let deadline_ms = u64::try_from(left).unwrap_or(u64::MAX);
                let message = ToWorker::Run { id, inputs: order.inputs.clone(), deadline_ms };
                ipc::write_frame_async(&mut writer, &message, &order.attachments).await
            }
            Outgoing::Cancel { id } => {
                ipc::write_frame_async(&mut writer, &ToWorker::Cancel { id }, &[] as &[&[u8]]).await
            }
        };
        if written.is_err() {
            break;
        }
    }
    kill.cancel();
}

async fn read(
    mut reader: BufReader<OwnedReadHalf>,
    reply_bytes: u64,
    calls: Arc<Calls>,
    kill: CancellationToken,
) -> io::Result<()> {
    let _kill = kill.drop_guard();
    while let Some(frame) = ipc::read_frame_async::<FromWorker>(&mut reader, reply_bytes).await? {
        match frame.message {
            FromWorker::Done { id, outputs, timings, logs } => {
                let outputs = Outputs { values: outputs, attachments: frame.attachments };
                calls.answer(id, Reply { outcome: Ok(outputs), timings, logs });
            }
            FromWorker::Failed { id, code, message, timings, logs } => {
                calls.answer(id, Reply { outcome: Err((code, message)), timings, logs });
            }
            FromWorker::Ready { .. } | FromWorker::Refused { .. } => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the worker spoke out of turn"));
            }
        }
    }
    Ok(())
}

/// Waits for the end of the process, brings it about when told, and then lets everybody know who waits for it.
async fn watch(
    mut child: Child,
    pid: u32,
    reading: JoinHandle<io::Result<()>>,
    calls: Arc<Calls>,
    kill: CancellationToken,
    gone: CancellationToken,
) {
    let ended = tokio::select! {
        status = child.wait() => status.map_or_else(|error| error.to_string(), describe),
        () = kill.cancelled() => {
            // It fails only where the process has ended by itself.
            let _ = child.kill().await;
            "was ended by its supervisor".to_owned()
        }
    };
    // Answers that the worker had sent before its end are still good.
    let said = time::timeout(Duration::from_secs(1), reading).await;
    let nonsense = said.ok().and_then(Result::ok).and_then(Result::err).map(|error| error.to_string());
    tracing::info!(worker.pid = pid, worker.end = ended, worker.error = nonsense, "a worker has ended");
    kill.cancel();
    calls.close();
    gone.cancel();
}
