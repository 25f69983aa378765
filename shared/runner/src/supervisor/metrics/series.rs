//! What is counted and measured of one release.

use std::collections::{BTreeMap, HashMap};

use vision_protocol::ReleaseId;

use super::{
    Measured,
    text::{Histogram, Page},
};

const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
const ITEMS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// The stages of a run, in the order in which they come.
const STAGES: [&str; 7] = ["queue", "fetch", "decode", "load", "preprocess", "infer", "postprocess"];

/// One release.
pub(super) struct Series {
    /// The larger, the later it had a run.
    pub(super) used: u64,
    /// Runs, by how they ended.
    pub(super) outcomes: BTreeMap<String, u64>,
    /// Kept results that were found.
    pub(super) hits: u64,
    /// Kept results that were not.
    pub(super) misses: u64,
    total: Histogram,
    stages: [Histogram; STAGES.len()],
    batches: Histogram,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            used: 0,
            outcomes: BTreeMap::new(),
            hits: 0,
            misses: 0,
            total: Histogram::new(SECONDS),
            stages: std::array::from_fn(|_| Histogram::new(SECONDS)),
            batches: Histogram::new(ITEMS),
        }
    }
}

impl Series {
    pub(super) fn observe(&mut self, measured: &Measured) {
        let stages = &measured.stages;
        self.total.observe(measured.total_ms / 1e3);
        let times = [
            stages.queue_ms,
            measured.fetch_ms,
            stages.decode_ms,
            stages.load_ms,
            stages.preprocess_ms,
            stages.infer_ms,
            stages.postprocess_ms,
        ];
        for (histogram, milliseconds) in self.stages.iter_mut().zip(times) {
            histogram.observe(milliseconds / 1e3);
        }
        for batch in &stages.batches {
            self.batches.observe(f64::from(*batch));
        }
    }
}

/// All releases, family by family.
pub(super) fn render(page: &mut Page, releases: &HashMap<ReleaseId, Series>) {
    let mut releases: Vec<_> = releases.iter().map(|(id, series)| (id.to_string(), series)).collect();
    releases.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut family = page.family("vision_runs_total", "counter", "Runs, by how they ended");
    for (release, series) in &releases {
        for (outcome, count) in &series.outcomes {
            family.sample(&[("release", release), ("outcome", outcome)], *count as f64);
        }
    }
    let mut family =
        page.family("vision_run_seconds", "histogram", "From acceptance to answer of runs that were computed");
    for (release, series) in &releases {
        family.histogram(&[("release", release)], &series.total);
    }
    let mut family =
        page.family("vision_run_stage_seconds", "histogram", "Where the time of runs that were computed went");
    for (release, series) in &releases {
        for (stage, histogram) in STAGES.iter().zip(&series.stages) {
            family.histogram(&[("release", release), ("stage", stage)], histogram);
        }
    }
    let mut family = page.family("vision_batch_size", "histogram", "Items per call of a model, as each run met it");
    for (release, series) in &releases {
        family.histogram(&[("release", release)], &series.batches);
    }
    let mut family = page.family("vision_result_cache_hits_total", "counter", "Kept results that were given again");
    for (release, series) in releases.iter().filter(|(_, series)| series.hits + series.misses > 0) {
        family.sample(&[("release", release)], series.hits as f64);
    }
    let mut family =
        page.family("vision_result_cache_misses_total", "counter", "Runs for which no kept result was found");
    for (release, series) in releases.iter().filter(|(_, series)| series.hits + series.misses > 0) {
        family.sample(&[("release", release)], series.misses as f64);
    }
}
