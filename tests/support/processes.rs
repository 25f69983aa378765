//! Looking at processes, killing them, and searching what they leave behind.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// A process of this machine.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    /// Its number.
    pub(crate) pid: u32,
    /// Its command line, arguments parted by spaces.
    pub(crate) command: String,
}

/// All that a process started, and what those started.
pub(crate) fn descendants(ancestor: u32) -> Vec<Process> {
    let all: Vec<(u32, u32)> = fs::read_dir("/proc")
        .expect("/proc can be listed")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, parent(pid)?)))
        .collect();
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(all.iter().filter(|(_, p)| *p == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found[1..].iter().map(|&pid| Process { pid, command: command(pid) }).collect()
}

/// The runner that a portal started.
pub(crate) fn runner_of(portal: u32) -> Option<Process> {
    descendants(portal).into_iter().find(|process| process.command.contains(" serve"))
}

/// The workers of the runner that a portal started.
pub(crate) fn workers_of(portal: u32) -> Vec<Process> {
    descendants(portal).into_iter().filter(|process| process.command.contains(" worker")).collect()
}

/// Whether a process still lives.
pub(crate) fn lives(pid: u32) -> bool {
    // A dead process whose parent has not asked for it yet is in state Z.
    stat(pid).is_some_and(|fields| fields[0] != "Z")
}

/// Sends a signal.
pub(crate) fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill -{name} {pid} failed");
}

/// Kills a process that may have ended already.
pub(crate) fn kill(pid: u32) {
    Command::new("kill").args(["-KILL", &pid.to_string()]).stderr(Stdio::null()).status().ok();
}

/// A figure in bytes from a process's status, such as `VmRSS` or `VmHWM` (the highest since [`forget_peak`]).
pub(crate) fn memory(pid: u32, figure: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process lives");
    let line = status.lines().find(|line| line.starts_with(figure)).expect("the kernel gives this figure");
    let kibibytes: u64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
    kibibytes << 10
}

/// Lets a process's highest memory be counted anew.
pub(crate) fn forget_peak(pid: u32) {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("one's own child can be reset");
}

/// The files below a folder that hold some bytes. Files that vanish meanwhile are left out.
pub(crate) fn files_with(folder: &Path, needle: &[u8]) -> Vec<String> {
    files_below(folder)
        .into_iter()
        .filter(|file| {
            let bytes = fs::read(file).unwrap_or_default();
            bytes.windows(needle.len()).any(|window| window == needle)
        })
        .collect()
}

/// All files below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path().display().to_string()),
                _ => {}
            }
        }
    }
    files
}

fn parent(pid: u32) -> Option<u32> {
    stat(pid)?[1].parse().ok()
}

/// The fields of `/proc/<pid>/stat` behind the program's name: state, parent, …
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn command(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}
