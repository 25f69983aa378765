//! All worker processes: one per release, started on first use, the least recently used given up for another.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use metrics::{counter, gauge};
use tokio::{
    sync::{Notify, watch},
    time::{Duration, Instant},
};
use vision_protocol::{Fault, ReleaseId, fault::summary, limits::RunLimits, messages::ErrorCode};

use super::{
    config::{FleetConfig, WorkerCommand},
    failure::Failure,
    packages::{Packages, Release},
    process::{NotReady, Setting, Worker},
};

/// Starts, lends and evicts workers.
pub(super) struct Fleet {
    config: FleetConfig,
    command: WorkerCommand,
    limits: RunLimits,
    packages: Arc<Packages>,
    slots: Mutex<HashMap<ReleaseId, Slot>>,
    /// A worker has become ready, idle, or has gone.
    changed: Notify,
}

enum Slot {
    Starting(watch::Receiver<Started>),
    Ready { worker: Arc<Worker>, runs: usize, used: Instant },
}

/// `None` while it starts.
type Started = Option<Result<(), Failure>>;

/// The right to send one run to a worker.
pub(super) struct Lease {
    pub(super) worker: Arc<Worker>,
    /// How long the run waited for the worker to start.
    pub(super) loading: Duration,
    release: ReleaseId,
    fleet: Arc<Fleet>,
}

enum Step {
    Take(Arc<Worker>),
    Await(watch::Receiver<Started>),
    Start(watch::Sender<Started>),
    Full,
}

impl Fleet {
    pub(super) fn new(
        config: FleetConfig,
        command: WorkerCommand,
        limits: RunLimits,
        packages: Arc<Packages>,
    ) -> Arc<Self> {
        let (slots, changed) = (Mutex::default(), Notify::new());
        Arc::new(Self { config, command, limits, packages, slots, changed })
    }

    /// A worker for a release; waits for its start, and for another release's worker to become idle if need be.
    pub(super) async fn lease(self: &Arc<Self>, release: &Arc<Release>) -> Result<Lease, Failure> {
        let since = Instant::now();
        let mut cold = false;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.step(release.id) {
                Step::Take(worker) => {
                    let loading = if cold { since.elapsed() } else { Duration::ZERO };
                    return Ok(Lease { worker, loading, release: release.id, fleet: self.clone() });
                }
                Step::Start(started) => {
                    cold = true;
                    // On its own: a start is of use to later runs even when the one that asked for it has gone.
                    tokio::spawn(self.clone().start(release.clone(), started));
                }
                Step::Await(mut started) => {
                    cold = true;
                    if let Ok(outcome) = started.wait_for(Option::is_some).await {
                        outcome.clone().unwrap_or(Ok(()))?;
                    }
                }
                Step::Full => changed.await,
            }
        }
    }

    fn step(&self, release: ReleaseId) -> Step {
        let mut slots = self.slots.lock().expect("no holder panics");
        match slots.get_mut(&release) {
            Some(Slot::Ready { worker, runs, used }) if worker.is_alive() => {
                (*runs, *used) = (*runs + 1, Instant::now());
                return Step::Take(worker.clone());
            }
            Some(Slot::Starting(started)) if started.has_changed().is_ok() => return Step::Await(started.clone()),
            Some(_) => drop(slots.remove(&release)),
            None => {}
        }
        if !self.make_room(&mut slots) {
            return Step::Full;
        }
        let (sender, receiver) = watch::channel(None);
        slots.insert(release, Slot::Starting(receiver));
        Step::Start(sender)
    }

    /// Gives up idle workers, the longest unused first, until another may start.
    fn make_room(&self, slots: &mut HashMap<ReleaseId, Slot>) -> bool {
        loop {
            let resident: u64 = slots.values().map(Slot::resident_bytes).sum();
            if slots.len() < self.config.workers && resident <= self.config.memory_bytes {
                return true;
            }
            let idle = slots.iter().filter_map(|(id, slot)| Some((slot.idle_since()?, *id))).min();
            match idle {
                Some((_, id)) => drop(slots.remove(&id)),
                // Over the memory budget with nothing to give up: a run is not refused for its neighbours' appetite.
                None => return slots.len() < self.config.workers,
            }
        }
    }

    async fn start(self: Arc<Self>, release: Arc<Release>, started: watch::Sender<Started>) {
        let since = Instant::now();
        let setting = Setting {
            command: &self.command,
            package: &release.folder,
            limits: limits_of(&self.limits, &release),
            parallel: self.config.parallel,
        };
        let outcome = Worker::serve(setting, self.config.start_timeout).await;
        let mut slots = self.slots.lock().expect("no holder panics");
        let outcome = match outcome {
            Ok(worker) => {
                let worker = Arc::new(worker);
                tracing::info!(
                    release.id = release.id.0,
                    worker.pid = worker.pid(),
                    worker.start_ms = since.elapsed().as_secs_f64() * 1e3,
                    "a worker is ready"
                );
                counter!("vision_worker_starts_total", "outcome" => "ready").increment(1);
                tokio::spawn(self.clone().await_end(release.id, worker.clone()));
                slots.insert(release.id, Slot::Ready { worker, runs: 0, used: Instant::now() });
                Ok(())
            }
            Err(not_ready) => {
                counter!("vision_worker_starts_total", "outcome" => "failed").increment(1);
                slots.remove(&release.id);
                Err(self.unusable(&release, not_ready))
            }
        };
        gauge!("vision_workers").set(slots.len() as f64);
        drop(slots);
        started.send_replace(Some(outcome));
        self.changed.notify_waiters();
    }

    /// A published package that a worker refuses was compiled by another version of this program, or damaged: the
    /// portal is asked to publish it again.
    fn unusable(&self, release: &Release, not_ready: NotReady) -> Failure {
        let faults = match not_ready {
            NotReady::Refused(faults) => faults,
            NotReady::TooSlow(after) => {
                return Failure::new(ErrorCode::WorkerLost, format!("the app was not ready after {after:?}"));
            }
            NotReady::Died(how) => {
                let message = "the worker process ended while the app was loading";
                return Failure { cause: Some(how), ..Failure::new(ErrorCode::WorkerLost, message) };
            }
            NotReady::Broken(error) => return Failure::internal("start a worker", error),
        };
        if let Err(error) = self.packages.forget(release.id) {
            return Failure::internal("remove a package that it can no longer use", error);
        }
        let message = format!("release {} must be published again before it can run here", release.id);
        Failure { cause: Some(summary(&faults)), ..Failure::new(ErrorCode::NotPublished, message) }
    }

    async fn await_end(self: Arc<Self>, release: ReleaseId, worker: Arc<Worker>) {
        worker.ended().await;
        let mut slots = self.slots.lock().expect("no holder panics");
        if slots.get(&release).is_some_and(|slot| slot.holds(&worker)) {
            slots.remove(&release);
        }
        gauge!("vision_workers").set(slots.len() as f64);
        drop(slots);
        self.changed.notify_waiters();
    }

    /// What each worker holds in memory.
    pub(super) fn resident_bytes(&self) -> Vec<(ReleaseId, u64)> {
        let slots = self.slots.lock().expect("no holder panics");
        slots.iter().map(|(id, slot)| (*id, slot.resident_bytes())).collect()
    }

    /// Ends all workers, and waits for them.
    pub(super) async fn stop(&self) {
        let slots = std::mem::take(&mut *self.slots.lock().expect("no holder panics"));
        let workers: Vec<_> = slots.values().filter_map(Slot::worker).cloned().collect();
        drop(slots);
        for worker in workers {
            worker.ended().await;
        }
    }
}

impl Slot {
    fn worker(&self) -> Option<&Arc<Worker>> {
        match self {
            Self::Ready { worker, .. } => Some(worker),
            Self::Starting(_) => None,
        }
    }

    fn resident_bytes(&self) -> u64 {
        self.worker().map_or(0, |worker| worker.resident_bytes())
    }

    fn idle_since(&self) -> Option<Instant> {
        match self {
            Self::Ready { runs: 0, used, .. } => Some(*used),
            Self::Ready { .. } | Self::Starting(_) => None,
        }
    }

    fn holds(&self, worker: &Arc<Worker>) -> bool {
        self.worker().is_some_and(|held| Arc::ptr_eq(held, worker))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(worker) = self.worker() {
            worker.kill();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut slots = self.fleet.slots.lock().expect("no holder panics");
        if let Some(Slot::Ready { worker, runs, used }) = slots.get_mut(&self.release)
            && Arc::ptr_eq(worker, &self.worker)
        {
            (*runs, *used) = (*runs - 1, Instant::now());
        }
        drop(slots);
        self.fleet.changed.notify_waiters();
    }
}

/// The operator's limits, tightened by the app's own.
pub(super) fn limits_of(operator: &RunLimits, release: &Release) -> RunLimits {
    let mut limits = operator.clone();
    if let Some(own) = &release.manifest.limits {
        limits.deadline_ms = own.deadline_ms.unwrap_or(u64::MAX).min(limits.deadline_ms);
        let memory_bytes = own.memory_mib.map_or(u64::MAX, |mib| mib.saturating_mul(1 << 20));
        limits.glue_memory_bytes = memory_bytes.min(limits.glue_memory_bytes);
    }
    limits
}

/// What a package's author reads when the proof did not end well.
pub(super) fn not_proved(not_ready: NotReady) -> Failure {
    match not_ready {
        NotReady::Refused(faults) => Failure::of_faults(ErrorCode::InvalidPackage, faults),
        NotReady::TooSlow(after) => {
            let message = format!("trying the package out took longer than {after:?}");
            Failure::of_faults(ErrorCode::InvalidPackage, vec![Fault::new("", message)])
        }
        NotReady::Died(how) => {
            let message = format!(
                "the process that tried the package out {how}: it needs more memory than there is, or crashes the engine"
            );
            Failure::of_faults(ErrorCode::InvalidPackage, vec![Fault::new("", message)])
        }
        NotReady::Broken(error) => Failure::internal("try the package out", error),
    }
}
