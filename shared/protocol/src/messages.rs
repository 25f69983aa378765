//! Bodies of the runner protocol: `POST /publish` and `POST /run?cvappid=`.
//!
//! Fields beyond the protocol's table are optional on both sides, so that any runner that
//! speaks the table's two endpoints plugs in.
//!
//! A portal may send `/run` with a W3C `traceparent`. A runner of ours then writes its trace id into the log, and
//! answers with [`Span`]s if it is sampled: a runner reaches nobody but the portal, so the portal exports them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use crate::fault::Fault;

/// Name of the multipart field with the release id.
pub const FIELD_CVAPP_ID: &str = "CvappId";
/// Name of the multipart field with the zip.
pub const FIELD_SOURCE_FILE: &str = "SourceFile";

/// Answer 200 of `/publish`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishResponse {
    /// Always false in an answer 200 of ours; a third party's runner may say true here.
    pub has_error: bool,
    /// Remarks that do not stop a publication (ours).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Fault>,
}

/// Body of `/run`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "an object such as {\"data\": [{\"Name\": \"Age\", \"Value\": 7}]}")]
pub struct RunRequest {
    /// The inputs. An image's value is a signed URL.
    pub data: Vec<NamedValue>,
    /// Signed URLs, one per result image, to which a runner may `PUT` it (ours).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uploads: Vec<Url>,
    /// Milliseconds after which the portal stops waiting (ours).
    #[serde(default, rename = "deadlineMs", skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// Who asks (ours): the same text for the same person, and nothing that names him. A queue is shared out between
    /// callers, and a result that was kept is given to the same caller only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
}

impl RunRequest {
    /// Most bytes of a [`caller`](Self::caller).
    pub const MOST_CALLER_BYTES: usize = 128;
}

/// One input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object such as {\"Name\": \"Age\", \"Value\": 7}")]
pub struct NamedValue {
    /// The parameter's name.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// Answer 200 of `/run`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunResponse {
    /// The result variables by name. An image is a `data:` URI or the upload URL where it was put.
    pub result: Map<String, Value>,
    /// Where the time went (ours).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timings: Option<Timings>,
    /// What the app logged (ours).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogLine>,
    /// Whether this is what the same caller was told before for the same inputs (ours).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cached: bool,
    /// What the pictures among the inputs are like, as far as they were decoded (ours).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<PictureFacts>,
    /// Where the time went, piece by piece, if the request was traced (ours).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

/// What a picture among the inputs is like: nothing that shows what is on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureFacts {
    /// The parameter.
    pub name: String,
    /// Pixels of the upright picture.
    pub width: u32,
    /// Pixels of the upright picture.
    pub height: u32,
    /// The mean of its luma (ITU-R BT.601), 0 for black to 1 for white.
    pub brightness: f64,
}

/// Answer to anything that went wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorResponse {
    /// What went wrong, fit for the person who asked.
    pub message: String,
    /// Every fault at its place (ours).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// The kind of failure, for programs (ours).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// Where the time went until then (ours).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timings: Option<Timings>,
    /// What the app logged until then (ours).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogLine>,
    /// Where the time went until then, piece by piece, if the request was traced (ours).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

impl ErrorResponse {
    /// An answer with a message and a code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            faults: Vec::new(),
            code: Some(code),
            timings: None,
            logs: Vec::new(),
            spans: Vec::new(),
        }
    }
}

/// Kinds of failure that our runner tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// The request is not of the protocol's form (400).
    BadRequest,
    /// The bearer token is missing or wrong (401).
    Unauthorized,
    /// The package has faults (400).
    InvalidPackage,
    /// Another package stands under this id (400).
    AlreadyPublished,
    /// No package stands under this id (400): publish it again.
    NotPublished,
    /// The inputs do not fit the parameters (400).
    InvalidInput,
    /// An input file could not be fetched (400).
    InputUnavailable,
    /// The body is larger than the limit (413).
    TooLarge,
    /// The queue is full (429, with `Retry-After`).
    Busy,
    /// The run did not end in its time (504).
    Deadline,
    /// The app used more memory, handles or output than it may (500).
    LimitExceeded,
    /// The app or its model failed (500).
    AppFailed,
    /// The worker process died (500): trying again may help.
    WorkerLost,
    /// A fault of the runner itself (500): trying again may help.
    Internal,
}

impl ErrorCode {
    /// Whether the same request may well succeed a little later.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Busy | Self::WorkerLost | Self::Internal | Self::NotPublished)
    }
}

/// Where the time of one run went, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// Starting the worker, compiling or mapping the glue, making its instance.
    pub app_loading_ms: f64,
    /// Decoding, scaling and normalising inputs.
    pub pre_processing_ms: f64,
    /// Loading models that were not loaded yet.
    pub loading_model_ms: f64,
    /// Inference.
    pub running_model_ms: f64,
    /// From the last inference to the result, encoding included.
    pub generating_result_ms: f64,
    /// Everything else: fetching inputs, waiting in the queue, transport.
    pub misc_ms: f64,
    /// All of it, as the runner saw it.
    pub total_ms: f64,
}

/// A piece of a run's time, as one process of the runner saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// What was done, such as `queue` or `infer`.
    pub name: String,
    /// Who did it.
    pub process: Process,
    /// Milliseconds from the run's acceptance to the beginning of this.
    pub start_ms: f64,
    /// How long it took.
    pub duration_ms: f64,
}

/// The processes of a runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Process {
    /// The one that listens.
    Supervisor,
    /// The one that computes.
    Worker,
}

/// One line that an app logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// How grave it is.
    pub level: LogLevel,
    /// Milliseconds since the run began in the worker.
    pub at_ms: u64,
    /// The text.
    pub message: String,
}

/// How grave a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// For debugging.
    Debug,
    /// For information.
    Info,
    /// Something may be wrong.
    Warn,
    /// Something is wrong.
    Error,
}
