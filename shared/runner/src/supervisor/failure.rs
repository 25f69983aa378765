//! What went wrong, free of HTTP: what the caller reads, and what only the log gets.

use std::fmt;

use vision_protocol::{
    fault::{Fault, summary},
    messages::{ErrorCode, ErrorResponse, LogLine, Span, Timings},
};

/// A request that did not end well.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// The kind.
    pub(super) code: ErrorCode,
    /// For the caller.
    pub(super) message: String,
    /// For the caller: every fault at its place.
    pub(super) faults: Vec<Fault>,
    /// For the caller: what is known of the run, if it was one.
    pub(super) trace: Option<Box<Trace>>,
    /// For the caller: in how many seconds to come again, if this runner has too much to do.
    pub(super) retry_after: Option<u32>,
    /// For the caller, if the request was traced.
    pub(super) spans: Box<[Span]>,
    /// For the log only.
    pub(super) cause: Option<String>,
}

/// What is known of a run that failed.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    /// Where the time went until then.
    pub(super) timings: Timings,
    /// What the app logged until then.
    pub(super) logs: Vec<LogLine>,
}

impl Failure {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message, faults: Vec::new(), trace: None, retry_after: None, spans: Box::default(), cause: None }
    }

    /// Everything that is wrong with what the caller sent.
    pub(super) fn of_faults(code: ErrorCode, faults: Vec<Fault>) -> Self {
        let message = summary(&faults);
        Self { faults, ..Self::new(code, message) }
    }

    /// A fault of the runner: the caller reads what could not be done, the log says why.
    pub(super) fn internal(what: &str, cause: impl fmt::Display) -> Self {
        let message = format!("the runner could not {what}; its log says why");
        Self { cause: Some(cause.to_string()), ..Self::new(ErrorCode::Internal, message) }
    }

    /// The same failure, of a run.
    pub(super) fn of_run(self, timings: Timings, logs: Vec<LogLine>) -> Self {
        Self { trace: Some(Box::new(Trace { timings, logs })), ..self }
    }

    /// The answer's body.
    pub(super) fn response(&self) -> ErrorResponse {
        ErrorResponse {
            message: self.message.clone(),
            faults: self.faults.clone(),
            code: Some(self.code),
            timings: self.trace.as_ref().map(|trace| trace.timings),
            logs: self.trace.as_ref().map(|trace| trace.logs.clone()).unwrap_or_default(),
            spans: self.spans.to_vec(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
