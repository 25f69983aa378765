//! Taking times.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

/// Times of one kind, sorted, in milliseconds.
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    /// From durations in any order.
    pub(crate) fn new(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<f64> = times.into_iter().map(|time| time.as_secs_f64() * 1e3).collect();
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The average.
    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    /// The time that this part of all stayed below.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get((last as f64 * part).round() as usize).copied().unwrap_or(f64::NAN)
    }
}

/// Has some callers do something again and again for a while: the times, and how often per second it was done.
pub(crate) async fn measure(callers: usize, window: Duration, call: impl AsyncFn()) -> (Figures, f64) {
    let begun = Instant::now();
    let one_caller = async || {
        let mut times = Vec::new();
        while begun.elapsed() < window {
            let begun = Instant::now();
            call().await;
            times.push(begun.elapsed());
        }
        times
    };
    let times = join_all((0..callers).map(|_| one_caller())).await.concat();
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    (Figures::new(times), rate)
}
