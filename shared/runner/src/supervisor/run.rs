//! One run: checked, queued, its inputs fetched, sent to a worker, and its result handed back.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;
use vision_protocol::{
    ReleaseId,
    messages::{ErrorCode, RunRequest, RunResponse, Timings},
    parameters::{InputValue, check_inputs},
};

use super::{
    Supervisor,
    failure::Failure,
    files::shown,
    fleet::limits_of,
    packages::Release,
    process::{Called, Order, Reply},
    queue::Place,
    results::assemble,
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
    place: Place,
    accepted: Instant,
    deadline: Instant,
    /// The caller has gone.
    cancelled: CancellationToken,
}

impl Supervisor {
    /// Executes one run. It is given up soon after the returned future is dropped.
    pub(super) async fn run(self: &Arc<Self>, id: ReleaseId, request: RunRequest) -> Result<RunResponse, Failure> {
        let accepted = Instant::now();
        let release = self.packages.get(id)?.ok_or_else(|| {
            Failure::new(ErrorCode::NotPublished, format!("no package was published here as release {id}"))
        })?;
        let inputs = check_inputs(&release.manifest.app_parameters, &request.data)
            .map_err(|faults| Failure::of_faults(ErrorCode::InvalidInput, faults))?;
        if let Some(upload) = request.uploads.iter().find(|url| !self.files.allows(url)) {
            let message = format!("uploads: this runner sends nothing to {}", shown(upload));
            return Err(Failure::new(ErrorCode::BadRequest, message));
        }
        let place = self.queues.admit(id)?;
        let own = limits_of(&self.config.run_limits, &release).deadline_ms;
        let deadline_ms = own.min(request.deadline_ms.unwrap_or(u64::MAX));
        let deadline = accepted + Duration::from_millis(deadline_ms);
        let cancelled = CancellationToken::new();
        let _gone = cancelled.clone().drop_guard();
        let run = Run { supervisor: self.clone(), release, request, inputs, place, accepted, deadline, cancelled };
        // On its own: it holds its place until the worker has let go of it, even when the caller has gone.
        let task = self.runtime.spawn(run.execute());
        let ended = task.await.unwrap_or_else(|error| Err(Failure::internal("finish the run", error)));
        super::metrics::run_ended(&ended);
        ended
    }
}

impl Run {
    async fn execute(self) -> Result<RunResponse, Failure> {
        let place = &self.place;
        let _fetching = self.in_time("waiting in the queue", place.fetch_turn()).await?;
        let order = Arc::new(self.in_time("fetching the inputs", self.fetch()).await??);
        let _running = self.in_time("waiting in the queue", place.run_turn()).await?;
        let (reply, loading) = self.compute(&order).await?;
        let mut timings = reply.timings;
        timings.app_loading_ms += milliseconds(loading);
        let done = match reply.outcome {
            Ok(outputs) => {
                let run_limits = &self.supervisor.config.run_limits;
                match assemble(&self.release.manifest.result_variables, outputs, run_limits.result_bytes) {
                    Ok(assembled) => self.in_time("storing the result", self.hand_over(assembled)).await.flatten(),
                    Err(failure) => Err(failure),
                }
            }
            // The worker knows only what was left of the time.
            Err((ErrorCode::Deadline, _)) => Err(self.overdue("computing")),
            Err((code, message)) => Err(Failure::new(code, message)),
        };
        complete(&mut timings, self.accepted.elapsed());
        match done {
            Ok(result) => Ok(RunResponse { result, timings: Some(timings), logs: reply.logs }),
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
        let allowed = (self.deadline - self.accepted).as_millis();
        let message = format!("the run did not end by its deadline of {allowed} ms: it was still {what}");
        let mut timings = Timings::default();
        complete(&mut timings, self.accepted.elapsed());
        Failure::new(ErrorCode::Deadline, message).of_run(timings, Vec::new())
    }

    /// Fetches all pictures, side by side.
    async fn fetch(&self) -> Result<Order, Failure> {
        let pictures = self.inputs.iter().filter_map(|(name, value)| match value {
            InputValue::Image(url) => Some(self.supervisor.files.fetch(name, url)),
            _ => None,
        });
        let attachments: Vec<Bytes> = try_join_all(pictures).await?;
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

    /// Has a worker compute it; also tells how long it waited for the worker to start.
    async fn compute(&self, order: &Arc<Order>) -> Result<(Box<Reply>, Duration), Failure> {
        let fleet = &self.supervisor.fleet;
        let grace = self.supervisor.config.fleet.grace;
        let mut loading = Duration::ZERO;
        for attempt in 1..=ATTEMPTS {
            let lease = self.in_time("starting its worker", fleet.lease(&self.release)).await??;
            loading += lease.loading;
            match lease.worker.call(order, self.deadline, grace, &self.cancelled).await {
                Called::Answered(reply) => return Ok((reply, loading)),
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

    /// Puts pictures where the portal wants them, or into the answer.
    async fn hand_over(&self, assembled: super::results::Assembled) -> Result<serde_json::Map<String, Value>, Failure> {
        let mut result = assembled.result;
        let stored = assembled.pictures.into_iter().map(|picture| async {
            let Some(url) = self.request.uploads.get(picture.slot) else {
                let uri = picture.data_uri();
                return Ok((picture.name, Value::String(uri)));
            };
            let media_type = picture.media_type();
            self.supervisor.files.put(&picture.name, url, media_type, picture.bytes).await?;
            Ok((picture.name, Value::String(url.to_string())))
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

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
