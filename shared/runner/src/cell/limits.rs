//! Limits of the kernel: memory, files, descriptors, threads.

use std::{io, num::NonZeroUsize, thread};

use rustix::process::{Resource, Rlimit};

use super::{Needs, Settings, memory};

/// glibc's allocator reserves this much at a time, for each of up to eight arenas per core.
const ARENA_BYTES: u64 = 64 << 20;
/// Room for what is mapped and not written to: a package, photos, compiled code.
const MAPPED_BYTES: u64 = 2 << 30;
/// Where workers share the user of the person who started the runner, that person's other threads count, too.
const SHARED_USER: u64 = 16;

/// Sets them, for good: nothing raises them again.
pub(super) fn set(settings: &Settings, needs: &Needs) -> io::Result<()> {
    // Whoever writes a file all the same shall read an error, not die of a signal.
    ignore_file_size_signal();
    let held = memory::held()?;
    // What is written to is what costs memory; the address space only holds it.
    lower(Resource::Data, held.data.saturating_add(settings.memory_bytes))?;
    if !needs.unbounded_address_space {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get) as u64;
        let reserved = held.address_space + MAPPED_BYTES + (8 * cores + 8) * ARENA_BYTES;
        lower(Resource::As, reserved.saturating_add(settings.memory_bytes))?;
    }
    lower(Resource::Nproc, if settings.uid.is_some() { settings.threads } else { settings.threads * SHARED_USER })?;
    lower(Resource::Nofile, settings.open_files)?;
    // Files, core dumps, locked memory, message queues, queued signals, priorities: none.
    for none in [
        Resource::Fsize,
        Resource::Core,
        Resource::Memlock,
        Resource::Msgqueue,
        Resource::Sigpending,
        Resource::Nice,
        Resource::Rtprio,
    ] {
        lower(none, 0)?;
    }
    Ok(())
}

fn lower(resource: Resource, to: u64) -> io::Result<()> {
    let most = rustix::process::getrlimit(resource).maximum.map_or(to, |most| most.min(to));
    Ok(rustix::process::setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}

#[expect(unsafe_code, reason = "the standard library has no signals")]
fn ignore_file_size_signal() {
    // SAFETY: ignoring a signal installs no code.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
