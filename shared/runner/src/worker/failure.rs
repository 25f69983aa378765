//! Why a run did not end well, and how wasmtime's errors are told.

use vision_protocol::messages::ErrorCode;
use wasmtime::{Trap, WasmBacktrace};

/// Bytes of a message; glue may answer with an error of any length.
const LONGEST_MESSAGE: usize = 16 << 10;
/// Functions of a backtrace that a message names.
const NAMED_FRAMES: usize = 6;

/// The end of a run that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: ErrorCode,
    /// Fit for the app's author.
    pub(super) message: String,
}

/// What the host stops a run for. Carried through wasmtime as the cause of its error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stopped {
    #[error("the run did not end before its deadline")]
    Deadline,
    #[error("the run was cancelled")]
    Cancelled,
    #[error("{0}")]
    Limit(String),
    /// An input's file turned out to be broken when it was needed.
    #[error("{0}")]
    Input(String),
}

impl Failure {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > LONGEST_MESSAGE {
            message.truncate(message.floor_char_boundary(LONGEST_MESSAGE));
            message.push('…');
        }
        Self { code, message }
    }

    /// The failure behind an error that came out of the glue.
    pub(super) fn of(error: &wasmtime::Error) -> Self {
        if let Some(stopped) = error.downcast_ref::<Stopped>() {
            return stopped.clone().into();
        }
        let place = error.downcast_ref::<WasmBacktrace>().map(functions).filter(|names| !names.is_empty());
        let place = place.map_or(String::new(), |names| format!(" in {}", names.join(", called by ")));
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => {
                Self::new(ErrorCode::AppFailed, format!("the app called itself too deeply{place}"))
            }
            Some(trap) => Self::new(ErrorCode::AppFailed, format!("the app crashed: {trap}{place}")),
            None => Self::new(ErrorCode::AppFailed, format!("the app crashed: {}{place}", error.root_cause())),
        }
    }
}

impl Failure {
    /// The failure behind an error that came out of the glue, which had logged `last_words` as an error. A language that
    /// gives up says so and executes `unreachable`: its words tell more than the instruction.
    pub(super) fn of_crash(error: &wasmtime::Error, last_words: Option<&str>) -> Self {
        match (error.downcast_ref::<Trap>(), last_words) {
            (Some(Trap::UnreachableCodeReached), Some(words)) => {
                Self::new(ErrorCode::AppFailed, format!("the app crashed: {words}"))
            }
            _ => Self::of(error),
        }
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        let code = match stopped {
            Stopped::Deadline => ErrorCode::Deadline,
            Stopped::Cancelled => ErrorCode::Internal,
            Stopped::Limit(_) => ErrorCode::LimitExceeded,
            Stopped::Input(_) => ErrorCode::InvalidInput,
        };
        Self { code, message: stopped.to_string() }
    }
}

fn functions(backtrace: &WasmBacktrace) -> Vec<String> {
    backtrace.frames().iter().filter_map(|frame| frame.func_name()).map(readable).take(NAMED_FRAMES).collect()
}

/// Rust's mangled names, without the hash at their end; others as they are.
fn readable(name: &str) -> String {
    let Some(mut rest) = name.strip_prefix("_ZN") else { return name.to_owned() };
    let mut parts = Vec::new();
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let Ok(length) = rest[..digits].parse::<usize>() else { break };
        let Some(part) = rest.get(digits..digits + length) else { break };
        parts.push(part);
        rest = &rest[digits + length..];
    }
    if parts.last().is_some_and(|part| part.len() == 17 && part.starts_with('h')) {
        parts.pop();
    }
    if parts.is_empty() { name.to_owned() } else { parts.join("::") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mangled_names_are_made_readable() {
        assert_eq!(readable("_ZN4core9panicking5panic17h0123456789abcdefE"), "core::panicking::panic");
        assert_eq!(readable("run"), "run");
        assert_eq!(readable("_ZN99x"), "_ZN99x");
    }
}
