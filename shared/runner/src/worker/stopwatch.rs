//! Where the time of a run goes.

use std::time::{Duration, Instant};

use vision_protocol::messages::Timings;

use crate::ipc::Stages;

/// Splits the time of one run into stages without gaps: each lap is the time since the one before. It keeps two
/// accounts, the six timings that callers are told and the stages that operators measure.
pub(super) struct Stopwatch {
    began: Instant,
    mark: Instant,
    computed: bool,
    /// Decoding that was done in the lap that runs.
    decoding_ms: f64,
    timings: Timings,
    stages: Stages,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        let began = Instant::now();
        let (timings, stages) = (Timings::default(), Stages::default());
        Self { began, mark: began, computed: false, decoding_ms: 0.0, timings, stages }
    }

    /// Inputs have been decoded.
    pub(super) fn decoded(&mut self) {
        let lap = self.lap();
        self.timings.pre_processing_ms += lap;
        self.stages.decode_ms += lap;
    }

    /// Within the lap that runs, a picture was decoded in that time.
    pub(super) fn decoding(&mut self, took: Duration) {
        self.decoding_ms += milliseconds(took);
    }

    /// The instance stands.
    pub(super) fn instantiated(&mut self) {
        let lap = self.lap();
        self.timings.app_loading_ms += lap;
        self.stages.preprocess_ms += lap;
    }

    /// The glue asks for a model or an inference; what it did until now was preparation or, later, work between two.
    pub(super) fn asks(&mut self) {
        let lap = self.lap();
        if self.computed {
            self.timings.misc_ms += lap;
            self.stages.postprocess_ms += self.without_decoding(lap);
        } else {
            self.timings.pre_processing_ms += lap;
            self.stages.preprocess_ms += self.without_decoding(lap);
        }
    }

    pub(super) fn loaded(&mut self) {
        let lap = self.lap();
        self.timings.loading_model_ms += lap;
        self.stages.load_ms += lap;
    }

    /// An inference has ended, as one of `batch` items, after waiting that long for those of other runs.
    pub(super) fn computed(&mut self, batch: usize, waited: Duration) {
        self.computed = true;
        let lap = self.lap();
        let waited = milliseconds(waited).min(lap);
        self.timings.misc_ms += waited;
        self.timings.running_model_ms += lap - waited;
        self.stages.queue_ms += waited;
        self.stages.infer_ms += lap - waited;
        if batch > 0 {
            self.stages.batches.push(u32::try_from(batch).unwrap_or(u32::MAX));
        }
    }

    /// The result is ready, or the run has failed. `waited` is the time before this watch was started.
    pub(super) fn finish(mut self, waited: Duration) -> (Timings, Stages) {
        let (lap, waited) = (self.lap(), milliseconds(waited));
        self.timings.generating_result_ms += lap;
        self.stages.postprocess_ms += self.without_decoding(lap);
        self.timings.misc_ms += waited;
        self.stages.queue_ms += waited;
        self.timings.total_ms = milliseconds(self.began.elapsed()) + waited;
        (self.timings, self.stages)
    }

    pub(super) fn since_start(&self) -> Duration {
        self.began.elapsed()
    }

    /// The rest of a lap, after its decoding has been booked.
    fn without_decoding(&mut self, lap: f64) -> f64 {
        let decoding = std::mem::take(&mut self.decoding_ms).min(lap);
        self.stages.decode_ms += decoding;
        lap - decoding
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_accounts_hold_all_of_the_time() {
        let mut watch = Stopwatch::start();
        watch.decoded();
        watch.instantiated();
        watch.asks();
        watch.loaded();
        watch.asks();
        watch.computed(4, Duration::from_secs(1));
        watch.decoding_ms = 1_000.0;
        watch.asks();
        watch.computed(0, Duration::ZERO);
        let (t, s) = watch.finish(Duration::from_millis(7));
        let timings = t.app_loading_ms
            + t.pre_processing_ms
            + t.loading_model_ms
            + t.running_model_ms
            + t.generating_result_ms
            + t.misc_ms;
        let stages = s.queue_ms + s.decode_ms + s.preprocess_ms + s.load_ms + s.infer_ms + s.postprocess_ms;
        assert!((timings - stages).abs() < 1e-6, "{t:?} {s:?}");
        assert!((timings - t.total_ms).abs() < 0.5 && s.queue_ms >= 7.0, "{t:?} {s:?}");
        assert_eq!(s.batches, [4]);
    }
}
