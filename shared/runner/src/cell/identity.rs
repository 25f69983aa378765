//! Who a worker is: a user of its own, without rights, without an environment, bound to its supervisor.

use std::{env, io};

use rustix::{
    process::{DumpableBehavior, Gid, Pid, Signal, Uid},
    thread::{CapabilitySet, CapabilitySets},
};

/// Empties the environment.
#[expect(unsafe_code, reason = "the environment is not guarded against other threads")]
#[expect(clippy::disallowed_methods, reason = "there are none, and nothing is passed: it is thrown away")]
pub(super) fn forget_environment() {
    for (name, _) in env::vars_os() {
        // SAFETY: the caller has made sure that there is no other thread.
        unsafe { env::remove_var(name) };
    }
}

/// Makes the working directory the root of the file system, so that not even names can be read outside. Only root may;
/// without it, Landlock refuses what matters.
pub(super) fn hide_file_system() -> bool {
    rustix::process::chroot(".").is_ok()
}

/// Becomes a user that nothing else is, and makes sure that there is no way back. Only root can; who is not root
/// stays who he is.
pub(super) fn become_user(uid: Option<u32>) -> Result<(), String> {
    let raw = match uid.filter(|uid| *uid != 0) {
        Some(raw) => raw,
        None if !rustix::process::geteuid().is_root() => return Ok(()),
        None => return Err("a worker of root has no user of its own".to_owned()),
    };
    let change = || {
        rustix::thread::set_thread_groups(&[])?;
        let (uid, gid) = (Uid::from_raw(raw), Gid::from_raw(raw));
        rustix::thread::set_thread_res_gid(gid, gid, gid)?;
        rustix::thread::set_thread_res_uid(uid, uid, uid)
    };
    change().map_err(|error| {
        format!(
            "root cannot start a worker as user {raw} ({error}): give the runner CAP_SETUID, CAP_SETGID, CAP_CHOWN and \
             users up to {raw}, or start it as a user other than root"
        )
    })?;
    let root = Uid::ROOT;
    if rustix::thread::set_thread_res_uid(root, root, root).is_ok() || rustix::process::geteuid().as_raw() != raw {
        return Err(format!("user {raw} can become root again"));
    }
    Ok(())
}

/// Gives up what root may do; nothing without root.
pub(super) fn drop_capabilities() -> io::Result<()> {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    Ok(rustix::thread::set_capabilities(None, sets)?)
}

/// Leaves no core dump, lets no other process look inside, and ends with its supervisor.
pub(super) fn keep_to_itself(supervisor: Option<Pid>) -> io::Result<()> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    // A change of user has cleared it.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    if rustix::process::getppid() != supervisor {
        return Err(io::Error::other("the supervisor has gone"));
    }
    Ok(())
}
