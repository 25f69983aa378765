//! The cell: what a worker process is closed in before it reads a byte of a package.
//!
//! Package and models are made by strangers, and what reads them is large: whoever finds a hole in it should find
//! nothing behind. The layers do not lean on each other: a file outside the package is out of sight (`chroot`), may not
//! be opened (Landlock), belongs to somebody else (uid), and cannot be sent anywhere (seccomp). A supervisor tries
//! them all when it starts (`try_out`); `docs/security.md` says what each refuses, and what is lost without it.

mod attempts;
mod descriptors;
mod identity;
mod landlock;
mod limits;
mod memory;
mod package;
mod seccomp;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

pub use self::package::hand_over;
pub(crate) use self::{
    attempts::{Order, try_out},
    descriptors::close_inherited,
};

/// What an engine needs beyond its package: nothing for a CPU engine.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Files and folders that it reads.
    pub read: Vec<PathBuf>,
    /// Devices that it opens. They bring system calls with them that a worker has not got otherwise.
    pub devices: Vec<PathBuf>,
    /// Whether it reserves address space without bounds.
    pub unbounded_address_space: bool,
}

/// How tightly a worker is closed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The user and group that the worker becomes; only root can give it one.
    pub uid: Option<u32>,
    /// Bytes of memory that it may write to, beyond what it holds when it enters.
    pub memory_bytes: u64,
    /// Descriptors that it may have open.
    pub open_files: u64,
    /// Threads that it may have.
    pub threads: u64,
    /// Whether a worker ends rather than go on without a layer that the kernel does not give.
    pub required: bool,
}

/// The layers that hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// Version of the kernel's Landlock, which keeps files shut; 0 where it has none.
    pub landlock: u32,
    /// Whether system calls are filtered.
    pub seccomp: bool,
    /// Whether memory, files, descriptors and threads are bounded.
    pub limits: bool,
    /// Whether the worker has a user of its own, with no rights of root.
    pub own_user: bool,
    /// Whether it sees nothing of the file system but its package.
    pub own_root: bool,
    /// What does not hold but should, and how to mend it.
    pub missing: Vec<String>,
}

/// What a supervisor found out about the cells of its workers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Whether a cell was tried out; all else says nothing if not.
    pub checked: bool,
    /// The layers.
    #[serde(flatten)]
    pub entered: Entered,
    /// What was tried from within.
    pub attempts: Vec<Attempt>,
}

/// One way out that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What was tried.
    pub name: String,
    /// Whether it was refused.
    pub refused: bool,
}

/// Why a worker does not enter its cell.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    /// Something failed that has nothing to do with what the kernel gives.
    #[error("cannot {0}: {1}")]
    Step(&'static str, #[source] io::Error),
    /// The process has threads already, which would stay outside.
    #[error("the process has {0} threads, and a cell is entered with one")]
    Threads(usize),
    /// Layers are missing that are required.
    #[error("{}", .0.join("; "))]
    Missing(Vec<String>),
}

/// Closes this process in. Its working directory is the package from then on, and nothing else can be opened.
///
/// # Errors
/// When the process has more than one thread, when the package cannot be opened, or when a layer is missing that is
/// required.
pub fn enter(package: &Path, settings: &Settings, needs: &Needs) -> Result<Entered, CellError> {
    let step = |what| move |error: io::Error| CellError::Step(what, error);
    // Most layers are put on a thread, not on a process: another thread would stay outside.
    match threads().map_err(step("count this process's threads"))? {
        1 => {}
        threads => return Err(CellError::Threads(threads)),
    }
    let supervisor = rustix::process::getppid();
    let folder = package::open(package).map_err(step("open the package"))?;
    let needed = landlock::open(needs).map_err(step("open what the engine needs"))?;
    // Whoever gains a hold of the process finds nothing of the supervisor in its memory.
    identity::forget_environment();
    rustix::thread::set_no_new_privs(true).map_err(io::Error::from).map_err(step("give up new privileges"))?;
    rustix::process::fchdir(&folder).map_err(io::Error::from).map_err(step("go into the package"))?;

    let mut entered = Entered::default();
    let missing = &mut entered.missing;
    entered.limits =
        note(missing, limits::set(settings, needs).map_err(|error| format!("limits cannot be set: {error}")));
    // Not where the engine opens files of its own: it has their absolute paths.
    entered.own_root = needed.is_empty() && identity::hide_file_system();
    entered.own_user = note(missing, identity::become_user(settings.uid)) && settings.uid.is_some();
    identity::drop_capabilities().map_err(step("give up root's rights"))?;
    identity::keep_to_itself(supervisor).map_err(step("stay bound to the supervisor"))?;
    entered.landlock = landlock::shut(&folder, needed).unwrap_or_else(|why| {
        missing.push(why);
        0
    });
    entered.seccomp = note(missing, seccomp::filter(!needs.devices.is_empty()));
    if settings.required && !entered.missing.is_empty() {
        return Err(CellError::Missing(entered.missing));
    }
    Ok(entered)
}

fn note(missing: &mut Vec<String>, layer: Result<(), String>) -> bool {
    layer.map_err(|why| missing.push(why)).is_ok()
}

fn threads() -> io::Result<usize> {
    Ok(fs::read_dir("/proc/self/task")?.count())
}
