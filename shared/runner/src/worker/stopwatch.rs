//! Where the time of a run goes.

use std::time::{Duration, Instant};

use vision_protocol::messages::Timings;

/// Splits the time of one run into stages without gaps: each lap is the time since the one before.
pub(super) struct Stopwatch {
    began: Instant,
    mark: Instant,
    computed: bool,
    timings: Timings,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        let began = Instant::now();
        Self { began, mark: began, computed: false, timings: Timings::default() }
    }

    /// Inputs have been decoded.
    pub(super) fn decoded(&mut self) {
        self.timings.pre_processing_ms += self.lap();
    }

    /// The instance stands.
    pub(super) fn instantiated(&mut self) {
        self.timings.app_loading_ms += self.lap();
    }

    /// The glue asks for a model or an inference; what it did until now was preparation or, later, work between two.
    pub(super) fn asks(&mut self) {
        let lap = self.lap();
        if self.computed {
            self.timings.misc_ms += lap;
        } else {
            self.timings.pre_processing_ms += lap;
        }
    }

    pub(super) fn loaded(&mut self) {
        self.timings.loading_model_ms += self.lap();
    }

    pub(super) fn computed(&mut self) {
        self.computed = true;
        self.timings.running_model_ms += self.lap();
    }

    /// The result is ready, or the run has failed.
    pub(super) fn finish(mut self) -> Timings {
        self.timings.generating_result_ms += self.lap();
        self.timings.total_ms = milliseconds(self.began.elapsed());
        self.timings
    }

    pub(super) fn since_start(&self) -> Duration {
        self.began.elapsed()
    }

    fn lap(&mut self) -> f64 {
        let now = Instant::now();
        let lap = now - self.mark;
        self.mark = now;
        milliseconds(lap)
    }
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
