//! What the end-to-end tests and the benchmark stand on.

pub(crate) mod archives;
pub(crate) mod axe;
pub(crate) mod browser;
pub(crate) mod command;
pub(crate) mod data;
pub(crate) mod database;
pub(crate) mod forms;
pub(crate) mod glue;
pub(crate) mod guide;
pub(crate) mod minimal_runner;
pub(crate) mod packages;
pub(crate) mod page;
pub(crate) mod portal;
pub(crate) mod processes;
pub(crate) mod python;
pub(crate) mod visitor;

use std::{
    io::{self, Write as _},
    time::{Duration, Instant},
};

/// A prerequisite that this machine lacks, in words.
#[derive(Debug)]
pub(crate) struct Missing(pub String);

/// Says that a test is skipped; fails it where everything must be there.
pub(crate) fn skipped(missing: &Missing) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "CI=true, but {}", missing.0);
    // Not by `eprintln!`, which the test harness keeps to itself when a test passes.
    writeln!(io::stderr(), "skipped: {}", missing.0).ok();
}

/// The value, or the end of the test with 'skipped: …'.
macro_rules! require {
    ($prerequisite:expr) => {
        match $prerequisite {
            Ok(value) => value,
            Err(missing) => {
                $crate::support::skipped(&missing);
                return;
            }
        }
    };
}
pub(crate) use require;

/// Asks again and again until there is an answer.
///
/// # Panics
/// When `patience` ends first; `what` says what was waited for.
pub(crate) async fn eventually<T>(what: &str, patience: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < patience, "waited {patience:?} in vain for {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
