//! One model shared by all runs of a worker: who computes when, and which runs are computed together.
//!
//! There is no thread for it. A run that asks while an inference may begin leads at once, alone; one that asks while
//! all are under way waits. A leader that has finished calls the first that waits, and that one takes along what has
//! come to wait beside it, as far as it fits its own request. So batches form from what the machine could not keep up
//! with, and nothing waits for a batch to fill.

mod request;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{Named, guarded, stacked};
use crate::{
    engine::{EngineError, Model},
    worker::{failure::Stopped, host::Clock},
};
use request::{Request, Seat, Turn};

/// A model with the requests that wait for it.
pub(in crate::worker) struct Shared {
    model: Box<dyn Model>,
    /// Inferences that go side by side.
    instances: usize,
    /// The most items that one call computes; 1 for one request a call.
    largest: AtomicUsize,
    loading: Loading,
    queue: Mutex<Queue>,
}

/// What loading a model took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loading {
    pub(super) ms: f64,
    /// Bytes of memory that the process has held more since.
    pub(super) bytes: u64,
    /// Bytes that it held then.
    pub(super) resident: u64,
}

/// If a request waits that nobody has called, then `busy` inferences are all there may be.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Request>,
    busy: usize,
}

/// What an inference gave.
#[derive(Debug)]
pub(in crate::worker) struct Answer {
    pub(in crate::worker) outputs: Named,
    /// How many items of all runs were computed together.
    pub(in crate::worker) batch: usize,
    /// How long the request waited for others.
    pub(in crate::worker) waited: Duration,
}

/// Why an inference gave nothing.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::worker) enum Unfinished {
    /// The run is over.
    Stopped(Stopped),
    /// The engine could not compute it.
    Failed(EngineError),
}

impl Shared {
    pub(super) fn new(model: Box<dyn Model>, instances: usize, loading: Loading) -> Self {
        Self { model, instances: instances.max(1), largest: AtomicUsize::new(1), loading, queue: Mutex::default() }
    }

    /// The model itself, past the queue.
    pub(in crate::worker) fn model(&self) -> &dyn Model {
        self.model.as_ref()
    }

    pub(super) fn loading(&self) -> Loading {
        self.loading
    }

    /// Lets requests be computed together, up to that many items.
    pub(super) fn batch_up_to(&self, items: usize) {
        self.largest.store(items.max(1), Ordering::Relaxed);
    }

    /// Computes once, when it is this request's turn. `inputs` are the model's, in its order.
    pub(super) fn infer(&self, inputs: Named, clock: &Clock) -> Result<Answer, Unfinished> {
        clock.check().map_err(Unfinished::Stopped)?;
        let seat = Arc::new(Seat::new());
        let request = Request::new(inputs, seat.clone());
        let mut queue = self.lock();
        if queue.busy < self.instances {
            queue.busy += 1;
            drop(queue);
            let _turn = Lead(self);
            self.serve(vec![request]);
        } else {
            queue.waiting.push_back(request);
            drop(queue);
        }
        loop {
            match seat.wait(clock) {
                Turn::Called => self.lead(&seat),
                Turn::Answered(result) => return result.map_err(Unfinished::Failed),
                Turn::Stopped(stopped) => {
                    self.leave(&seat);
                    return Err(Unfinished::Stopped(stopped));
                }
            }
        }
    }

    /// Computes the request in that seat, with others that wait, and answers them all.
    fn lead(&self, seat: &Arc<Seat>) {
        let _turn = Lead(self);
        let batch = self.take(seat);
        self.serve(batch);
    }

    /// The request in that seat and those behind it that can be computed with it. Few sizes of batch are used, powers
    /// of two, since an engine may prepare for each. What does not fit the first keeps its place, and leads next.
    fn take(&self, seat: &Arc<Seat>) -> Vec<Request> {
        let largest = self.largest.load(Ordering::Relaxed);
        let mut queue = self.lock();
        let Some(own) = queue.waiting.iter().position(|request| request.is_in(seat)) else { return Vec::new() };
        let Some(first) = queue.waiting.remove(own) else { return Vec::new() };
        let (mut items, mut found, mut full) = (first.items, Vec::new(), 0);
        for (place, next) in queue.waiting.iter().enumerate() {
            if next.called || !first.is_like(next) {
                continue;
            }
            items += next.items;
            if items > largest {
                break;
            }
            found.push(place);
            if items.is_power_of_two() {
                full = found.len();
            }
        }
        let mut batch = vec![first];
        // From the back, so that the places before stay what they are.
        let others: Vec<_> = found[..full].iter().rev().filter_map(|place| queue.waiting.remove(*place)).collect();
        batch.extend(others.into_iter().rev());
        batch
    }

    /// Computes a batch, and answers each of its requests.
    fn serve(&self, batch: Vec<Request>) {
        if let Some(answers) = self.together(&batch) {
            let items = batch.iter().map(|request| request.items).sum();
            return batch.into_iter().zip(answers).for_each(|(request, outputs)| request.answer(Ok(outputs), items));
        }
        // One by one where it is one, and so that a tensor which the model cannot compute fails nobody but its own run.
        for mut request in batch.into_iter().filter(|request| !request.is_abandoned()) {
            request.begins(Instant::now());
            let (inputs, items) = (std::mem::take(&mut request.inputs), request.items.max(1));
            let outputs = guarded(|| self.model.infer(inputs));
            request.answer(outputs, items);
        }
    }

    /// All in one call, each with its share of the outputs; `None` where that cannot be.
    fn together(&self, batch: &[Request]) -> Option<Vec<Named>> {
        if batch.len() < 2 {
            return None;
        }
        let began = Instant::now();
        batch.iter().for_each(|request| request.begins(began));
        let parts: Vec<&Named> = batch.iter().map(|request| &request.inputs).collect();
        let inputs = stacked::stack(&parts).ok()?;
        let outputs = guarded(|| self.model.infer(inputs)).ok()?;
        let shares: Vec<usize> = batch.iter().map(|request| request.items).collect();
        let answers = stacked::split(&outputs, &shares);
        if answers.is_none() {
            tracing::warn!("a model's outputs do not grow with its inputs: from now on it computes runs one by one");
            self.batch_up_to(1);
        }
        answers
    }

    /// Takes the request in that seat out; if it was called to lead meanwhile, another one is.
    fn leave(&self, seat: &Arc<Seat>) {
        let mut queue = self.lock();
        let place = queue.waiting.iter().position(|request| request.is_in(seat));
        let left = place.and_then(|place| queue.waiting.remove(place));
        if left.is_some_and(|request| request.called) {
            queue.pass_on();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// An inference has ended: the first that waits begins the next.
    fn pass_on(&mut self) {
        match self.waiting.iter_mut().find(|request| !request.called) {
            Some(next) => next.call(),
            None => self.busy -= 1,
        }
    }
}

/// The right to compute, handed on when dropped, however that comes.
struct Lead<'a>(&'a Shared);

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        self.0.lock().pass_on();
    }
}

#[cfg(test)]
mod tests;
