//! What supervisor and worker say to each other over a Unix socket pair.
//!
//! A frame is a JSON header with binary attachments behind it: `u32` length of the header, `u32` number of
//! attachments, the header, then each attachment as `u64` length and bytes; all integers little-endian. Towards a
//! worker a large attachment is shared memory instead: its length has the highest bit set, no bytes follow, and a
//! descriptor of sealed memory comes beside. So pictures are neither escaped nor copied on their way.
//!
//! The supervisor starts a worker with the socket as its standard input. The worker gets itself ready and waits, maybe
//! for long, for [`ToWorker::Start`]. It answers with [`FromWorker::Ready`] or [`FromWorker::Refused`]; when a new
//! package is to be proved, with [`FromWorker::Compiled`] before, which the supervisor stores and answers with
//! [`ToWorker::Stored`]. From then on runs are multiplexed by their number.

mod attachment;
mod descriptors;
mod frames;

use std::{io, path::PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vision_protocol::{
    fault::Fault,
    limits::RunLimits,
    messages::{ErrorCode, LogLine, PictureFacts, Timings},
};

pub use attachment::{Attachment, Inflow, SHARED_BYTES};
pub use frames::{
    Frame, Incoming, MAX_ATTACHMENTS, MAX_HEADER_BYTES, read_frame, read_frame_async, send_frame, write_frame,
};

use crate::{cell, learned::Learned};

/// From supervisor to worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ToWorker {
    /// The first frame: what to load, and how.
    Start(Box<Start>),
    /// The compiled component lies in the package's folder.
    Stored,
    /// Execute one run.
    Run {
        /// The supervisor's number for it.
        id: u64,
        /// Inputs by parameter name.
        inputs: Vec<(String, WireValue)>,
        /// Milliseconds left until the deadline.
        deadline_ms: u64,
    },
    /// The caller has gone: do not begin this run, or stop it soon.
    Cancel {
        /// The run's number.
        id: u64,
    },
}

/// What a worker is started for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Start {
    /// Folder of the unpacked package.
    pub package: PathBuf,
    /// Whether the package is new: compile the component, load every model, run it once on zeros, run the examples; and
    /// serve only what was found good.
    pub proof: bool,
    /// What one run may use.
    pub limits: RunLimits,
    /// How many runs may be worked on side by side.
    pub parallel: usize,
    /// How tightly the worker is closed in.
    pub cell: cell::Settings,
    /// What an earlier proof of this package has learned.
    pub learned: Learned,
}

/// From worker to supervisor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FromWorker {
    /// In a proof: attachment 0 is the compiled component, to be stored.
    Compiled,
    /// Runs can be sent.
    Ready {
        /// Milliseconds from the start frame until now.
        loading_ms: f64,
        /// Remarks for the author that do not stop a publication.
        warnings: Vec<Fault>,
        /// In a proof: what it found out about the models.
        learned: Learned,
    },
    /// The package cannot be used.
    Refused {
        /// Every fault.
        faults: Vec<Fault>,
    },
    /// A run has ended well.
    Done {
        /// The run's number.
        id: u64,
        /// Outputs by result variable.
        outputs: Vec<(String, WireValue)>,
        /// What the pictures among the inputs are like, as far as they were decoded.
        facts: Vec<PictureFacts>,
        /// Where the time went inside the worker.
        timings: Timings,
        /// What the app logged.
        logs: Vec<LogLine>,
        /// Where the time went, for metrics and traces.
        stages: Stages,
    },
    /// A run has failed; the worker goes on.
    Failed {
        /// The run's number.
        id: u64,
        /// The kind of failure.
        code: ErrorCode,
        /// What went wrong, fit for the app's author.
        message: String,
        /// Where the time went inside the worker.
        timings: Timings,
        /// What the app logged.
        logs: Vec<LogLine>,
        /// Where the time went, for metrics and traces.
        stages: Stages,
    },
}

/// Where the time of a run went inside the worker, finer than the six timings: for metrics and traces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stages {
    /// Waiting: for a thread, and for models that others were using.
    pub queue_ms: f64,
    /// Decoding pictures.
    pub decode_ms: f64,
    /// The glue's and the host's work before the first inference.
    pub preprocess_ms: f64,
    /// Loading models.
    pub load_ms: f64,
    /// Computing models.
    pub infer_ms: f64,
    /// The work after the first inference, results included.
    pub postprocess_ms: f64,
    /// For each inference of this run, how many items of all runs were computed together.
    pub batches: Vec<u32>,
}

/// A value on its way between supervisor and worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireValue {
    /// Text, or the chosen option of a Select.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// A day, as YYYY-MM-DD.
    Date(String),
    /// An encoded picture: the index of its attachment.
    Picture(usize),
    /// Labels, boxes, tables.
    Json(Value),
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
