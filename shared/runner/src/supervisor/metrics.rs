//! What `/metrics` shows, as Prometheus text.

use std::{sync::OnceLock, time::Duration};

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use vision_protocol::messages::{PublishResponse, RunResponse};

use super::{Supervisor, failure::Failure, process::resident_bytes};

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

const SECONDS: [f64; 15] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Makes the process record; once is enough for all supervisors in it.
pub(super) fn install() {
    HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new().set_buckets(&SECONDS).expect("there are buckets");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another part of this process records metrics; /metrics stays empty");
        }
        describe_counter!("vision_runs_total", "Runs, by how they ended");
        describe_histogram!("vision_run_seconds", "From acceptance to answer of runs that ended well");
        describe_histogram!("vision_run_stage_seconds", "Where the time of runs that ended well went");
        describe_gauge!("vision_runs_admitted", "Runs that wait or run");
        describe_counter!("vision_publishes_total", "Publications, by how they ended");
        describe_counter!("vision_worker_starts_total", "Worker processes started, by how it went");
        describe_counter!("vision_workers_lost_total", "Workers that ended during a run, by reason");
        describe_gauge!("vision_workers", "Worker processes");
        describe_gauge!("vision_resident_bytes", "Resident memory of the supervisor and of all workers");
        handle
    });
}

/// The text of `/metrics`.
pub(super) fn render(supervisor: &Supervisor) -> String {
    let workers: u64 = supervisor.fleet.resident_bytes().iter().map(|(_, bytes)| bytes).sum();
    gauge!("vision_resident_bytes", "process" => "workers").set(workers as f64);
    gauge!("vision_resident_bytes", "process" => "supervisor").set(resident_bytes("self") as f64);
    HANDLE.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// Keeps what has been recorded small where nobody reads it.
pub(super) async fn keep_up() {
    let mut interval = tokio::time::interval(Duration::from_secs(30));
    loop {
        interval.tick().await;
        if let Some(handle) = HANDLE.get() {
            handle.run_upkeep();
        }
    }
}

pub(super) fn run_ended(ended: &Result<RunResponse, Failure>) {
    counter!("vision_runs_total", "outcome" => outcome(ended.as_ref().err())).increment(1);
    let Some(timings) = ended.as_ref().ok().and_then(|response| response.timings) else { return };
    histogram!("vision_run_seconds").record(timings.total_ms / 1e3);
    for (stage, milliseconds) in [
        ("app_loading", timings.app_loading_ms),
        ("pre_processing", timings.pre_processing_ms),
        ("loading_model", timings.loading_model_ms),
        ("running_model", timings.running_model_ms),
        ("generating_result", timings.generating_result_ms),
        ("misc", timings.misc_ms),
    ] {
        histogram!("vision_run_stage_seconds", "stage" => stage).record(milliseconds / 1e3);
    }
}

pub(super) fn publish_ended(ended: &Result<PublishResponse, Failure>) {
    counter!("vision_publishes_total", "outcome" => outcome(ended.as_ref().err())).increment(1);
}

pub(super) fn worker_killed(reason: &'static str) {
    counter!("vision_workers_lost_total", "reason" => reason).increment(1);
}

/// The word that programs read in an answer's `code`.
fn outcome(failure: Option<&Failure>) -> String {
    let code = failure.map(|failure| serde_json::to_value(failure.code));
    match code {
        None => "done".to_owned(),
        Some(Ok(serde_json::Value::String(code))) => code,
        Some(_) => "unknown".to_owned(),
    }
}
