//! One worker process, and the connection over which runs are multiplexed.

mod calls;
mod starting;
mod words;

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::BufReader,
    net::unix::{OwnedReadHalf, OwnedWriteHalf},
    process::Child,
    sync::mpsc,
    task::JoinHandle,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

use self::calls::{Calls, Outgoing};
pub(super) use self::{
    calls::{Called, Order, Outputs, Reply},
    starting::{Connection, NotReady, Ready, spawn},
};
use crate::ipc::{self, Attachment, FromWorker, ToWorker};

/// A worker that serves runs.
pub(super) struct Worker {
    pid: u32,
    outgoing: mpsc::Sender<Outgoing>,
    calls: Arc<Calls>,
    next: AtomicU64,
    kill: CancellationToken,
    gone: CancellationToken,
}

impl Worker {
    /// A worker that has said that it takes runs.
    fn over(connection: Connection, reply_bytes: u64) -> Self {
        let Connection { child, reader, writer } = connection;
        let (outgoing, orders) = mpsc::channel(64);
        let (kill, gone) = (CancellationToken::new(), CancellationToken::new());
        let calls = Calls::new();
        let pid = child.id().unwrap_or_default();
        tokio::spawn(write(writer, orders, kill.clone()));
        let reading = tokio::spawn(read(reader, reply_bytes, calls.clone(), kill.clone()));
        tokio::spawn(watch(child, pid, reading, calls.clone(), kill.clone(), gone.clone()));
        Self { pid, outgoing, calls, next: AtomicU64::new(1), kill, gone }
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

async fn write(writer: OwnedWriteHalf, mut orders: mpsc::Receiver<Outgoing>, kill: CancellationToken) {
    while let Some(outgoing) = orders.recv().await {
        let socket = writer.as_ref();
        let written = match outgoing {
            Outgoing::Run { id, order, deadline } => {
                let left = deadline.saturating_duration_since(Instant::now()).as_millis();
                let deadline_ms = u64::try_from(left).unwrap_or(u64::MAX);
                let message = ToWorker::Run { id, inputs: order.inputs.clone(), deadline_ms };
                ipc::send_frame(socket, &message, &order.attachments).await
            }
            Outgoing::Cancel { id } => ipc::send_frame(socket, &ToWorker::Cancel { id }, &[]).await,
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
            FromWorker::Done { id, outputs, facts, timings, logs, stages } => {
                let attachments = frame.attachments.into_iter().map(Attachment::into_vec).collect();
                let outputs = Outputs { values: outputs, attachments };
                calls.answer(id, Reply { outcome: Ok(outputs), facts, timings, stages, logs });
            }
            FromWorker::Failed { id, code, message, timings, logs, stages } => {
                calls.answer(id, Reply { outcome: Err((code, message)), facts: Vec::new(), timings, stages, logs });
            }
            FromWorker::Compiled | FromWorker::Ready { .. } | FromWorker::Refused { .. } => {
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
        status = child.wait() => status.map_or_else(|error| error.to_string(), starting::describe),
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
