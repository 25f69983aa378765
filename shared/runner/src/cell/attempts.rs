//! What a supervisor has tried at its start, from within a cell: a kernel may say that it gives a layer and not mean it.

use std::{fs::File, io, path::PathBuf, ptr};

use serde::{Deserialize, Serialize};

use super::{Attempt, CellError, Needs, Report, Settings};

/// What a supervisor wants tried out.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// An empty folder, in place of a package.
    pub(crate) folder: PathBuf,
    pub(crate) settings: Settings,
}

/// Goes into a cell and tries to get out. For a process of its own, which has to end afterwards.
///
/// # Errors
/// When a cell cannot be entered at all. A layer that is missing stands in the report.
pub(crate) fn try_out(order: &Order, needs: &Needs) -> Result<Report, CellError> {
    let settings = Settings { required: false, ..order.settings.clone() };
    let mut entered = super::enter(&order.folder, &settings, needs)?;
    let attempts: Vec<_> = ATTEMPTS
        .iter()
        .map(|(name, attempt)| Attempt { name: (*name).to_owned(), refused: attempt().is_err() })
        .collect();
    let escaped: Vec<_> = attempts.iter().filter(|attempt| !attempt.refused).map(|attempt| &*attempt.name).collect();
    if !escaped.is_empty() && entered.missing.is_empty() {
        entered.missing.push(format!("the kernel lets a worker {}, though it was told not to", escaped.join(", ")));
    }
    Ok(Report { checked: true, entered, attempts })
}

type Attempted = fn() -> io::Result<()>;

/// Each succeeds if it gets out, and does no harm then.
const ATTEMPTS: &[(&str, Attempted)] = &[
    ("open a socket", || call(libc::SYS_socket, [libc::AF_INET.into(), libc::SOCK_STREAM.into(), 0])),
    ("read a file of the system", || File::open("/etc/passwd").map(drop)),
    ("read about processes", || File::open("/proc/self/status").map(drop)),
    ("write a file", || File::create("written").map(drop)),
    ("start a process", fork),
    // There is no such descriptor: a kernel that looks for it would have run a program.
    ("run a program", || refused_before(libc::SYS_execveat, [-1, 0, 0], libc::EFAULT)),
    ("trace a process", || refused_before(libc::SYS_ptrace, [libc::PTRACE_ATTACH.into(), 0, 0], libc::ESRCH)),
    ("send a signal to the supervisor", || {
        let supervisor = rustix::process::getppid().ok_or_else(|| io::Error::other("it has gone"))?;
        call(libc::SYS_kill, [supervisor.as_raw_nonzero().get().into(), 0, 0])
    }),
    ("become root", || call(libc::SYS_setresuid, [0, 0, 0])),
    ("make a namespace", || call(libc::SYS_unshare, [libc::CLONE_NEWUSER.into(), 0, 0])),
    ("make a file in memory", || call(libc::SYS_memfd_create, [c"x".as_ptr() as libc::c_long, 0, 0])),
    ("raise a limit", || {
        let none = rustix::process::Rlimit { current: None, maximum: None };
        Ok(rustix::process::setrlimit(rustix::process::Resource::Nofile, none)?)
    }),
];

#[expect(unsafe_code, reason = "system calls that no library offers, or only with a kernel's help that is in question")]
fn call(number: libc::c_long, arguments: [libc::c_long; 3]) -> io::Result<()> {
    let [first, second, third] = arguments;
    // SAFETY: none of the calls above writes to memory, and what they point to is static.
    match unsafe { libc::syscall(number, first, second, third, 0, 0) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Whether a call is refused before the kernel has looked at its arguments, of which it would have said this.
fn refused_before(number: libc::c_long, arguments: [libc::c_long; 3], otherwise: i32) -> io::Result<()> {
    match call(number, arguments) {
        Err(error) if error.raw_os_error() == Some(otherwise) => Ok(()),
        outcome => outcome,
    }
}

#[expect(unsafe_code, reason = "the standard library starts no process without a program")]
fn fork() -> io::Result<()> {
    // SAFETY: the child, should there be one, ends without touching anything.
    unsafe {
        match libc::fork() {
            -1 => Err(io::Error::last_os_error()),
            0 => libc::_exit(0),
            child => {
                libc::waitpid(child, ptr::null_mut(), 0);
                Ok(())
            }
        }
    }
}
