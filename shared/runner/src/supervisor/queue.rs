//! Who may run when: a bounded queue per release, in the order of arrival.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use metrics::gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vision_protocol::{ReleaseId, messages::ErrorCode};

use super::{config::FleetConfig, failure::Failure};

/// The queues of all releases.
pub(super) struct Queues {
    parallel: usize,
    waiting: usize,
    queues: Mutex<HashMap<ReleaseId, Arc<Queue>>>,
}

struct Queue {
    admitted: AtomicUsize,
    /// Bounds the inputs held in memory: of those admitted, only the next few fetch theirs.
    fetching: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

/// A place in a queue, given back when dropped.
pub(super) struct Place {
    queue: Arc<Queue>,
}

impl Queues {
    pub(super) fn new(config: &FleetConfig) -> Self {
        Self { parallel: config.parallel, waiting: config.queue, queues: Mutex::default() }
    }

    /// A place for one more run of a release, if there is one.
    pub(super) fn admit(&self, release: ReleaseId) -> Result<Place, Failure> {
        let mut queues = self.queues.lock().expect("no holder panics");
        let queue = queues.entry(release).or_insert_with(|| {
            Arc::new(Queue {
                admitted: AtomicUsize::new(0),
                fetching: Arc::new(Semaphore::new(2 * self.parallel)),
                running: Arc::new(Semaphore::new(self.parallel)),
            })
        });
        let most = self.parallel + self.waiting;
        let admitted = queue
            .admitted
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |admitted| (admitted < most).then_some(admitted + 1));
        if admitted.is_err() {
            let message = format!("{} runs of this app are waiting already; try again in a moment", self.waiting);
            return Err(Failure::new(ErrorCode::Busy, message));
        }
        gauge!("vision_runs_admitted").increment(1);
        Ok(Place { queue: queue.clone() })
    }
}

impl Place {
    /// Waits until this run's inputs may be fetched.
    pub(super) async fn fetch_turn(&self) -> OwnedSemaphorePermit {
        self.queue.fetching.clone().acquire_owned().await.expect("never closed")
    }

    /// Waits until this run may be sent to a worker.
    pub(super) async fn run_turn(&self) -> OwnedSemaphorePermit {
        self.queue.running.clone().acquire_owned().await.expect("never closed")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.admitted.fetch_sub(1, Ordering::AcqRel);
        gauge!("vision_runs_admitted").decrement(1);
    }
}
