//! The filter of system calls: what is not listed is refused.
//!
//! Listed is what computing needs: memory, threads, time, the descriptors that are open already, and opening files to
//! read (Landlock says which). A call that is refused fails with `EPERM`, so that a library may do without.

use std::{collections::BTreeMap, env::consts::ARCH};

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Width, SeccompCmpOp as Is, SeccompCondition as Condition,
    SeccompFilter, SeccompRule as Rule, TargetArch,
};

/// With any arguments.
const PLAIN: &[c_long] = &[
    // What is open already: the socket to the supervisor, the log, the package.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_getdents64,
    libc::SYS_ppoll,
    // There is one socket, connected, and no way to make another.
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_shutdown,
    // Memory; compiled glue is mapped, then made executable.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    // Threads, which `clone` below has started, and their signals.
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getcpu,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // Time, chance, and who one is.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getppid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
];

/// What an engine with devices needs as well: their drivers wait for events, pin memory and look themselves up.
const WITH_DEVICES: &[c_long] = &[
    libc::SYS_ioctl,
    libc::SYS_mmap,
    libc::SYS_eventfd2,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_pipe2,
    libc::SYS_faccessat,
    libc::SYS_readlinkat,
    libc::SYS_getcwd,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_get_mempolicy,
    libc::SYS_set_mempolicy,
    libc::SYS_mbind,
    libc::SYS_mincore,
    libc::SYS_mlock,
    libc::SYS_munlock,
    libc::SYS_sched_setaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_pipe,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
];

/// Calls with a predecessor that libraries fall back to when the kernel has not got them: glibc to `clone`, whose flags
/// a filter can read, and wasmtime to memory in place of a file in memory.
const UNKNOWN: &[c_long] = &[libc::SYS_clone3, libc::SYS_memfd_create];

/// A bit of `open` that `libc` gives only together with `O_DIRECTORY`.
const NAMELESS_FILE: i32 = libc::O_TMPFILE & !libc::O_DIRECTORY;

/// Filters this thread and all that it starts.
pub(super) fn filter(devices: bool) -> Result<(), String> {
    let target = TargetArch::try_from(ARCH);
    let unusable = |error: &dyn std::fmt::Display| {
        format!(
            "system calls cannot be filtered ({error}): seccomp needs a kernel with CONFIG_SECCOMP_FILTER, on x86-64 or aarch64"
        )
    };
    let target = target.map_err(|error| unusable(&error))?;
    let compile = |rules, otherwise, matched| -> Result<BpfProgram, seccompiler::BackendError> {
        SeccompFilter::new(rules, otherwise, matched, target)?.try_into()
    };
    let refuse = |errno: i32| SeccompAction::Errno(errno.unsigned_abs());
    let unknown = UNKNOWN.iter().map(|call| (*call, Vec::new())).collect();
    let unknown = compile(unknown, SeccompAction::Allow, refuse(libc::ENOSYS));
    let known = rules(devices).and_then(|rules| compile(rules, refuse(libc::EPERM), SeccompAction::Allow));
    // The stricter of two filters counts, and the second would not let a third be put on.
    for program in [unknown, known] {
        let program = program.map_err(|error| unusable(&error))?;
        seccompiler::apply_filter(&program).map_err(|error| unusable(&error))?;
    }
    Ok(())
}

fn rules(devices: bool) -> Result<BTreeMap<c_long, Vec<Rule>>, seccompiler::BackendError> {
    let mut rules: BTreeMap<c_long, Vec<Rule>> = PLAIN.iter().chain(UNKNOWN).map(|call| (*call, Vec::new())).collect();
    let mut only = |call, alternatives: Vec<Vec<Condition>>| -> Result<(), seccompiler::BackendError> {
        let alternatives: Result<_, _> = alternatives.into_iter().map(Rule::new).collect();
        rules.insert(call, alternatives?);
        Ok(())
    };
    // Files are read: not made, emptied, written to, or held without being opened.
    let write = if devices { 0 } else { libc::O_ACCMODE };
    only(
        libc::SYS_openat,
        vec![vec![bits(2, write | libc::O_CREAT | libc::O_TRUNC | libc::O_PATH | NAMELESS_FILE, 0)?]],
    )?;
    // Private memory counts against the limit of data; shared memory and stacks that grow would not.
    let kind = libc::MAP_TYPE | libc::MAP_GROWSDOWN | libc::MAP_HUGETLB;
    let private = bits(3, kind, libc::MAP_PRIVATE)?;
    let shared_file = bits(3, kind | libc::MAP_ANONYMOUS, libc::MAP_SHARED)?;
    only(libc::SYS_mmap, vec![vec![private], vec![shared_file]])?;
    // Threads, not processes, and in no other namespace.
    only(libc::SYS_clone, vec![vec![bits(0, libc::CLONE_THREAD | NOT_A_THREAD, libc::CLONE_THREAD)?]])?;
    // `abort` sends a signal to its own process. This is the process's id for good: it cannot fork.
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    only(libc::SYS_tgkill, vec![vec![equal(0, own)?]])?;
    let fcntl = [libc::F_DUPFD_CLOEXEC, libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_SETFL, libc::F_GET_SEALS];
    only(libc::SYS_fcntl, fcntl.iter().map(|command| Ok(vec![equal(1, *command)?])).collect::<Result<_, _>>()?)?;
    // `FIONBIO`: whether reading waits.
    only(libc::SYS_ioctl, vec![vec![Condition::new(1, Width::Dword, Is::Eq, libc::FIONBIO)?]])?;
    only(libc::SYS_prctl, vec![vec![equal(0, libc::PR_SET_NAME)?]])?;
    // Its own limits are read.
    only(libc::SYS_prlimit64, vec![vec![equal(0, 0)?, Condition::new(2, Width::Qword, Is::Eq, 0)?]])?;
    #[cfg(target_arch = "x86_64")]
    only(
        libc::SYS_arch_prctl,
        vec![vec![Condition::new(0, Width::Dword, Is::MaskedEq(!3 & 0xffff_ffff), MATRIX_UNITS)?]],
    )?;
    if devices {
        rules.extend(WITH_DEVICES.iter().map(|call| (*call, Vec::new())));
    }
    Ok(rules)
}

/// What `clone` makes another kind of process or another namespace with.
const NOT_A_THREAD: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_PTRACE
    | libc::CLONE_VFORK
    | libc::CLONE_PARENT
    | libc::CLONE_PIDFD;

/// `ARCH_GET_XCOMP_SUPP` to `ARCH_REQ_XCOMP_PERM`: engines ask for the processor's matrix units.
#[cfg(target_arch = "x86_64")]
const MATRIX_UNITS: u64 = 0x1020;

fn equal(argument: u8, value: i32) -> Result<Condition, seccompiler::BackendError> {
    Condition::new(argument, Width::Dword, Is::Eq, wide(value))
}

fn bits(argument: u8, mask: i32, value: i32) -> Result<Condition, seccompiler::BackendError> {
    Condition::new(argument, Width::Dword, Is::MaskedEq(wide(mask)), wide(value))
}

/// The kernel looks at 32 bits of these.
fn wide(value: i32) -> u64 {
    u64::from(value.cast_unsigned())
}
