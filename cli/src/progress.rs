//! What a person sees while something takes time: on standard error, and only where that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line that moves until it is dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Begins with these words.
    pub(crate) fn new(words: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(120));
        let progress = Self(bar);
        progress.say(words);
        progress
    }

    /// A bar of so many steps.
    pub(crate) fn of(steps: usize, words: &str) -> Self {
        let bar = ProgressBar::new(steps as u64);
        // The template is a constant; the plain bar is what is left if it is ever wrong.
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        let progress = Self(bar);
        progress.say(words);
        progress
    }

    /// What is being done now.
    pub(crate) fn say(&self, words: &str) {
        self.0.set_message(words.to_owned());
    }

    /// One step is done.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
