//! Taking times and printing them.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

/// The columns of [`row`].
pub(crate) const HEADINGS: &str = "                              p50      p99     mean   runs/s";
const WINDOW: Duration = Duration::from_secs(8);

/// Times of one kind, sorted, in milliseconds.
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    /// From durations in any order.
    pub(crate) fn new(times: Vec<Duration>) -> Self {
        let mut times: Vec<f64> = times.into_iter().map(|time| time.as_secs_f64() * 1e3).collect();
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    /// The average.
    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    fn quantile(&self, part: f64) -> f64 {
        let last = self.0.len() - 1;
        self.0[(last as f64 * part).round() as usize]
    }
}

/// Has some callers do something again and again: the times, and how often per second it was done.
pub(crate) async fn measure(callers: usize, call: impl AsyncFn()) -> (Figures, f64) {
    let begun = Instant::now();
    let one_caller = async || {
        let mut times = Vec::new();
        while begun.elapsed() < WINDOW {
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

/// Prints one line of the table.
pub(crate) fn row(what: &str, figures: &Figures, rate: Option<f64>) {
    let rate = rate.map_or_else(String::new, |rate| format!("{rate:.1}"));
    println!(
        "{what:<26}{:>7.2}  {:>7.2}  {:>7.2}  {rate:>7}",
        figures.quantile(0.5),
        figures.quantile(0.99),
        figures.mean()
    );
}
