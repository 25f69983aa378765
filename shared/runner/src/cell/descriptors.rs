//! Descriptors that came with the process.

use std::{fs, io};

/// Closes every descriptor but the three standard ones: whatever the supervisor, or who started it, left open.
///
/// To be called first of all in a process, when nothing has been opened that somebody still means to use.
#[expect(unsafe_code, reason = "descriptors of unknown origin are closed by number")]
pub(crate) fn close_inherited() -> io::Result<()> {
    // SAFETY: `close_range` touches no memory. By contract nothing in this process owns a descriptor above 2 yet.
    if unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) } == 0 {
        return Ok(());
    }
    // Before Linux 5.9. The list is read to its end first: it has a descriptor of its own.
    let open: Vec<libc::c_int> = fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|descriptor| *descriptor > 2)
        .collect();
    for descriptor in open {
        // SAFETY: as above; one that has been closed already is an error without effect.
        unsafe { libc::close(descriptor) };
    }
    Ok(())
}
