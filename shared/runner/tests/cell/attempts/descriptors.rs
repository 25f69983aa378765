//! What a worker was born with.

use std::{
    fs::{self, File},
    io, mem,
    os::unix::fs::MetadataExt,
};

use super::{Attempt, End, Free, Surroundings};

pub(super) const ATTEMPTS: &[Attempt] = &[
    Attempt { name: "inherited descriptors", end: End::Refused, free: Free::Untried, act: descriptors },
    Attempt { name: "inherited environment", end: End::Refused, free: Free::Untried, act: environment },
    Attempt {
        name: "a descriptor of the supervisor's by its number",
        end: End::Refused,
        free: Free::Untried,
        act: numbers,
    },
];

/// Sockets to the supervisor, the log, /dev/null; nothing else that was not opened since.
fn descriptors(_: &Surroundings) -> io::Result<String> {
    let mut strange = Vec::new();
    for descriptor in 0..1 << 16 {
        // SAFETY: all zeros are a `stat`, and the call writes one.
        let mut stat: libc::stat = unsafe { mem::zeroed() };
        // SAFETY: as above.
        if unsafe { libc::fstat(descriptor, &raw mut stat) } != 0 {
            continue;
        }
        let known = match stat.st_mode & libc::S_IFMT {
            libc::S_IFSOCK => peer_is_the_supervisor(descriptor),
            libc::S_IFIFO => descriptor == 2,
            libc::S_IFCHR => descriptor <= 2,
            // Wasmtime may keep the compiled component open, and the worker its own status, to see what a model costs.
            libc::S_IFREG => is_in_the_package((stat.st_dev, stat.st_ino)) || is_its_own_status(descriptor),
            _ => false,
        };
        if !known {
            strange.push(format!("{descriptor} is of mode {:o}", stat.st_mode));
        }
    }
    if strange.is_empty() { Err(io::Error::other("there is none")) } else { Ok(strange.join(", ")) }
}

/// The supervisor's socket has no name, and no other socket is a stream of the Unix family.
fn peer_is_the_supervisor(descriptor: i32) -> bool {
    // SAFETY: all zeros are a `stat`, and the calls write one.
    let same = |descriptor: i32| unsafe {
        let mut stat: libc::stat = mem::zeroed();
        libc::fstat(descriptor, &raw mut stat);
        stat.st_ino
    };
    same(descriptor) == same(0)
}

fn is_in_the_package(file: (u64, u64)) -> bool {
    fs::metadata(".compiled/app.cwasm").is_ok_and(|compiled| (compiled.dev(), compiled.ino()) == file)
}

fn is_its_own_status(descriptor: i32) -> bool {
    let mut content = vec![0_u8; 8 << 10];
    // SAFETY: it writes as many bytes as there is room for.
    let read = unsafe { libc::pread(descriptor, content.as_mut_ptr().cast(), content.len(), 0) };
    content.truncate(usize::try_from(read).unwrap_or(0));
    String::from_utf8_lossy(&content).contains(&format!("\nPid:\t{}\n", std::process::id()))
}

fn environment(_: &Surroundings) -> io::Result<String> {
    let names: Vec<_> = std::env::vars_os().map(|(name, _)| name.display().to_string()).collect();
    if names.is_empty() { Err(io::Error::other("it is empty")) } else { Ok(names.join(", ")) }
}

/// A descriptor comes with a message only: none can be asked for. Without a root of its own, a worker can open its own
/// once more, if it may open that file at all.
fn numbers(_: &Surroundings) -> io::Result<String> {
    let strange = (3..1 << 12).find(|number| {
        let opened = File::open(format!("/proc/self/fd/{number}")).and_then(|file| file.metadata());
        opened.is_ok_and(|file| !is_in_the_package((file.dev(), file.ino())))
    });
    strange.map(|number| format!("descriptor {number}")).ok_or_else(|| io::Error::other("there is none"))
}
