//! The line of one release.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

/// How much the latest run says about the next one.
const WEIGHT: f64 = 0.2;

/// Who asks; those who do not say are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Caller(Option<Arc<str>>);

/// How far a run has come.
pub(super) enum Stage {
    /// Told when it may fetch its inputs.
    Waiting(oneshot::Sender<()>),
    /// Gets its inputs.
    Fetching,
    /// Has them; told when it may be computed.
    Ready(oneshot::Sender<()>),
    /// Is computed, since then.
    Running(Instant),
}

/// All runs of a release.
pub(super) struct Line {
    /// Runs that may be computed at once.
    pub(super) share: usize,
    /// Runs that are.
    pub(super) running: usize,
    /// Runs that fetch their inputs or have them.
    pub(super) ahead: usize,
    /// When it last had a turn to fetch.
    pub(super) chosen: u64,
    /// When it last had a turn to be computed.
    pub(super) ran: u64,
    places: HashMap<u64, Held>,
    callers: HashMap<Caller, Waiting>,
    /// Those that have their inputs, in the order in which they got them.
    ready: VecDeque<u64>,
    /// What a run lasts, lately.
    lasts: Option<Duration>,
}

struct Held {
    caller: Caller,
    stage: Stage,
}

/// The runs of one caller.
struct Waiting {
    held: usize,
    /// When he last had a turn, or joined.
    chosen: u64,
    /// Those that wait, in the order of arrival.
    tickets: VecDeque<u64>,
}

impl From<Option<&str>> for Caller {
    fn from(caller: Option<&str>) -> Self {
        Self(caller.map(Arc::from))
    }
}

impl Line {
    /// A line that joins the round now.
    pub(super) fn new(clock: u64) -> Self {
        Self {
            share: 1,
            running: 0,
            ahead: 0,
            chosen: clock,
            ran: clock,
            places: HashMap::new(),
            callers: HashMap::new(),
            ready: VecDeque::new(),
            lasts: None,
        }
    }

    /// Everybody in it.
    pub(super) fn held(&self) -> usize {
        self.places.len()
    }

    pub(super) fn held_by(&self, caller: &Caller) -> usize {
        self.callers.get(caller).map_or(0, |waiting| waiting.held)
    }

    /// How long all in it may take together.
    pub(super) fn work(&self, expected: Duration) -> Duration {
        self.lasts.unwrap_or(expected) * u32::try_from(self.held()).unwrap_or(u32::MAX)
    }

    /// How long it may take until there is a place again.
    pub(super) fn wait(&self, expected: Duration) -> Duration {
        self.work(expected) / u32::try_from(self.share).unwrap_or(u32::MAX)
    }

    /// The same for one caller, who has his turns among others.
    pub(super) fn wait_of(&self, caller: &Caller, expected: Duration) -> Duration {
        let own = u32::try_from(self.held_by(caller) * self.callers.len()).unwrap_or(u32::MAX);
        let own = self.lasts.unwrap_or(expected) * own / u32::try_from(self.share).unwrap_or(u32::MAX);
        own.min(self.wait(expected))
    }

    pub(super) fn join(&mut self, ticket: u64, caller: Caller, turn: oneshot::Sender<()>) {
        let fresh = || Waiting { held: 0, chosen: ticket, tickets: VecDeque::new() };
        let waiting = self.callers.entry(caller.clone()).or_insert_with(fresh);
        waiting.held += 1;
        waiting.tickets.push_back(ticket);
        self.places.insert(ticket, Held { caller, stage: Stage::Waiting(turn) });
    }

    pub(super) fn has_waiting(&self) -> bool {
        self.callers.values().any(|waiting| !waiting.tickets.is_empty())
    }

    /// Lets the caller whose last turn is the longest ago fetch the inputs of his first run.
    pub(super) fn choose_next(&mut self, clock: u64) {
        let waiting = self.callers.values_mut().filter(|waiting| !waiting.tickets.is_empty());
        let Some(waiting) = waiting.min_by_key(|waiting| waiting.chosen) else { return };
        (waiting.chosen, self.chosen) = (clock, clock);
        let Some(held) = waiting.tickets.pop_front().and_then(|ticket| self.places.get_mut(&ticket)) else { return };
        self.ahead += 1;
        tell(std::mem::replace(&mut held.stage, Stage::Fetching));
    }

    pub(super) fn has_inputs(&mut self, ticket: u64, turn: oneshot::Sender<()>) {
        if let Some(held) = self.places.get_mut(&ticket) {
            held.stage = Stage::Ready(turn);
            self.ready.push_back(ticket);
        }
    }

    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Lets the first of those that have their inputs be computed.
    pub(super) fn run_next(&mut self) {
        let Some(held) = self.ready.pop_front().and_then(|ticket| self.places.get_mut(&ticket)) else { return };
        self.ahead -= 1;
        self.running += 1;
        tell(std::mem::replace(&mut held.stage, Stage::Running(super::now())));
    }

    /// Takes a run out, wherever it stands.
    pub(super) fn leave(&mut self, ticket: u64) -> Option<Stage> {
        let Held { caller, stage } = self.places.remove(&ticket)?;
        if let Some(waiting) = self.callers.get_mut(&caller) {
            waiting.held -= 1;
            waiting.tickets.retain(|waiting| *waiting != ticket);
            if waiting.held == 0 {
                self.callers.remove(&caller);
            }
        }
        match stage {
            Stage::Waiting(_) => {}
            Stage::Fetching => self.ahead -= 1,
            Stage::Ready(_) => {
                self.ahead -= 1;
                self.ready.retain(|ready| *ready != ticket);
            }
            Stage::Running(_) => self.running -= 1,
        }
        Some(stage)
    }

    /// Remembers how long a run took.
    pub(super) fn note(&mut self, took: Duration) {
        self.lasts = Some(match self.lasts {
            Some(lasts) => lasts.mul_f64(1.0 - WEIGHT) + took.mul_f64(WEIGHT),
            None => took,
        });
    }
}

fn tell(stage: Stage) {
    if let Stage::Waiting(turn) | Stage::Ready(turn) = stage {
        // Who has stopped waiting is about to leave.
        let _ = turn.send(());
    }
}
