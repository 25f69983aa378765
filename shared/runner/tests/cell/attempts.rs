//! The attempts, by name.

mod descriptors;
mod files;
mod kernel;
mod processes;
mod resources;
mod sockets;

use std::{io, path::PathBuf};

pub(crate) use self::resources::{MEMORY_BYTES, OPEN_FILES, THREADS};

use serde::{Deserialize, Serialize};

/// What hostile code knows of the machine that it is on, as if it had been told by a friend.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Surroundings {
    /// What is to be tried.
    pub(crate) attempt: String,
    /// The supervisor's data folder.
    pub(crate) data: PathBuf,
    /// A port of this machine on which somebody listens.
    pub(crate) port: u16,
    /// The name of an abstract socket on which somebody listens.
    pub(crate) abstract_socket: String,
}

impl Surroundings {
    pub(crate) fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }

    /// A file of another release.
    fn neighbour(&self) -> PathBuf {
        self.data.join("packages/1/app.json")
    }
}

/// How an attempt has to end in a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With an error.
    Refused,
    /// With the death of the worker, and of nothing else.
    Death,
    /// When the supervisor's patience does.
    Timeout,
}

/// What becomes of it outside a cell, which shows that an attempt is one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Free {
    /// It succeeds, and leaves no traces.
    Succeeds,
    /// It does harm, or depends on the kernel.
    Untried,
}

/// One way out.
pub(crate) struct Attempt {
    pub(crate) name: &'static str,
    pub(crate) end: End,
    pub(crate) free: Free,
    act: Act,
}

type Act = fn(&Surroundings) -> io::Result<String>;

/// Refused in a cell; outside, it succeeds.
const fn refused(name: &'static str, act: Act) -> Attempt {
    Attempt { name, end: End::Refused, free: Free::Succeeds, act }
}

/// Refused in a cell; outside, nobody wants to know.
const fn refused_untried(name: &'static str, act: Act) -> Attempt {
    Attempt { name, end: End::Refused, free: Free::Untried, act }
}

const fn ends_in(end: End, name: &'static str, act: Act) -> Attempt {
    Attempt { name, end, free: Free::Untried, act }
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Attempt> {
    [
        sockets::ATTEMPTS,
        files::ATTEMPTS,
        processes::ATTEMPTS,
        kernel::ATTEMPTS,
        descriptors::ATTEMPTS,
        resources::ATTEMPTS,
    ]
    .into_iter()
    .flatten()
}

/// What was gained, or why nothing was.
pub(crate) fn carry_out(surroundings: &Surroundings) -> io::Result<String> {
    let attempt = all().find(|attempt| attempt.name == surroundings.attempt).unwrap();
    (attempt.act)(surroundings)
}

/// A system call as the kernel sees it, without a library in between.
fn call<const N: usize>(number: libc::c_long, arguments: [i64; N]) -> io::Result<i64> {
    let at = |index: usize| arguments.get(index).copied().unwrap_or(0);
    // SAFETY: arguments that point to something are given as `at` or `text` of it, which lives as long as the call.
    match unsafe { libc::syscall(number, at(0), at(1), at(2), at(3), at(4), at(5)) } {
        -1 => Err(io::Error::last_os_error()),
        value => Ok(value),
    }
}

fn at<T: ?Sized>(value: &T) -> i64 {
    std::ptr::from_ref(value).cast::<u8>() as i64
}

fn out<T: ?Sized>(value: &mut T) -> i64 {
    std::ptr::from_mut(value).cast::<u8>() as i64
}

fn text(text: &std::ffi::CStr) -> i64 {
    text.as_ptr() as i64
}

fn number(value: i32) -> i64 {
    i64::from(value)
}

/// The first that succeeds, or the last refusal.
fn any(attempts: impl IntoIterator<Item = io::Result<i64>>) -> io::Result<String> {
    let mut last = io::Error::other("nothing was tried");
    for (index, attempt) in attempts.into_iter().enumerate() {
        match attempt {
            Ok(value) => return Ok(format!("attempt {index} gave {value}")),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn gained(value: io::Result<i64>) -> io::Result<String> {
    value.map(|value| format!("it gave {value}"))
}

/// What a call comes to that the kernel has looked at: with these arguments it would have failed anyhow, otherwise.
fn looked_at(value: io::Result<i64>) -> io::Result<String> {
    match value {
        Err(error) if error.raw_os_error() == Some(libc::EPERM) => Err(error),
        Err(error) => Ok(format!("the kernel looked at it: {error}")),
        Ok(value) => Ok(format!("it gave {value}")),
    }
}

fn supervisor() -> i64 {
    // SAFETY: it cannot fail and touches nothing.
    i64::from(unsafe { libc::getppid() })
}
