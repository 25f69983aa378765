//! Processes that were started ahead: whoever needs a worker does not wait for a program to be loaded.

use std::{sync::Arc, time::Duration};

use futures_util::future::{pending, select_all};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

use super::{
    config::WorkerCommand,
    process::{Connection, spawn},
};

/// A spare that was taken is replaced this much later: the one who took it has somebody waiting, and needs the cores.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest wait after spares that died by themselves.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Keeps spares and hands them out.
pub(super) struct Spares {
    takers: mpsc::Sender<oneshot::Sender<Option<Connection>>>,
    stopped: CancellationToken,
    keeper: std::sync::Mutex<Option<JoinHandle<()>>>,
    /// Why the last start of a process failed, if it did.
    fault: Fault,
}

type Fault = Arc<std::sync::Mutex<Option<String>>>;

impl Spares {
    /// Keeps that many, from now on.
    pub(super) fn keep(command: WorkerCommand, wanted: usize) -> Self {
        let (takers, asked) = mpsc::channel(64);
        let stopped = CancellationToken::new();
        let fault = Fault::new(std::sync::Mutex::new((wanted > 0).then(|| "has not been started yet".to_owned())));
        let (idle, next) = (Vec::new(), Instant::now());
        let keeper = Keeper { command, wanted, idle, died: 0, next, fault: fault.clone() };
        let keeper = tokio::spawn(keeper.run(asked, stopped.clone()));
        Self { takers, stopped, keeper: std::sync::Mutex::new(Some(keeper)), fault }
    }

    /// Why the last start of a process failed, if it did.
    pub(super) fn fault(&self) -> Option<String> {
        self.fault.lock().expect("no holder panics").clone()
    }

    /// Notes how the start of a process went that was not kept as a spare.
    pub(super) fn note(&self, fault: Option<String>) {
        *self.fault.lock().expect("no holder panics") = fault;
    }

    /// A process that waits for its start; `None` where none is ready.
    pub(super) async fn take(&self) -> Option<Connection> {
        let (sender, taken) = oneshot::channel();
        self.takers.send(sender).await.ok()?;
        taken.await.ok()?
    }

    /// Whether no worker is to be started any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.is_cancelled()
    }

    /// Ends all of them, and waits for that.
    pub(super) async fn stop(&self) {
        self.stopped.cancel();
        let keeper = self.keeper.lock().expect("no holder panics").take();
        if let Some(keeper) = keeper {
            // It can only have panicked, which has been printed.
            let _ = keeper.await;
        }
    }
}

struct Keeper {
    command: WorkerCommand,
    wanted: usize,
    idle: Vec<Connection>,
    /// How many died by themselves since one was taken alive.
    died: u32,
    /// When the next may be started.
    next: Instant,
    fault: Fault,
}

impl Keeper {
    async fn run(mut self, mut asked: mpsc::Receiver<oneshot::Sender<Option<Connection>>>, stopped: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stopped.cancelled() => break,
                (index, end) = first_end(&mut self.idle) => {
                    let spare = self.idle.swap_remove(index);
                    drop(spare);
                    self.failed(&end);
                }
                taker = asked.recv() => match taker {
                    // Whoever asked may have gone; the spare then ends with the connection.
                    Some(taker) => drop(taker.send(self.hand_out())),
                    None => break,
                },
                () = time::sleep_until(self.next), if self.idle.len() < self.wanted => match spawn(&self.command) {
                    Ok(spare) => {
                        self.idle.push(spare);
                        *self.fault.lock().expect("no holder panics") = None;
                    }
                    Err(error) => self.failed(&format!("could not be started: {error}")),
                },
            }
        }
        for mut spare in self.idle {
            spare.end().await;
        }
    }

    fn hand_out(&mut self) -> Option<Connection> {
        let spare = self.idle.pop()?;
        self.died = 0;
        self.next = Instant::now() + PAUSE;
        Some(spare)
    }

    fn failed(&mut self, how: &str) {
        self.died = self.died.saturating_add(1);
        *self.fault.lock().expect("no holder panics") = Some(how.to_owned());
        let pause = (PAUSE * 2_u32.saturating_pow(self.died.min(16))).min(LONGEST_PAUSE);
        self.next = Instant::now() + pause;
        tracing::warn!(worker.end = how, retry = ?pause, "a worker process that waited for work is lost");
    }
}

/// Waits until one of them ends; which, and how.
async fn first_end(idle: &mut [Connection]) -> (usize, String) {
    if idle.is_empty() {
        return pending().await;
    }
    let (end, index, _) = select_all(idle.iter_mut().map(|spare| Box::pin(spare.ended()))).await;
    (index, end)
}
