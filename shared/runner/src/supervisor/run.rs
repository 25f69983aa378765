//! One run: checked, queued, its inputs fetched, sent to a worker, and its result handed back.

mod record;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use vision_protocol::{
    ReleaseId,
    messages::{ErrorCode, LogLine, RunRequest, RunResponse, Timings},
    parameters::{InputValue, check_inputs},
};

use self::record::{Record, milliseconds};
use super::{
    Supervisor,
    cache::{Kept, Key},
    failure::Failure,
    files::shown,
    fleet::limits_of,
    packages::Release,
    process::{Called, Order, Reply},
    queue::{Applicant, Place},
    results::{Assembled, assemble},
};
use crate::ipc::WireValue;

/// A run is sent to a worker again when the first one died of something else.
const ATTEMPTS: usize = 2;

/// An accepted run.
struct Run {
    supervisor: Arc<Supervisor>,
    release: Arc<Release>,
    request: RunRequest,
    inputs: Vec<(String, InputValue)>,
    record: Arc<Record>,
    deadline: Instant,
    /// The caller has gone.
    cancelled: CancellationToken,
}

impl Supervisor {
    /// Executes one run. It is given up soon after the returned future is dropped. Spans are told if it is `traced`.
    pub(super) async fn run(
        self: &Arc<Self>,
        id: ReleaseId,
        request: RunRequest,
        traced: bool,
    ) -> Result<RunResponse, Failure> {
        let release = self.packages.get(id)?.ok_or_else(|| {
            Failure::new(ErrorCode::NotPublished, format!("no package was published here as release {id}"))
        })?;
        let record = Arc::new(Record::new(traced));
        let mut ended = self.accept(release, request, &record).await;
        self.metrics.run_ended(id, &ended, record.measured().as_ref());
        match &mut ended {
            Ok(response) => response.spans = record.spans(),
            Err(failure) => failure.spans = record.spans().into(),
        }
        ended
    }

    async fn accept(
        self: &Arc<Self>,
        release: Arc<Release>,
        request: RunRequest,
        record: &Arc<Record>,
    ) -> Result<RunResponse, Failure> {
        let inputs = check_inputs(&release.manifest.app_parameters, &request.data)
            .map_err(|faults| Failure::of_faults(ErrorCode::InvalidInput, faults))?;
        if let Some(upload) = request.uploads.iter().find(|url| !self.files.allows(url)) {
            let message = format!("uploads: this runner sends nothing to {}", shown(upload));
            return Err(Failure::new(ErrorCode::BadRequest, message));
        }
        if request.caller.as_ref().is_some_and(|caller| caller.len() > RunRequest::MOST_CALLER_BYTES) {
            let message = format!("caller: must have at most {} bytes", RunRequest::MOST_CALLER_BYTES);
            return Err(Failure::new(ErrorCode::BadRequest, message));
        }
        let share = release.learned.flights(self.config.fleet.parallel) + self.config.fleet.ahead;
        let place = self.queue.admit(&Applicant { release: release.id, share, caller: request.caller.as_deref() })?;
        record.admitted();
        let own = limits_of(&self.config.run_limits, &release).deadline_ms;
        let deadline_ms = own.min(request.deadline_ms.unwrap_or(u64::MAX));
        let deadline = record.accepted() + Duration::from_millis(deadline_ms);
        let cancelled = CancellationToken::new();
        let _gone = cancelled.clone().drop_guard();
        let supervisor = self.clone();
        let run = Run { supervisor, release, request, inputs, record: record.clone(), deadline, cancelled };
        // On its own: it holds its place until the worker has let go of it, even when the caller has gone.
        let task = self.runtime.spawn(run.execute(place).in_current_span());
        task.await.unwrap_or_else(|error| Err(Failure::internal("finish the run", error)))
    }
}

impl Run {
    async fn execute(self, mut place: Place) -> Result<RunResponse, Failure> {
        let waiting = "waiting in the queue";
        self.record.queue(self.in_time(waiting, place.fetch_turn())).await?;
        let order = self.record.fetch(self.in_time("fetching the inputs", self.fetch())).await??;
        let order = Arc::new(order);
        let key = self.key(&order).await?;
        if let Some(kept) = key.as_ref().and_then(|key| self.look_up(key)) {
            return self.answer_again(&kept).await;
        }
        self.record.queue(self.in_time(waiting, place.run_turn())).await?;
        let (reply, loading) = self.compute(&order).await?;
        let mut timings = reply.timings;
        timings.app_loading_ms += milliseconds(loading);
        let done = match reply.outcome {
            Ok(outputs) => {
                let run_limits = &self.supervisor.config.run_limits;
                match assemble(&self.release.manifest.result_variables, outputs, run_limits.result_bytes) {
                    Ok(assembled) => self.keep_and_hand_over(key, assembled, &reply.logs).await,
                    Err(failure) => Err(failure),
                }
            }
            // The worker knows only what was left of the time.
            Err((ErrorCode::Deadline, _)) => Err(self.overdue("computing")),
            Err((code, message)) => Err(Failure::new(code, message)),
        };
        complete(&mut timings, self.record.accepted().elapsed());
        match done {
            Ok(result) => {
                self.record.computed(reply.stages, loading);
                let (timings, logs, facts) = (Some(timings), reply.logs, reply.facts);
                Ok(RunResponse { result, timings, logs, facts, ..RunResponse::default() })
            }
            Err(failure) => Err(failure.of_run(timings, reply.logs)),
        }
    }

    /// Waits for something, but neither past the deadline nor for a caller who has gone.
    async fn in_time<T>(&self, what: &str, future: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            done = future => Ok(done),
            () = time::sleep_until(self.deadline) => Err(self.overdue(what)),
            () = self.cancelled.cancelled() => Err(Failure::new(ErrorCode::BadRequest, "the caller has gone")),
        }
    }

    fn overdue(&self, what: &str) -> Failure {
        let allowed = (self.deadline - self.record.accepted()).as_millis();
        let message = format!("the run did not end by its deadline of {allowed} ms: it was still {what}");
        Failure::new(ErrorCode::Deadline, message).of_run(self.only_around(), Vec::new())
    }

    /// The timings of a run that no worker has computed.
    fn only_around(&self) -> Timings {
        let mut timings = Timings::default();
        complete(&mut timings, self.record.accepted().elapsed());
        timings
    }

    /// Fetches all pictures, side by side.
    async fn fetch(&self) -> Result<Order, Failure> {
        let pictures = self.inputs.iter().filter_map(|(name, value)| match value {
            InputValue::Image(url) => Some(self.supervisor.files.fetch(name, url)),
            _ => None,
        });
        let attachments = try_join_all(pictures).await?;
        let mut picture = 0;
        let inputs = self.inputs.iter().map(|(name, value)| {
            let value = match value {
                InputValue::Image(_) => {
                    picture += 1;
                    WireValue::Picture(picture - 1)
                }
                InputValue::Number(number) => WireValue::Number(*number),
                InputValue::Text(text) | InputValue::Select(text) => WireValue::Text(text.clone()),
                InputValue::Date(date) => WireValue::Date(date.to_string()),
                InputValue::Boolean(boolean) => WireValue::Boolean(*boolean),
            };
            (name.clone(), value)
        });
        Ok(Order { inputs: inputs.collect(), attachments })
    }

    /// What a result of this run is kept under, if it may be kept.
    async fn key(&self, order: &Arc<Order>) -> Result<Option<Key>, Failure> {
        let Some(caller) = self.request.caller.clone() else { return Ok(None) };
        if !self.release.manifest.deterministic || !self.supervisor.results.keeps() {
            return Ok(None);
        }
        let (release, order) = (self.release.clone(), order.clone());
        // Photos are large, and these threads are not for computing.
        let key = tokio::task::spawn_blocking(move || Key::of(&release, &caller, &order));
        self.in_time("comparing the inputs", key)
            .await?
            .map(Some)
            .map_err(|error| Failure::internal("compare the inputs", error))
    }

    fn look_up(&self, key: &Key) -> Option<Arc<Kept>> {
        let kept = self.supervisor.results.get(key);
        self.supervisor.metrics.looked_up(self.release.id, kept.is_some());
        kept
    }

    async fn answer_again(&self, kept: &Kept) -> Result<RunResponse, Failure> {
        let done = self.record.store(self.in_time("storing the result", self.hand_over(&kept.assembled))).await;
        let timings = self.only_around();
        match done.flatten() {
            Ok(result) => {
                let logs = kept.logs.clone();
                Ok(RunResponse { result, timings: Some(timings), logs, cached: true, ..RunResponse::default() })
            }
            Err(failure) => Err(failure.of_run(timings, Vec::new())),
        }
    }

    /// Has a worker compute it; also tells how long it waited for the worker to start.
    async fn compute(&self, order: &Arc<Order>) -> Result<(Box<Reply>, Duration), Failure> {
        let fleet = &self.supervisor.fleet;
        let grace = self.supervisor.config.fleet.grace;
        let mut loading = Duration::ZERO;
        for attempt in 1..=ATTEMPTS {
            let lease = self.record.start(self.in_time("starting its worker", fleet.lease(&self.release))).await??;
            loading += lease.loading;
            let called = lease.worker.call(order, self.deadline, grace, &self.cancelled);
            match self.record.compute(called).await {
                Called::Answered(reply) => {
                    self.record.worked(&reply.stages);
                    return Ok((reply, loading));
                }
                Called::Overdue => {
                    lease.worker.kill();
                    super::metrics::worker_killed("deadline");
                    return Err(self.overdue("computing, and its worker was ended"));
                }
                Called::Lost if self.cancelled.is_cancelled() => break,
                Called::Lost => {
                    super::metrics::worker_killed("lost");
                    tracing::warn!(
                        release.id = self.release.id.0,
                        worker.pid = lease.worker.pid(),
                        run.attempt = attempt,
                        "a worker was lost during a run"
                    );
                }
            }
        }
        Err(Failure::new(ErrorCode::WorkerLost, "the worker process ended during the run, and so did the next one"))
    }

    async fn keep_and_hand_over(
        &self,
        key: Option<Key>,
        assembled: Assembled,
        logs: &[LogLine],
    ) -> Result<serde_json::Map<String, Value>, Failure> {
        let kept = Arc::new(Kept { assembled, logs: if key.is_some() { logs.to_vec() } else { Vec::new() } });
        if let Some(key) = key {
            self.supervisor.results.keep(key, kept.clone());
        }
        self.record.store(self.in_time("storing the result", self.hand_over(&kept.assembled))).await.flatten()
    }

    /// Puts pictures where the portal wants them, or into the answer.
    async fn hand_over(&self, assembled: &Assembled) -> Result<serde_json::Map<String, Value>, Failure> {
        let mut result = assembled.result.clone();
        let stored = assembled.pictures.iter().map(|picture| async {
            let Some(url) = self.request.uploads.get(picture.slot) else {
                return Ok((picture.name.clone(), Value::String(picture.data_uri())));
            };
            let bytes: Bytes = picture.bytes.clone();
            self.supervisor.files.put(&picture.name, url, picture.media_type(), bytes).await?;
            Ok((picture.name.clone(), Value::String(url.to_string())))
        });
        result.extend(try_join_all(stored).await?);
        Ok(result)
    }
}

/// Whatever the worker did not account for was spent around it.
fn complete(timings: &mut Timings, total: Duration) {
    timings.total_ms = milliseconds(total);
    let stages = timings.app_loading_ms
        + timings.pre_processing_ms
        + timings.loading_model_ms
        + timings.running_model_ms
        + timings.generating_result_ms;
    timings.misc_ms = (timings.total_ms - stages).max(0.0);
}
