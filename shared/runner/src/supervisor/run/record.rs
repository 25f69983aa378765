//! Where the time of a run goes, as the supervisor sees it: spans for whoever traces it, stages for the metrics.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use vision_protocol::messages::{Process, Span};

use crate::{ipc::Stages, supervisor::metrics::Measured};

/// What is written down of one run.
pub(super) struct Record {
    accepted: Instant,
    traced: bool,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    spans: Vec<Span>,
    queue: Duration,
    fetch: Duration,
    /// When the worker was given the run.
    computing: Option<Instant>,
    measured: Option<Measured>,
}

impl Record {
    /// Begins now.
    pub(super) fn new(traced: bool) -> Self {
        Self { accepted: Instant::now(), traced, noted: Mutex::default() }
    }

    pub(super) fn accepted(&self) -> Instant {
        self.accepted
    }

    /// The run has been checked, and has a place in line.
    pub(super) fn admitted(&self) {
        let mut noted = self.noted();
        self.span(&mut noted, "admission", self.accepted, self.accepted.elapsed());
    }

    pub(super) async fn queue<T>(&self, waiting: impl Future<Output = T>) -> T {
        let (done, took) = self.timed("queue", waiting).await;
        self.noted().queue += took;
        done
    }

    pub(super) async fn fetch<T>(&self, fetching: impl Future<Output = T>) -> T {
        let (done, took) = self.timed("fetch", fetching).await;
        self.noted().fetch += took;
        done
    }

    pub(super) async fn start<T>(&self, starting: impl Future<Output = T>) -> T {
        self.timed("start", starting).await.0
    }

    pub(super) async fn compute<T>(&self, computing: impl Future<Output = T>) -> T {
        let since = Instant::now();
        self.noted().computing = Some(since);
        self.timed_since("compute", since, computing).await.0
    }

    pub(super) async fn store<T>(&self, storing: impl Future<Output = T>) -> T {
        self.timed("store", storing).await.0
    }

    /// What the worker says of itself. It tells how long each stage took, not when: they are laid end to end, in the
    /// order in which they begin.
    pub(super) fn worked(&self, stages: &Stages) {
        let mut noted = self.noted();
        let Some(begin) = noted.computing else { return };
        if !self.traced {
            return;
        }
        let (mut start_ms, end_ms) = (milliseconds(begin - self.accepted), milliseconds(self.accepted.elapsed()));
        for (name, took) in [
            ("queue", stages.queue_ms),
            ("decode", stages.decode_ms),
            ("load", stages.load_ms),
            ("preprocess", stages.preprocess_ms),
            ("infer", stages.infer_ms),
            ("postprocess", stages.postprocess_ms),
        ] {
            // A worker runs strangers' code: what it says must not reach beyond its own time.
            let most = (end_ms - start_ms).max(0.0);
            let duration_ms = if took.is_finite() { took.clamp(0.0, most) } else { 0.0 };
            let name = name.to_owned();
            noted.spans.push(Span { name, process: Process::Worker, start_ms, duration_ms });
            start_ms += duration_ms;
        }
    }

    /// The run was computed and has ended well.
    pub(super) fn computed(&self, mut stages: Stages, loading: Duration) {
        let mut noted = self.noted();
        stages.queue_ms += milliseconds(noted.queue);
        stages.load_ms += milliseconds(loading);
        let (total_ms, fetch_ms) = (milliseconds(self.accepted.elapsed()), milliseconds(noted.fetch));
        noted.measured = Some(Measured { total_ms, fetch_ms, stages });
    }

    pub(super) fn measured(&self) -> Option<Measured> {
        self.noted().measured.take()
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        std::mem::take(&mut self.noted().spans)
    }

    async fn timed<T>(&self, name: &'static str, future: impl Future<Output = T>) -> (T, Duration) {
        self.timed_since(name, Instant::now(), future).await
    }

    async fn timed_since<T>(
        &self,
        name: &'static str,
        since: Instant,
        future: impl Future<Output = T>,
    ) -> (T, Duration) {
        let done = future.await;
        let took = since.elapsed();
        let mut noted = self.noted();
        self.span(&mut noted, name, since, took);
        (done, took)
    }

    fn span(&self, noted: &mut Noted, name: &str, since: Instant, took: Duration) {
        if self.traced {
            let (start_ms, duration_ms) = (milliseconds(since - self.accepted), milliseconds(took));
            noted.spans.push(Span { name: name.to_owned(), process: Process::Supervisor, start_ms, duration_ms });
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
