//! A request for an inference, and the seat in which its run waits for the answer.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{Answer, Named};
use crate::{
    engine::EngineError,
    worker::{failure::Stopped, host::Clock},
};

/// How often one that waits looks whether its run is over.
const LOOK: Duration = Duration::from_millis(10);

/// One run's inputs for a model. A request that is dropped without an answer is answered with an error.
pub(super) struct Request {
    pub(super) inputs: Named,
    /// Items along the first dimension of every input; 0 where they differ, and the request is computed alone.
    pub(super) items: usize,
    /// Whether it was told to lead.
    pub(super) called: bool,
    seat: Arc<Seat>,
}

/// Where a run's thread waits.
pub(super) struct Seat {
    began: Instant,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    called: bool,
    /// When its inference began.
    begun: Option<Instant>,
    answer: Option<Result<Answer, EngineError>>,
}

/// What a wait has come to.
pub(super) enum Turn {
    Called,
    Answered(Result<Answer, EngineError>),
    Stopped(Stopped),
}

impl Request {
    pub(super) fn new(inputs: Named, seat: Arc<Seat>) -> Self {
        let mut sides = inputs.iter().map(|(_, tensor)| tensor.shape().first().copied().unwrap_or(0));
        let first = sides.next().unwrap_or(0);
        let items = if sides.all(|side| side == first) { first } else { 0 };
        Self { inputs, items, called: false, seat }
    }

    pub(super) fn is_in(&self, seat: &Arc<Seat>) -> bool {
        Arc::ptr_eq(&self.seat, seat)
    }

    /// Whether both can be parts of one call.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let same = self.inputs.len() == other.inputs.len()
            && self.inputs.iter().zip(&other.inputs).all(|((name, one), (other_name, other))| {
                name == other_name
                    && one.element() == other.element()
                    && one.shape().len() == other.shape().len()
                    && one.shape().iter().skip(1).eq(other.shape().iter().skip(1))
            });
        same && self.items > 0 && other.items > 0
    }

    /// Whether its run has gone.
    pub(super) fn is_abandoned(&self) -> bool {
        Arc::strong_count(&self.seat) == 1
    }

    /// Tells its run to lead.
    pub(super) fn call(&mut self) {
        self.called = true;
        self.seat.lock().called = true;
        self.seat.changed.notify_one();
    }

    pub(super) fn begins(&self, now: Instant) {
        self.seat.lock().begun.get_or_insert(now);
    }

    pub(super) fn answer(self, outputs: Result<Named, EngineError>, batch: usize) {
        let mut state = self.seat.lock();
        let waited = state.begun.unwrap_or(self.seat.began).duration_since(self.seat.began);
        state.answer = Some(outputs.map(|outputs| Answer { outputs, batch, waited }));
        self.seat.changed.notify_one();
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let mut state = self.seat.lock();
        if state.answer.is_none() {
            state.answer = Some(Err(EngineError::new("the inference was given up")));
            self.seat.changed.notify_one();
        }
    }
}

impl Seat {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits until it is called to lead, has its answer, or the run is over.
    pub(super) fn wait(&self, clock: &Clock) -> Turn {
        let mut state = self.lock();
        loop {
            if let Some(answer) = state.answer.take() {
                return Turn::Answered(answer);
            }
            if let Err(stopped) = clock.check() {
                return Turn::Stopped(stopped);
            }
            if std::mem::take(&mut state.called) {
                return Turn::Called;
            }
            state = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
