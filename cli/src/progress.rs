//! What a person sees while something takes time: on standard error, and only where that is a terminal.

use std::{sync::Arc, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

/// A line that moves, or a bar that fills up, until its last clone is dropped.
#[derive(Clone)]
pub(crate) struct Progress(Arc<Shown>);

struct Shown(ProgressBar);

impl Progress {
    /// A line that begins with these words, for what tells nothing of how far it is.
    pub(crate) fn new(words: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(120));
        Self::over(bar, words)
    }

    /// A bar of so many steps.
    pub(crate) fn of(steps: usize, words: &str) -> Self {
        Self::over(styled(steps as u64, "{bar:24} {pos}/{len} {wide_msg}"), words)
    }

    /// A bar of so many bytes.
    pub(crate) fn of_bytes(bytes: u64, words: &str) -> Self {
        Self::over(styled(bytes, "{msg} {bar:24} {bytes}/{total_bytes} {bytes_per_sec}"), words)
    }

    fn over(bar: ProgressBar, words: &str) -> Self {
        let progress = Self(Arc::new(Shown(bar)));
        progress.say(words);
        progress
    }

    /// What is being done now.
    pub(crate) fn say(&self, words: &str) {
        self.0.0.set_message(words.to_owned());
    }

    /// One step is done.
    pub(crate) fn step(&self) {
        self.more(1);
    }

    /// So much more is done.
    pub(crate) fn more(&self, much: u64) {
        self.0.0.inc(much);
    }

    /// So much is done in all.
    pub(crate) fn at(&self, much: u64) {
        self.0.0.set_position(much);
    }
}

fn styled(length: u64, template: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    // The template is a constant; the plain bar is what is left if it is ever wrong.
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
