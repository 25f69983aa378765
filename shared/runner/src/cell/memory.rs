//! How much memory this process has now.

use std::{fs, io};

/// Bytes, as the kernel counts them against the limits of the same names.
pub(super) struct Held {
    pub(super) address_space: u64,
    pub(super) data: u64,
}

pub(super) fn held() -> io::Result<Held> {
    let status = fs::read_to_string("/proc/self/status")?;
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kibibytes
            .map(|kibibytes| kibibytes * 1024)
            .ok_or_else(|| io::Error::other(format!("/proc/self/status has no {name}")))
    };
    Ok(Held { address_space: bytes("VmSize:")?, data: bytes("VmData:")? })
}
