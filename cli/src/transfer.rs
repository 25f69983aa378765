//! What a person sees while bytes go over the network: on standard error, and only where that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that fills up. Clones are the same bar.
#[derive(Clone)]
pub(crate) struct Transfer(ProgressBar);

impl Transfer {
    /// An empty bar for so many bytes.
    pub(crate) fn of(bytes: u64, words: &str) -> Self {
        let bar = ProgressBar::new(bytes);
        // The template is a constant; the plain bar is what is left if it is ever wrong.
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:24} {bytes}/{total_bytes} {bytes_per_sec}") {
            bar.set_style(style);
        }
        bar.set_message(words.to_owned());
        Self(bar)
    }

    /// A line that moves, for what tells nothing of how far it is.
    pub(crate) fn waiting(words: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_message(words.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// So many bytes more.
    pub(crate) fn more(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// So many bytes in all.
    pub(crate) fn at(&self, bytes: u64) {
        self.0.set_position(bytes);
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
