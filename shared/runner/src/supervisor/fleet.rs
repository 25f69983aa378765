//! All worker processes: one per release, started on first use, the least recently used given up for another.

mod slot;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
};

use metrics::{counter, gauge};
use tokio::{
    sync::{Notify, watch},
    time::{Duration, Instant},
};
use vision_protocol::{Fault, Manifest, ReleaseId, fault::summary, limits::RunLimits, messages::ErrorCode};

use self::slot::{Slot, Started, State};
use super::{
    config::{CellConfig, Config, FleetConfig, WorkerCommand},
    failure::Failure,
    packages::{Packages, Release},
    process::{NotReady, Ready, Worker, spawn},
    spares::Spares,
};
use crate::{ipc::Start, learned::Learned};

/// What a worker holds beside its models.
const WORKER_BYTES: u64 = 32 << 20;

/// Starts, lends and evicts workers.
pub(super) struct Fleet {
    config: FleetConfig,
    command: WorkerCommand,
    limits: RunLimits,
    cell: CellConfig,
    packages: Arc<Packages>,
    spares: Spares,
    slots: Mutex<HashMap<ReleaseId, Slot>>,
    /// A worker has become ready, idle, or has gone.
    changed: Notify,
}

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
    pub(super) fn new(config: &Config, packages: Arc<Packages>) -> Arc<Self> {
        Arc::new(Self {
            config: config.fleet.clone(),
            command: config.worker.clone(),
            limits: config.run_limits.clone(),
            cell: config.cell.clone(),
            packages,
            spares: Spares::keep(config.worker.clone(), config.fleet.spares),
            slots: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// A worker for a release; waits for its start, and for another release's worker to become idle if need be.
    pub(super) async fn lease(self: &Arc<Self>, release: &Arc<Release>) -> Result<Lease, Failure> {
        let since = Instant::now();
        let mut cold = false;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.step(release) {
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

    fn step(&self, release: &Release) -> Step {
        let mut slots = self.slots.lock().expect("no holder panics");
        match slots.get_mut(&release.id).map(|slot| &mut slot.state) {
            Some(State::Ready { worker, runs, used }) if worker.is_alive() => {
                (*runs, *used) = (*runs + 1, Instant::now());
                return Step::Take(worker.clone());
            }
            Some(State::Starting(started)) if started.has_changed().is_ok() => return Step::Await(started.clone()),
            Some(_) => drop(slots.remove(&release.id)),
            None => {}
        }
        let expected = expected_bytes(&release.learned);
        if !self.make_room(&mut slots, expected) {
            return Step::Full;
        }
        let (sender, receiver) = watch::channel(None);
        slots.insert(release.id, Slot { expected, state: State::Starting(receiver) });
        Step::Start(sender)
    }

    /// Gives up idle workers, the longest unused first, until one that will hold so much may start.
    fn make_room(&self, slots: &mut HashMap<ReleaseId, Slot>, expected: u64) -> bool {
        loop {
            let held = slots.values().map(Slot::bytes).fold(expected, u64::saturating_add);
            if slots.is_empty() || (slots.len() < self.config.workers && held <= self.config.memory_bytes) {
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
        self.packages.mark_used(&release);
        let start = Start {
            package: release.folder.clone(),
            proof: false,
            limits: limits_of(&self.limits, &release),
            parallel: self.config.parallel,
            cell: self.cell.settings(release.id, self.limits.worker_memory_bytes),
            learned: release.learned.clone(),
        };
        let begun = self.begin(start, self.config.start_timeout).await;
        let result = if begun.is_ok() { "ready" } else { "failed" };
        counter!("vision_worker_starts_total", "outcome" => result).increment(1);
        // Before the slots are locked: it takes the packages' lock, under which others ask for slots.
        let begun = begun.map_err(|not_ready| self.unusable(&release, not_ready));
        let mut slots = self.slots.lock().expect("no holder panics");
        let outcome = match begun {
            Ok(Ready { worker, .. }) => {
                tracing::info!(
                    release.id = release.id.0,
                    worker.pid = worker.pid(),
                    worker.start_ms = since.elapsed().as_secs_f64() * 1e3,
                    "a worker is ready"
                );
                self.seat(&mut slots, &release, worker);
                Ok(())
            }
            Err(failure) => {
                slots.remove(&release.id);
                Err(failure)
            }
        };
        gauge!("vision_workers").set(slots.len() as f64);
        drop(slots);
        started.send_replace(Some(outcome));
        self.changed.notify_waiters();
    }

    /// Has a package loaded by a process that was started ahead, or by a new one where none is at hand; a second time,
    /// by a new one, if the process died, which need not have been the package's fault.
    async fn begin(&self, start: Start, timeout: Duration) -> Result<Ready, NotReady> {
        let begun = match self.spares.take().await {
            Some(spare) => spare.begin(start.clone(), timeout).await,
            None => self.begin_anew(start.clone(), timeout).await,
        };
        let ready = match begun {
            Err(NotReady::Died(how)) if !self.spares.is_stopped() => {
                tracing::warn!(package = ?start.package, worker.end = how, "a worker ended while it loaded a package");
                self.begin_anew(start, timeout).await?
            }
            begun => begun?,
        };
        if self.spares.is_stopped() {
            return Err(NotReady::Died("was ended: the runner is stopping".to_owned()));
        }
        Ok(ready)
    }

    async fn begin_anew(&self, start: Start, timeout: Duration) -> Result<Ready, NotReady> {
        let spawned = spawn(&self.command);
        self.spares.note(spawned.as_ref().err().map(|error| format!("could not be started: {error}")));
        spawned.map_err(NotReady::Broken)?.begin(start, timeout).await
    }

    /// Tries a package out that is to become that release.
    pub(super) async fn prove(&self, id: ReleaseId, package: &Path, manifest: &Manifest) -> Result<Ready, NotReady> {
        let start = Start {
            package: package.to_owned(),
            proof: true,
            limits: tightened(&self.limits, manifest),
            parallel: self.config.parallel,
            cell: self.cell.settings(id, self.limits.worker_memory_bytes),
            learned: Learned::default(),
        };
        self.begin(start, self.config.prove_timeout).await
    }

    /// Keeps the worker that has proved a release, so that the first run finds it warm; not where others keep all
    /// places busy.
    pub(super) fn adopt(self: &Arc<Self>, release: &Arc<Release>, worker: Worker) {
        let mut slots = self.slots.lock().expect("no holder panics");
        if !slots.contains_key(&release.id) && self.make_room(&mut slots, worker.resident_bytes()) {
            self.seat(&mut slots, release, worker);
        }
        gauge!("vision_workers").set(slots.len() as f64);
        drop(slots);
        self.changed.notify_waiters();
    }

    fn seat(self: &Arc<Self>, slots: &mut HashMap<ReleaseId, Slot>, release: &Release, worker: Worker) {
        let worker = Arc::new(worker);
        tokio::spawn(self.clone().await_end(release.id, worker.clone()));
        let state = State::Ready { worker, runs: 0, used: Instant::now() };
        slots.insert(release.id, Slot { expected: expected_bytes(&release.learned), state });
    }

    /// Whether a release has a worker.
    pub(super) fn has(&self, release: ReleaseId) -> bool {
        self.slots.lock().expect("no holder panics").contains_key(&release)
    }

    /// A published package that a worker refuses was compiled by another version of this program, or damaged: the
    /// portal is asked to publish it again.
    fn unusable(&self, release: &Release, not_ready: NotReady) -> Failure {
        let faults = match not_ready {
            NotReady::Refused(faults) => faults,
            _ if !release.folder.exists() => Vec::new(),
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

    /// Why a worker process could not be started when it was last tried, if so.
    pub(super) fn start_fault(&self) -> Option<String> {
        self.spares.fault().map(|how| format!("a worker process {how}"))
    }

    /// What each worker holds in memory.
    pub(super) fn resident_bytes(&self) -> Vec<(ReleaseId, u64)> {
        let slots = self.slots.lock().expect("no holder panics");
        slots.iter().map(|(id, slot)| (*id, slot.resident_bytes())).collect()
    }

    /// Ends all workers, and waits for them.
    pub(super) async fn stop(&self) {
        self.spares.stop().await;
        let slots = std::mem::take(&mut *self.slots.lock().expect("no holder panics"));
        let workers: Vec<_> = slots.values().filter_map(Slot::worker).cloned().collect();
        drop(slots);
        for worker in workers {
            worker.ended().await;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut slots = self.fleet.slots.lock().expect("no holder panics");
        if let Some(State::Ready { worker, runs, used }) = slots.get_mut(&self.release).map(|slot| &mut slot.state)
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
    tightened(operator, &release.manifest)
}

fn tightened(operator: &RunLimits, manifest: &Manifest) -> RunLimits {
    let mut limits = operator.clone();
    if let Some(own) = &manifest.limits {
        limits.deadline_ms = own.deadline_ms.unwrap_or(u64::MAX).min(limits.deadline_ms);
        let memory_bytes = own.memory_mib.map_or(u64::MAX, |mib| mib.saturating_mul(1 << 20));
        limits.glue_memory_bytes = memory_bytes.min(limits.glue_memory_bytes);
    }
    limits
}

fn expected_bytes(learned: &Learned) -> u64 {
    WORKER_BYTES.saturating_add(learned.memory_bytes())
}

/// What a package's author reads when the proof did not end well.
pub(super) fn not_proved(not_ready: NotReady) -> Failure {
    match not_ready {
        NotReady::Refused(faults) => Failure::of_faults(ErrorCode::InvalidPackage, faults),
        NotReady::TooSlow(after) => {
            let message = format!(
                "trying the package out took longer than {after:?}: a model, an example or the start of the component does \
                 not end, or is too much for this runner"
            );
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
