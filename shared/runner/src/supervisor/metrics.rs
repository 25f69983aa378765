//! What `/metrics` shows, as Prometheus text in base units.
//!
//! What belongs to a release is kept per release, of which there are so many and no more, and goes when the release does.
//! What can be looked up, such as the length of a line, is looked up when somebody asks.

mod series;
mod text;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use metrics::{counter, describe_counter, describe_gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use vision_protocol::{
    ReleaseId,
    messages::{PublishResponse, RunResponse},
};

use self::{series::Series, text::Page};
use super::{Supervisor, failure::Failure, process::resident_bytes};
use crate::ipc::Stages;

/// Releases that are told apart at once; of more, those longest without a run are left out.
const MOST_RELEASES: usize = 200;

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// What has been counted and measured, per release.
#[derive(Default)]
pub(super) struct Metrics(Mutex<Releases>);

#[derive(Default)]
struct Releases {
    series: HashMap<ReleaseId, Series>,
    /// Counts runs, to tell which release had one last.
    clock: u64,
}

/// How a run went, for metrics.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    /// Milliseconds from acceptance to answer.
    pub(super) total_ms: f64,
    /// Milliseconds of fetching the inputs.
    pub(super) fetch_ms: f64,
    /// The worker's stages; waiting for a turn and for the worker to start is added to those of the worker.
    pub(super) stages: Stages,
}

/// Makes the process record; once is enough for all supervisors in it.
pub(super) fn install() {
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another part of this process records metrics; /metrics shows less");
        }
        describe_counter!("vision_publishes_total", "Publications, by how they ended");
        describe_counter!("vision_worker_starts_total", "Worker processes started, by how it went");
        describe_counter!("vision_workers_lost_total", "Workers that ended during a run, by reason");
        describe_gauge!("vision_workers", "Worker processes");
        handle
    });
}

impl Metrics {
    /// Notes how a run ended; `measured` if it was computed, and ended well.
    pub(super) fn run_ended(&self, id: ReleaseId, ended: &Result<RunResponse, Failure>, measured: Option<&Measured>) {
        let mut releases = self.releases();
        releases.make_room(id);
        releases.clock += 1;
        let clock = releases.clock;
        let series = releases.series.entry(id).or_default();
        series.used = clock;
        *series.outcomes.entry(outcome(ended.as_ref().err())).or_default() += 1;
        if let Some(measured) = measured {
            series.observe(measured);
        }
    }

    /// Notes whether a kept result was found for a run that could have had one.
    pub(super) fn looked_up(&self, id: ReleaseId, found: bool) {
        let mut releases = self.releases();
        releases.make_room(id);
        let series = releases.series.entry(id).or_default();
        *if found { &mut series.hits } else { &mut series.misses } += 1;
    }

    fn releases(&self) -> MutexGuard<'_, Releases> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Releases {
    fn make_room(&mut self, newcomer: ReleaseId) {
        if self.series.len() < MOST_RELEASES || self.series.contains_key(&newcomer) {
            return;
        }
        let oldest = self.series.iter().min_by_key(|(_, series)| series.used).map(|(id, _)| *id);
        if let Some(oldest) = oldest {
            self.series.remove(&oldest);
        }
    }
}

/// The text of `/metrics`.
pub(super) fn render(supervisor: &Supervisor) -> String {
    let mut page = Page::default();
    let info = [("engine", &*supervisor.config.engine), ("version", env!("CARGO_PKG_VERSION"))];
    page.family("vision_runner_info", "gauge", "What this runner is").sample(&info, 1.0);
    let mut releases = supervisor.metrics.releases();
    releases.series.retain(|id, _| matches!(supervisor.packages.get(*id), Ok(Some(_))));
    series::render(&mut page, &releases.series);
    drop(releases);
    lines(&mut page, supervisor);
    memory(&mut page, supervisor);
    let kept = supervisor.results.size();
    page.family("vision_result_cache_bytes", "gauge", "Results that are kept").sample(&[], kept as f64);
    devices(&mut page, supervisor);
    let mut text = page.finish();
    if let Some(handle) = HANDLE.get() {
        text.push_str(&handle.render());
    }
    text
}

fn lines(page: &mut Page, supervisor: &Supervisor) {
    let lengths: Vec<_> = supervisor.queue.lengths();
    let labelled: Vec<_> = lengths.iter().map(|length| (length.release.to_string(), length)).collect();
    let mut family = page.family("vision_runs_waiting", "gauge", "Runs in line, whether or not they have their inputs");
    for (release, length) in &labelled {
        family.sample(&[("release", release)], length.waiting as f64);
    }
    let mut family = page.family("vision_runs_running", "gauge", "Runs that are computed");
    for (release, length) in &labelled {
        family.sample(&[("release", release)], length.running as f64);
    }
    page.family("vision_run_slots", "gauge", "Runs that may be computed at once")
        .sample(&[], supervisor.queue.slots() as f64);
}

fn memory(page: &mut Page, supervisor: &Supervisor) {
    let workers = supervisor.fleet.resident_bytes();
    let mut family = page.family("vision_worker_resident_bytes", "gauge", "Resident memory of a release's worker");
    for (release, bytes) in &workers {
        family.sample(&[("release", &release.to_string())], *bytes as f64);
    }
    let all: u64 = workers.iter().map(|(_, bytes)| bytes).sum();
    let mut family =
        page.family("vision_resident_bytes", "gauge", "Resident memory of the supervisor and of all workers");
    family.sample(&[("process", "supervisor")], resident_bytes("self") as f64);
    family.sample(&[("process", "workers")], all as f64);
}

fn devices(page: &mut Page, supervisor: &Supervisor) {
    let mut facts = supervisor.config.devices.facts();
    facts.sort_by_key(|fact| fact.name);
    for facts in facts.chunk_by(|a, b| a.name == b.name) {
        let mut family = page.family(facts[0].name, "gauge", "As the device's driver tells it");
        for fact in facts {
            let labels: Vec<_> = fact.labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
            family.sample(&labels, fact.value);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_longest_without_a_run_makes_room() {
        let metrics = Metrics::default();
        let most = i64::try_from(MOST_RELEASES).unwrap();
        let run = |id| metrics.run_ended(ReleaseId(id), &Ok(RunResponse::default()), None);
        (0..most).for_each(run);
        run(0);
        run(most);
        let releases = metrics.releases();
        assert_eq!(releases.series.len(), MOST_RELEASES);
        assert!(releases.series.contains_key(&ReleaseId(0)) && releases.series.contains_key(&ReleaseId(most)));
        assert!(!releases.series.contains_key(&ReleaseId(1)));
    }
}
