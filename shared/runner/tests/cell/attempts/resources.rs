//! More of the machine than a worker's share.

use std::{
    fs::File,
    hint,
    io::{self, Write},
    os::fd::AsRawFd,
    process, ptr,
    sync::Arc,
    thread,
};

use super::{Attempt, End, any, at, call, ends_in, looked_at, number, refused, refused_untried};

const MIB: usize = 1 << 20;
/// What the tests allow a worker.
pub(crate) const MEMORY_BYTES: u64 = 512 << 20;
pub(crate) const THREADS: u64 = 64;
pub(crate) const OPEN_FILES: u64 = 128;

pub(super) const ATTEMPTS: &[Attempt] = &[
    refused_untried("memory without end", |_| fill(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS)),
    refused_untried("memory without end, shared so that it counts for nobody", |_| {
        fill(libc::MAP_SHARED | libc::MAP_ANONYMOUS)
    }),
    refused_untried("memory without end, as a stack that grows", |_| {
        fill(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_GROWSDOWN)
    }),
    refused("huge pages", |_| {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_HUGETLB;
        looked_at(map(2 * MIB, flags).map(|start| start as i64))
    }),
    refused("address space without end", |_| {
        map(1 << 44, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE).map(|_| "16 TiB".to_owned())
    }),
    refused("memory that is never swapped", |_| {
        any([call(libc::SYS_mlockall, [1]), call(libc::SYS_mlock, [at(&[0_u8; 16]), 16])])
    }),
    refused_untried("threads without end", |_| threads()),
    refused_untried("descriptors without end", |_| {
        let file = File::open("models/model.onnx")?;
        let mut copies = Vec::new();
        for _ in 0..100_000 {
            match file.try_clone() {
                Ok(copy) => copies.push(copy),
                Err(error) if copies.len() as u64 <= OPEN_FILES => return Err(error),
                Err(_) => break,
            }
        }
        Ok(format!("{} descriptors", copies.len()))
    }),
    refused("higher limits", |_| {
        let unlimited = [u64::MAX; 2];
        any((0..16).map(|limit| call(libc::SYS_prlimit64, [0, limit, at(&unlimited), 0])))
    }),
    refused("more than its share of the processor", |_| {
        any([
            call(libc::SYS_setpriority, [0, 0, -20]),
            call(libc::SYS_sched_setscheduler, [0, number(libc::SCHED_BATCH), at(&[0_i32; 2])]),
            call(libc::SYS_sched_setaffinity, [0, 128, at(&[0xff_u8; 128])]),
            call(libc::SYS_ioprio_set, [1, 0, 0]),
        ])
    }),
    refused("a huge file, written through what is open", |_| {
        let file = File::open("models/model.onnx")?;
        let pages = vec![0_u8; MIB];
        any([
            gained_bytes((&file).write(&pages)),
            call(libc::SYS_copy_file_range, [0, 0, file.as_raw_fd().into(), 0, 1 << 30, 0]),
            File::options().write(true).open("models/model.onnx").and_then(|mut file| gained_bytes(file.write(&pages))),
        ])
    }),
    // The supervisor reads it slowly, and keeps a hundred lines.
    ends_in(End::Timeout, "a log without end", |_| {
        let line = [b'x'; 4096];
        loop {
            io::stderr().write_all(&line)?;
        }
    }),
    ends_in(End::Death, "a stack without end", |_| {
        fn deeper(depth: u64) -> u64 {
            let room = hint::black_box([depth; 512]);
            if depth == u64::MAX { 0 } else { deeper(depth + 1) + room[7] }
        }
        Ok(format!("depth {}", deeper(0)))
    }),
    ends_in(End::Death, "an abort, for the core dump's sake", |_| process::abort()),
    ends_in(End::Death, "an allocation that cannot be had", |_| {
        let mut everything: Vec<Vec<u8>> = Vec::new();
        for _ in 0..1 << 12 {
            everything.push(hint::black_box(vec![1; 16 * MIB]));
        }
        Ok(format!("{} MiB", everything.len() * 16))
    }),
    ends_in(End::Timeout, "the processor without end", |_| {
        loop {
            hint::spin_loop();
        }
    }),
];

/// Maps and touches memory until it is refused; what was had was little enough, or the attempt succeeded.
fn fill(flags: i32) -> io::Result<String> {
    let piece = 16 * MIB;
    let mut had = 0;
    loop {
        let start = match map(piece, flags) {
            Ok(start) => start,
            Err(error) if had as u64 <= MEMORY_BYTES => return Err(error),
            Err(_) => return Ok(format!("{} MiB", had / MIB)),
        };
        for page in (0..piece).step_by(4096) {
            // SAFETY: the page is within what was mapped for writing.
            unsafe { start.add(page).write_volatile(1) };
        }
        had += piece;
        // Enough to show that there is no limit, before the machine has to.
        if had as u64 > 4 * MEMORY_BYTES {
            return Ok(format!("{} MiB", had / MIB));
        }
    }
}

fn map(bytes: usize, flags: i32) -> io::Result<*mut u8> {
    // SAFETY: a new mapping touches nothing that is there.
    let start = unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if start == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(start.cast()) }
}

/// Starts threads until that is refused. A worker that shares its user with whoever started the runner has a larger
/// share.
fn threads() -> io::Result<String> {
    // SAFETY: it cannot fail and touches nothing.
    let share = if unsafe { libc::getuid() } >= 61_184 { THREADS } else { THREADS * 16 };
    let mut running = Vec::new();
    let (stop, wait) = std::sync::mpsc::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(wait));
    let refused = loop {
        let wait = wait.clone();
        let started = thread::Builder::new().stack_size(64 << 10).spawn(move || {
            // Returns when the other end is dropped.
            let _ = wait.lock().map(|wait| wait.recv());
        });
        match started {
            Ok(thread) => running.push(thread),
            Err(error) => break Some(error),
        }
        if running.len() as u64 > 2 * share {
            break None;
        }
    };
    drop(stop);
    let had = running.len();
    for thread in running {
        // They do nothing that could panic.
        let _ = thread.join();
    }
    match refused {
        Some(error) if had as u64 <= share => Err(error),
        _ => Ok(format!("{had} threads")),
    }
}

fn gained_bytes(written: io::Result<usize>) -> io::Result<i64> {
    written.map(|written| written as i64)
}
