//! Who may run when: one scheduler for all releases.
//!
//! A run takes a [`Place`] in its release's line, of which there are so many and no more. From the lines, runs are
//! chosen to fetch their inputs, a few more than can be computed, because inputs are held in memory; of those that have
//! theirs, runs are chosen to be computed as slots become free. Both choices go round the releases, and within a release
//! the first one goes round its callers, each of whom waits in the order of arrival. So neither an app that everybody
//! wants nor a person who wants much keeps the others waiting for longer than a turn each. A place that is dropped has
//! left the line.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};
use vision_protocol::{ReleaseId, messages::ErrorCode};

use super::{config::FleetConfig, failure::Failure};
use line::{Caller, Line, Stage};

mod line;

/// Releases that have nobody in line are forgotten when there are more than this many.
const MOST_LINES: usize = 1_024;

/// The lines of all releases.
pub(super) struct Queue {
    bounds: Bounds,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
struct Bounds {
    /// Runs that are computed at once.
    slots: usize,
    /// Runs of one release that may wait.
    waiting: usize,
    /// Runs of all releases that may wait or be computed.
    held: usize,
    /// What a run is taken to last before one has ended.
    expected: Duration,
}

#[derive(Default)]
struct State {
    lines: HashMap<ReleaseId, Line>,
    held: usize,
    running: usize,
    /// Runs that fetch their inputs or have them.
    ahead: usize,
    /// Counts turns.
    clock: u64,
}

/// Who asks for a place.
pub(super) struct Applicant<'a> {
    pub(super) release: ReleaseId,
    /// Runs of this release that may be computed at once.
    pub(super) share: usize,
    pub(super) caller: Option<&'a str>,
}

/// A place in line, given back when dropped.
pub(super) struct Place {
    queue: Arc<Queue>,
    release: ReleaseId,
    ticket: u64,
    turn: Option<oneshot::Receiver<()>>,
}

/// How long a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) release: ReleaseId,
    pub(super) waiting: usize,
    pub(super) running: usize,
}

impl Queue {
    pub(super) fn new(config: &FleetConfig) -> Arc<Self> {
        let FleetConfig { slots, queue, held, expected_run, .. } = *config;
        let bounds = Bounds { slots, waiting: queue, held, expected: expected_run };
        Arc::new(Self { bounds, state: Mutex::default() })
    }

    /// A place for one more run, if there is one.
    pub(super) fn admit(self: &Arc<Self>, applicant: &Applicant<'_>) -> Result<Place, Failure> {
        let bounds = self.bounds;
        let mut state = self.state();
        if state.held >= bounds.held {
            let held = state.held;
            let message = format!("this runner has {held} runs in hand already; try again in a moment");
            return Err(busy(message, state.wait(bounds)));
        }
        if state.lines.len() >= MOST_LINES {
            state.lines.retain(|_, line| line.held() > 0);
        }
        state.clock += 1;
        let (ticket, share) = (state.clock, applicant.share.clamp(1, bounds.slots));
        let line = state.lines.entry(applicant.release).or_insert_with(|| Line::new(ticket));
        line.share = share;
        if line.held() >= share + bounds.waiting {
            let message = format!("{} runs of this app are waiting already; try again in a moment", bounds.waiting);
            return Err(busy(message, line.wait(bounds.expected)));
        }
        let caller = Caller::from(applicant.caller);
        let most = share + (bounds.waiting / 2).max(1);
        if applicant.caller.is_some() && line.held_by(&caller) >= most {
            let message = format!("{most} runs of this app are in hand for you already; try again in a moment");
            return Err(busy(message, line.wait_of(&caller, bounds.expected)));
        }
        let (sender, turn) = oneshot::channel();
        line.join(ticket, caller, sender);
        state.held += 1;
        state.go_on(bounds);
        drop(state);
        Ok(Place { queue: self.clone(), release: applicant.release, ticket, turn: Some(turn) })
    }

    /// All lines, by release.
    pub(super) fn lengths(&self) -> Vec<Length> {
        let state = self.state();
        let length = |(release, line): (&ReleaseId, &Line)| Length {
            release: *release,
            waiting: line.held() - line.running,
            running: line.running,
        };
        let mut lengths: Vec<_> = state.lines.iter().map(length).collect();
        drop(state);
        lengths.sort_unstable_by_key(|length| length.release);
        lengths
    }

    /// How many runs may be computed at once.
    pub(super) fn slots(&self) -> usize {
        self.bounds.slots
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whole at any time: nothing in here panics half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives out what is free.
    fn go_on(&mut self, bounds: Bounds) {
        while self.running < bounds.slots {
            let ready = self.lines.values_mut().filter(|line| line.running < line.share && line.has_ready());
            let Some(line) = ready.min_by_key(|line| line.ran) else { break };
            self.clock += 1;
            line.ran = self.clock;
            line.run_next();
            self.running += 1;
            self.ahead -= 1;
        }
        // A run that is chosen now may find its slot free when it has its inputs.
        while self.ahead < bounds.slots {
            let waiting = self.lines.values_mut().filter(|line| line.ahead < line.share && line.has_waiting());
            let Some(line) = waiting.min_by_key(|line| line.chosen) else { break };
            self.clock += 1;
            line.choose_next(self.clock);
            self.ahead += 1;
        }
    }

    /// How long it may take until all runs in hand have ended.
    fn wait(&self, bounds: Bounds) -> Duration {
        let work: Duration = self.lines.values().map(|line| line.work(bounds.expected)).sum();
        work / u32::try_from(bounds.slots).unwrap_or(u32::MAX)
    }
}

impl Place {
    /// Waits until this run's inputs may be fetched.
    pub(super) async fn fetch_turn(&mut self) {
        if let Some(turn) = self.turn.take() {
            turn.await.expect("whoever waits is in line");
        }
    }

    /// Waits until this run may be sent to a worker.
    pub(super) async fn run_turn(&mut self) {
        self.has_inputs().await.expect("whoever waits is in line");
    }

    fn has_inputs(&self) -> oneshot::Receiver<()> {
        let (sender, turn) = oneshot::channel();
        let mut state = self.queue.state();
        if let Some(line) = state.lines.get_mut(&self.release) {
            line.has_inputs(self.ticket, sender);
        }
        state.go_on(self.queue.bounds);
        turn
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        let Some(line) = state.lines.get_mut(&self.release) else { return };
        match line.leave(self.ticket) {
            None => return,
            Some(Stage::Waiting(_)) => {}
            Some(Stage::Fetching | Stage::Ready(_)) => state.ahead -= 1,
            Some(Stage::Running(since)) => {
                line.note(since.elapsed());
                state.running -= 1;
            }
        }
        state.held -= 1;
        state.go_on(self.queue.bounds);
    }
}

fn busy(message: String, wait: Duration) -> Failure {
    let seconds = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
    Failure { retry_after: Some(seconds.clamp(1, 60)), ..Failure::new(ErrorCode::Busy, message) }
}

fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests;
