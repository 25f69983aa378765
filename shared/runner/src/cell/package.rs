//! The folder of a package: opened before a worker gives up its rights, and readable by that worker's group alone.

use std::{
    fs::{self, Permissions},
    io,
    os::{
        fd::OwnedFd,
        unix::fs::{PermissionsExt, chown},
    },
    path::Path,
};

use rustix::fs::{Mode, OFlags};

/// A hold on the folder; the worker reads it by relative paths, though its path leads through folders that are shut
/// to it.
pub(super) fn open(package: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::open(package, flags, Mode::empty())?)
}

/// Gives a package's files to the group of the worker that will read them: `0750` folders, `0640` files. They stay the
/// supervisor's, so that no worker changes its own. To be called on a package that is whole, before a worker starts on
/// it, by a supervisor that is root.
///
/// # Errors
/// When a file cannot be changed.
pub fn hand_over(folder: &Path, gid: u32) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        // The unpacking makes no links; one that stood here nevertheless would lead the supervisor's hand elsewhere.
        if kind.is_dir() {
            hand_over(&entry.path(), gid)?;
        } else if kind.is_file() {
            give(&entry.path(), gid, 0o640)?;
        }
    }
    give(folder, gid, 0o750)
}

fn give(path: &Path, gid: u32, mode: u32) -> io::Result<()> {
    chown(path, None, Some(gid))?;
    fs::set_permissions(path, Permissions::from_mode(mode))
}
