//! Other processes: made, looked into, signalled, become.

use std::{io, ptr};

use super::{Attempt, any, at, call, gained, looked_at, number, refused, refused_untried, supervisor, text};

pub(super) const ATTEMPTS: &[Attempt] = &[
    refused("a process", |_| fork(libc::SYS_clone, libc::SIGCHLD)),
    refused("a process that shares memory", |_| {
        // SAFETY: `vfork` is `clone` with these flags; the child ends at once.
        fork_of(unsafe { libc::syscall(libc::SYS_clone, libc::CLONE_VFORK | libc::SIGCHLD, 0, 0, 0, 0) })
    }),
    refused("a process by clone3", |_| {
        let arguments = [0_u64, 0, 0, 0, libc::SIGCHLD as u64, 0, 0, 0];
        // SAFETY: the arguments are those of `fork`; the child ends at once.
        fork_of(unsafe { libc::syscall(libc::SYS_clone3, arguments.as_ptr(), size_of_val(&arguments)) })
    }),
    refused("a fork bomb", |_| {
        let forked = (0..10_000).filter(|_| fork(libc::SYS_clone, libc::SIGCHLD).is_ok()).count();
        if forked > 0 { Ok(format!("{forked} processes")) } else { fork(libc::SYS_clone, libc::SIGCHLD) }
    }),
    refused("a shell", |_| {
        std::process::Command::new("/bin/sh").args(["-c", "exit"]).status().map(|status| status.to_string())
    }),
    refused_untried("another program in its place", |_| {
        any([
            call(libc::SYS_execve, [text(c"/bin/true"), 0, 0]),
            call(libc::SYS_execveat, [number(libc::AT_FDCWD), text(c"/bin/true"), 0, 0, 0]),
            call(libc::SYS_execve, [text(c"models/model.onnx"), 0, 0]),
        ])
    }),
    refused("the supervisor's memory", |_| {
        let mut byte = 0_u8;
        let here = libc::iovec { iov_base: ptr::from_mut(&mut byte).cast(), iov_len: 1 };
        let there = libc::iovec { iov_base: ptr::dangling_mut(), iov_len: 1 };
        looked_at(call(libc::SYS_process_vm_readv, [supervisor(), at(&here), 1, at(&there), 1, 0]))
    }),
    refused_untried("the supervisor, traced", |_| {
        any([
            call(libc::SYS_ptrace, [libc::PTRACE_ATTACH.into(), supervisor(), 0, 0]),
            call(libc::SYS_ptrace, [libc::PTRACE_SEIZE.into(), supervisor(), 0, 0]),
            call(libc::SYS_ptrace, [libc::PTRACE_TRACEME.into(), 0, 0, 0]),
        ])
    }),
    refused("the supervisor's descriptors, taken over", |_| {
        let process = call(libc::SYS_pidfd_open, [supervisor(), 0])?;
        gained(call(libc::SYS_pidfd_getfd, [process, 0, 0]))
    }),
    refused("whether the supervisor is there", |_| gained(call(libc::SYS_kill, [supervisor(), 0]))),
    refused_untried("the supervisor's death", |_| {
        let kill = number(libc::SIGKILL);
        let information = [0_u8; 128];
        any([
            call(libc::SYS_kill, [supervisor(), kill]),
            call(libc::SYS_tkill, [supervisor(), kill]),
            call(libc::SYS_tgkill, [supervisor(), supervisor(), kill]),
            call(libc::SYS_rt_sigqueueinfo, [supervisor(), kill, at(&information)]),
            call(libc::SYS_rt_tgsigqueueinfo, [supervisor(), supervisor(), kill, at(&information)]),
            call(libc::SYS_pidfd_send_signal, [0, kill, 0, 0]),
        ])
    }),
    refused_untried("everybody's death", |_| {
        any([call(libc::SYS_kill, [-1, number(libc::SIGKILL)]), call(libc::SYS_kill, [0, number(libc::SIGKILL)])])
    }),
    refused("a signal to any process at all", |_| any((1..70_000).map(|pid| call(libc::SYS_kill, [pid, 0])))),
    refused("a signal by way of a socket", |_| {
        any([
            call(libc::SYS_fcntl, [0, number(libc::F_SETOWN), supervisor()]),
            call(libc::SYS_fcntl, [0, 10, number(libc::SIGKILL)]),
        ])
    }),
    refused("the supervisor's priority, cores and limits", |_| {
        let cores = [0xff_u8; 128];
        any([
            call(libc::SYS_setpriority, [0, supervisor(), 0]),
            call(libc::SYS_sched_setaffinity, [supervisor(), 128, at(&cores)]),
            call(libc::SYS_prlimit64, [supervisor(), 0, 0, at(&cores)]),
        ])
    }),
    refused_untried("another namespace", |_| {
        let flags = [
            libc::CLONE_NEWUSER,
            libc::CLONE_NEWNS,
            libc::CLONE_NEWNET,
            libc::CLONE_NEWPID,
            libc::CLONE_NEWIPC,
            libc::CLONE_NEWUTS,
            libc::CLONE_NEWCGROUP,
        ];
        any(flags
            .into_iter()
            .flat_map(|flag| [call(libc::SYS_unshare, [number(flag)]), call(libc::SYS_setns, [0, number(flag)])]))
    }),
    refused_untried("a thread in another namespace", |_| {
        gained(call(
            libc::SYS_clone,
            [number(libc::CLONE_THREAD | libc::CLONE_VM | libc::CLONE_SIGHAND | libc::CLONE_NEWUSER)],
        ))
    }),
    refused_untried("root", |_| {
        any([
            call(libc::SYS_setresuid, [0, 0, 0]),
            call(libc::SYS_setuid, [0]),
            call(libc::SYS_setfsuid, [0]).and_then(|_| super::files::shadow()),
        ])
    }),
    refused_untried("another worker's user or group", |_| {
        any([
            call(libc::SYS_setresuid, [61_185, 61_185, 61_185]),
            call(libc::SYS_setresgid, [61_185, 61_185, 61_185]),
            call(libc::SYS_setgroups, [1, at(&61_185_u32)]),
        ])
    }),
    refused_untried("capabilities", |_| {
        let header = [0x2008_0522_u32, 0];
        let all = [u32::MAX; 6];
        any([
            call(libc::SYS_capset, [at(&header), at(&all)]),
            call(libc::SYS_prctl, [number(libc::PR_CAP_AMBIENT), 2, 0, 0, 0]),
            call(libc::SYS_prctl, [number(libc::PR_SET_KEEPCAPS), 1, 0, 0, 0]),
        ])
    }),
    refused("a life beyond the supervisor's", |_| {
        any([call(libc::SYS_prctl, [number(libc::PR_SET_PDEATHSIG), 0]), call(libc::SYS_setsid, [])])
    }),
    refused("a look inside from outside", |_| {
        gained(call(libc::SYS_prctl, [number(libc::PR_SET_DUMPABLE), 1, 0, 0, 0]))
    }),
];

/// The child ends at once.
fn fork(number: libc::c_long, flags: i32) -> io::Result<String> {
    // SAFETY: without a stack of its own and without shared memory, this is `fork`.
    fork_of(unsafe { libc::syscall(number, flags, 0, 0, 0, 0) })
}

fn fork_of(child: libc::c_long) -> io::Result<String> {
    match child {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: the child touches nothing.
        0 => unsafe { libc::_exit(0) },
        child => {
            // SAFETY: it is this process's child, and nobody else waits for it.
            unsafe { libc::waitpid(child as i32, ptr::null_mut(), 0) };
            Ok(format!("process {child}"))
        }
    }
}
