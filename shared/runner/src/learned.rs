//! What the proof of a package found out about its models; kept beside it, so that no later worker has to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is known of a release's models.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// By the names that the manifest gives them.
    pub models: BTreeMap<String, LearnedModel>,
}

/// What is known of one model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LearnedModel {
    /// The most items that are worth computing, and were computed, in one call; 1 where a call takes no more.
    pub batch: usize,
    /// Bytes that the loaded model holds.
    pub memory_bytes: u64,
    /// Bytes that one inference of a full batch takes beside.
    pub batch_bytes: u64,
    /// Milliseconds that loading took.
    pub load_ms: f64,
    /// Milliseconds that an inference of one item took.
    pub infer_ms: f64,
}

impl Learned {
    /// The most that [`flights`](Self::flights) adds up to: each run takes a thread, and memory for its pictures.
    pub const MOST_FLIGHTS: usize = 16;

    /// How many runs are worth having under way at once where `parallel` compute side by side: more of them, if what
    /// waits for a model can be computed together.
    pub fn flights(&self, parallel: usize) -> usize {
        let batch = self.models.values().map(|model| model.batch).max().unwrap_or(1);
        if batch <= 1 { parallel } else { parallel.saturating_mul(batch).min(Self::MOST_FLIGHTS).max(parallel) }
    }

    /// Bytes that a worker of this release will hold for its models, once it has loaded and used them.
    pub fn memory_bytes(&self) -> u64 {
        let each = self.models.values().map(|model| model.memory_bytes.saturating_add(model.batch_bytes));
        each.fold(0, u64::saturating_add)
    }
}
