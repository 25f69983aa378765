//! A release's place among the workers.

use std::sync::Arc;

use tokio::{sync::watch, time::Instant};

use crate::supervisor::{failure::Failure, process::Worker};

/// A release's place among the workers.
pub(super) struct Slot {
    /// Bytes that its worker will hold, as far as is known.
    pub(super) expected: u64,
    pub(super) state: State,
}

pub(super) enum State {
    Starting(watch::Receiver<Started>),
    Ready { worker: Arc<Worker>, runs: usize, used: Instant },
}

/// `None` while it starts.
pub(super) type Started = Option<Result<(), Failure>>;

impl Slot {
    pub(super) fn worker(&self) -> Option<&Arc<Worker>> {
        match &self.state {
            State::Ready { worker, .. } => Some(worker),
            State::Starting(_) => None,
        }
    }

    pub(super) fn resident_bytes(&self) -> u64 {
        self.worker().map_or(0, |worker| worker.resident_bytes())
    }

    /// What it holds, or will hold when it has loaded its models.
    pub(super) fn bytes(&self) -> u64 {
        self.resident_bytes().max(self.expected)
    }

    pub(super) fn idle_since(&self) -> Option<Instant> {
        match &self.state {
            State::Ready { runs: 0, used, .. } => Some(*used),
            State::Ready { .. } | State::Starting(_) => None,
        }
    }

    pub(super) fn holds(&self, worker: &Arc<Worker>) -> bool {
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
