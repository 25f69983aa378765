//! Work in the background: jobs are rows, claimed with a lease, prolonged while they are worked on, retried with
//! back-off, and given up with a reason. What a job does is its kind's own: see [`Work`].

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::JobsConfig,
    domain::DomainError,
    state::Portal,
    store::{JobKind, Lease},
};

/// Jobs that another portal enqueued are found this late at most.
const POLL: Duration = Duration::from_millis(500);
/// The longest pause between two attempts.
const LONGEST_PAUSE_MS: u64 = 60_000;
/// A full queue at a runner is no failure: so many times more often may one come back.
const FREE_ATTEMPTS: u32 = 25;

/// How one attempt ended.
#[derive(Debug)]
pub enum Verdict {
    /// The job is done, whatever came of it, and its row is gone.
    Ended,
    /// It may work later.
    Retry {
        /// When, if the other side said so.
        after: Option<Duration>,
        /// Whether waiting is the normal thing to do, as with a full queue.
        free: bool,
        /// Why, fit for whoever waits for it.
        reason: String,
    },
}

impl Verdict {
    /// Try again, after the usual pause.
    pub fn retry(reason: impl Into<String>) -> Self {
        Self::Retry { after: None, free: false, reason: reason.into() }
    }
}

/// What jobs of one kind do.
pub trait Work: Send + Sync + 'static {
    /// The kind.
    fn kind(&self) -> JobKind;
    /// How many at a time.
    fn parallel(&self, config: &JobsConfig) -> usize;
    /// How many attempts each.
    fn attempts(&self, config: &JobsConfig) -> u32;
    /// One attempt. To end the job is its own affair, in the transaction that writes down what came of it.
    fn perform<'a>(&'a self, portal: &'a Portal, lease: &'a Lease) -> BoxFuture<'a, Result<Verdict, DomainError>>;
    /// Gives the job back until `run_at`.
    fn postpone<'a>(
        &'a self,
        portal: &'a Portal,
        lease: &'a Lease,
        run_at: i64,
    ) -> BoxFuture<'a, Result<(), DomainError>>;
    /// Ends the job with a reason.
    fn give_up<'a>(
        &'a self,
        portal: &'a Portal,
        lease: &'a Lease,
        reason: String,
    ) -> BoxFuture<'a, Result<(), DomainError>>;
}

/// Wakes those who wait for jobs.
#[derive(Default)]
pub struct Queue {
    checks: Notify,
    runs: Notify,
    installs: Notify,
    examples: Notify,
    drained: CancellationToken,
}

impl Queue {
    /// There may be a new job of this kind.
    pub fn wake(&self, kind: JobKind) {
        self.bell(kind).notify_one();
    }

    /// Waits until no job is in hand any more, after the portal was told to stop.
    pub async fn drained(&self) {
        self.drained.cancelled().await;
    }

    fn bell(&self, kind: JobKind) -> &Notify {
        match kind {
            JobKind::CheckRelease => &self.checks,
            JobKind::ExecuteRun => &self.runs,
            JobKind::InstallEntry => &self.installs,
            JobKind::RunExamples => &self.examples,
        }
    }
}

/// The background work of a portal.
#[derive(Default)]
pub struct Running {
    dispatchers: Vec<JoinHandle<()>>,
    jobs: TaskTracker,
}

impl Running {
    /// Starts working on jobs of one kind.
    pub fn add(&mut self, portal: &Portal, work: impl Work) {
        let work: Arc<dyn Work> = Arc::new(work);
        self.dispatchers.push(tokio::spawn(dispatch(portal.clone(), work, self.jobs.clone())));
    }

    /// Waits until the jobs in hand have ended, after the portal was told to stop; at most so long. What is still in
    /// hand then is dropped: its lease is taken back at the next start.
    pub async fn stop(self, portal: &Portal, at_most: Duration) {
        for dispatcher in &self.dispatchers {
            dispatcher.abort();
        }
        self.jobs.close();
        if tokio::time::timeout(at_most, self.jobs.wait()).await.is_err() {
            tracing::info!(jobs = self.jobs.len(), "jobs are left for the next start");
        }
        portal.queue.drained.cancel();
    }
}

async fn dispatch(portal: Portal, work: Arc<dyn Work>, jobs: TaskTracker) {
    let free = Arc::new(Semaphore::new(work.parallel(&portal.config.jobs).max(1)));
    loop {
        let Ok(permit) = free.clone().acquire_owned().await else { return };
        if portal.stopping.is_cancelled() {
            return;
        }
        let now = portal.now();
        let lease_until = now + millis(portal.config.jobs.lease());
        match portal.store.claim_job(work.kind(), &portal.node, now, lease_until).await {
            Ok(Some(lease)) => {
                jobs.spawn(attempt(portal.clone(), work.clone(), lease, permit));
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, job.kind = work.kind().name(), "claiming a job failed"),
        }
        drop(permit);
        tokio::select! {
            () = portal.stopping.cancelled() => return,
            () = portal.queue.bell(work.kind()).notified() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

async fn attempt(portal: Portal, work: Arc<dyn Work>, lease: Lease, permit: OwnedSemaphorePermit) {
    let doing = {
        // A task of its own: what panics is an attempt that failed, not the end of the queue.
        let (portal, work, lease) = (portal.clone(), work.clone(), lease.clone());
        tokio::spawn(async move { work.perform(&portal, &lease).await })
    };
    let abort = AbortOnDrop(doing.abort_handle());
    let verdict = tokio::select! {
        done = doing => match done {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(error)) => {
                tracing::error!(job.id = lease.job, job.subject = lease.subject, %error, "a job failed");
                Verdict::retry("the marketplace had a fault of its own")
            }
            Err(error) => {
                tracing::error!(job.id = lease.job, job.subject = lease.subject, %error, "a job crashed");
                Verdict::retry("the marketplace had a fault of its own")
            }
        },
        () = heartbeat(&portal, &lease) => {
            tracing::warn!(job.id = lease.job, job.subject = lease.subject, "the job is no longer this portal's");
            return;
        }
    };
    drop(abort);
    if let Err(error) = settle(&portal, &*work, &lease, verdict).await {
        tracing::error!(job.id = lease.job, job.subject = lease.subject, %error, "a job is left to its lease");
    }
    drop(permit);
    portal.queue.wake(work.kind());
}

async fn settle(portal: &Portal, work: &dyn Work, lease: &Lease, verdict: Verdict) -> Result<(), DomainError> {
    let Verdict::Retry { after, free, reason } = verdict else { return Ok(()) };
    let most = work.attempts(&portal.config.jobs).saturating_mul(if free { FREE_ATTEMPTS } else { 1 });
    if lease.attempt >= i64::from(most) {
        return work.give_up(portal, lease, reason).await;
    }
    let pause = after.unwrap_or_else(|| pause(&portal.config.jobs, lease.attempt));
    tracing::info!(job.id = lease.job, job.subject = lease.subject, attempt = lease.attempt, %reason, "trying again");
    work.postpone(portal, lease, portal.now() + millis(pause)).await?;
    let (portal, kind) = (portal.clone(), work.kind());
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        portal.queue.wake(kind);
    });
    Ok(())
}

fn pause(config: &JobsConfig, attempt: i64) -> Duration {
    let doublings = u32::try_from(attempt - 1).unwrap_or(0).min(16);
    Duration::from_millis(config.retry_ms.saturating_mul(1 << doublings).min(LONGEST_PAUSE_MS))
}

/// Prolongs the lease for as long as it is held; returns once it is not, because the job was deleted or taken over.
async fn heartbeat(portal: &Portal, lease: &Lease) {
    let length = portal.config.jobs.lease();
    loop {
        tokio::time::sleep(length / 3).await;
        match portal.store.extend_lease(lease, portal.now() + millis(length)).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(job.id = lease.job, %error, "prolonging a lease failed"),
        }
    }
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
