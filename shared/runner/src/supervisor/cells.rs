//! What workers are closed in, found out when a supervisor starts: a process of its own goes into a cell and tries to
//! get out.

use std::{
    io::{self, Write},
    path::Path,
    process::{Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal};
use vision_protocol::ReleaseId;

use super::{CellConfig, StartError, WorkerCommand};
use crate::cell::{self, Order, Report};

/// Loading an engine's library from a slow disk takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Enough for what is tried.
const MEMORY_BYTES: u64 = 256 << 20;

/// Tries a cell out around an empty folder; refuses if something is missing that is required.
pub(super) fn try_out(config: &CellConfig, folder: &Path) -> Result<Report, StartError> {
    let Some(command) = &config.check else { return Ok(Report::default()) };
    let settings = config.settings(ReleaseId(0), MEMORY_BYTES);
    // Fails where root has no right to give files away, and so none to change its user: that is reported below.
    let _ = settings.uid.map(|gid| cell::hand_over(folder, gid));
    let report = ask(command, &Order { folder: folder.to_owned(), settings }).map_err(StartError::CellCheck)?;
    let entered = &report.entered;
    tracing::info!(
        cell.landlock = entered.landlock,
        cell.seccomp = entered.seccomp,
        cell.limits = entered.limits,
        cell.own_user = entered.own_user,
        cell.own_root = entered.own_root,
        cell.refused = report.attempts.iter().filter(|attempt| attempt.refused).count(),
        cell.tried = report.attempts.len(),
        "a worker's cell was tried out"
    );
    if entered.missing.is_empty() {
        return Ok(report);
    }
    let missing = entered.missing.join("; ");
    if config.required {
        return Err(StartError::Cell(missing));
    }
    tracing::warn!(missing, "workers are not closed in: whoever publishes here may take over this machine");
    Ok(report)
}

fn ask(command: &WorkerCommand, order: &Order) -> io::Result<Report> {
    let mut child = Command::new(&command.program)
        .args(&command.args)
        .env_clear()
        .envs(command.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(mut input) = child.stdin.take() {
        // One that has ended already tells why below.
        let _ = input.write_all(&serde_json::to_vec(order)?);
    }
    let (done, ended) = mpsc::channel();
    thread::spawn(move || done.send(child.wait_with_output()));
    let Output { status, stdout, stderr } = ended.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        // It has not been waited for, so the id is still its own.
        let _ = pid.map(|pid| rustix::process::kill_process(pid, Signal::KILL));
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("it did not end within {PATIENCE:?}")))
    })?;
    let words = || String::from_utf8_lossy(&stderr).trim().to_owned();
    if !status.success() {
        return Err(io::Error::other(format!("it ended with {status}: {}", words())));
    }
    serde_json::from_slice(&stdout)
        .map_err(|error| io::Error::other(format!("it spoke nonsense ({error}): {}", words())))
}
