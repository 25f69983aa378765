//! The kernel's own doors, where its faults have been.

use std::io;

use super::{Attempt, End, any, at, call, ends_in, gained, looked_at, number, out, refused, refused_untried, text};

pub(super) const ATTEMPTS: &[Attempt] = &[
    refused_untried("io_uring: system calls past the filter", |_| {
        gained(call(libc::SYS_io_uring_setup, [1, at(&[0_u8; 128])]))
    }),
    refused_untried("bpf: code in the kernel", |_| gained(call(libc::SYS_bpf, [0, at(&[0_u8; 128]), 128]))),
    refused_untried("perf: counters of the processor", |_| {
        gained(call(libc::SYS_perf_event_open, [at(&[0_u8; 128]), 0, -1, -1, 0]))
    }),
    refused_untried("userfaultfd: faults held up", |_| gained(call(libc::SYS_userfaultfd, [1]))),
    refused_untried("keys", |_| {
        any([
            call(libc::SYS_keyctl, [0, -3, 1]),
            call(libc::SYS_add_key, [text(c"user"), text(c"a"), text(c"b"), 1, -2]),
            call(libc::SYS_request_key, [text(c"user"), text(c"a"), 0, 0]),
        ])
    }),
    refused_untried("modules and another kernel", |_| {
        any([
            call(libc::SYS_init_module, [0, 0, text(c"")]),
            call(libc::SYS_finit_module, [0, text(c""), 0]),
            call(libc::SYS_delete_module, [text(c"x"), 0]),
            call(libc::SYS_kexec_load, [0, 0, 0, 0]),
        ])
    }),
    refused_untried("a restart of the machine", |_| {
        gained(call(libc::SYS_reboot, [0xfee1_dead, 672_274_793, 0x0123_4567]))
    }),
    refused_untried("the machine's clock, name and log", |_| {
        any([
            call(libc::SYS_clock_settime, [0, at(&[0_i64; 2])]),
            call(libc::SYS_settimeofday, [at(&[0_i64; 2]), 0]),
            call(libc::SYS_sethostname, [text(c"x"), 1]),
            call(libc::SYS_syslog, [3, at(&[0_u8; 16]), 16]),
            call(libc::SYS_acct, [0]),
            call(libc::SYS_swapoff, [text(c"/")]),
        ])
    }),
    refused("memory shared with others by a number", |_| {
        let segment = call(libc::SYS_shmget, [i64::from(libc::IPC_PRIVATE), 4096, 0o1600])?;
        gained(call(libc::SYS_shmctl, [segment, number(libc::IPC_RMID), 0]))
    }),
    refused("queues and semaphores", |_| {
        let made = any([
            call(libc::SYS_msgget, [i64::from(libc::IPC_PRIVATE), 0o1600]).inspect(|queue| {
                // Outside a cell it should not stay.
                let _ = call(libc::SYS_msgctl, [*queue, number(libc::IPC_RMID), 0]);
            }),
            call(libc::SYS_mq_open, [text(c"vision-cell"), number(libc::O_CREAT | libc::O_RDWR), 0o600, 0]),
        ]);
        // As above.
        let _ = call(libc::SYS_mq_unlink, [text(c"vision-cell")]);
        made
    }),
    refused("timers that send signals", |_| {
        let mut timer = 0_i32;
        gained(call(libc::SYS_timer_create, [0, 0, out(&mut timer)]))
    }),
    refused("another personality of the kernel", |_| gained(call(libc::SYS_personality, [0x0004_0000]))),
    refused("typing at the terminal", |_| {
        looked_at(call(libc::SYS_ioctl, [2, libc::TIOCSTI.cast_signed(), at(&b'x')]))
    }),
    refused("data moved past the filter", |_| {
        let mut pipe = [0_i32; 2];
        any([
            call(libc::SYS_pipe2, [out(&mut pipe), 0]),
            call(libc::SYS_splice, [0, 0, 1, 0, 1, 0]),
            call(libc::SYS_tee, [0, 1, 1, 0]),
        ])
    }),
    refused("a looser filter", |_| {
        looked_at(call(libc::SYS_seccomp, [i64::from(libc::SECCOMP_SET_MODE_FILTER), 0, 0]))
    }),
    #[cfg(target_arch = "x86_64")]
    refused_untried("ports of the processor", |_| {
        any([
            call(libc::SYS_iopl, [3]),
            call(libc::SYS_ioperm, [0, 1, 1]),
            call(libc::SYS_modify_ldt, [1, 0, 0]),
            call(libc::SYS_arch_prctl, [0x1002, 0]),
        ])
    }),
    #[cfg(target_arch = "x86_64")]
    refused_untried("system calls by the numbers of x32", |_| {
        any([
            call(0x4000_0000 | libc::SYS_socket, [2, 1, 0]),
            call(0x4000_0000 | libc::SYS_kill, [super::supervisor(), 0]),
        ])
    }),
    #[cfg(target_arch = "x86_64")]
    ends_in(End::Death, "system calls by the numbers of 32 bits", |_| {
        let mut value: i32 = 20;
        // SAFETY: `getpid` by its 32-bit number touches no memory.
        unsafe { std::arch::asm!("int 0x80", inout("eax") value) };
        if value >= 0 { Ok(format!("it gave {value}")) } else { Err(io::Error::from_raw_os_error(-value)) }
    }),
];
