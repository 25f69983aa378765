//! Files of others, and files that were not there.

use std::{
    fs::{self, File},
    io,
    os::fd::AsRawFd,
    path::Path,
};

use super::{Attempt, any, call, gained, number, refused, refused_untried, supervisor, text};

const HERE: i64 = libc::AT_FDCWD as i64;

pub(super) const ATTEMPTS: &[Attempt] = &[
    refused("a file of the system", |_| read("/etc/passwd")),
    refused("the system's passwords", |_| read("/etc/shadow")),
    refused("another worker's package, by its path", |around| read(around.neighbour())),
    refused("another worker's compiled component", |around| read(around.data.join("packages/1/.compiled/app.cwasm"))),
    refused("another worker's package, from beside", |_| read("../../../packages/1/app.json")),
    refused("another worker's package, from above the root", |around| {
        let path = around.neighbour();
        read(Path::new("../../../../../../../../../../..").join(path.strip_prefix("/").unwrap()))
    }),
    refused("the list of all packages", |around| list(around.data.join("packages"))),
    refused("the folder above the package", |_| {
        use std::os::unix::fs::MetadataExt;
        // The root of a file system is above itself.
        match fs::metadata("..")?.ino() == fs::metadata(".")?.ino() {
            true => Err(io::Error::other("it is the package itself")),
            false => list(".."),
        }
    }),
    refused("the root folder", |_| {
        let names = fs::read_dir("/")?.filter_map(Result::ok).map(|entry| entry.file_name());
        match names.into_iter().any(|name| name == "etc") {
            true => Ok("the system's root".to_owned()),
            false => Err(io::Error::other("it is the package itself")),
        }
    }),
    refused("its own memory as a file", |_| {
        File::options().read(true).write(true).open("/proc/self/mem").map(|_| "a file".to_owned())
    }),
    refused("the supervisor's memory as a file", |_| {
        read(format!("/proc/{}/mem", supervisor()))
            .or_else(|_| File::open(format!("/proc/{}/mem", supervisor())).map(|_| "a file".to_owned()))
    }),
    refused("the supervisor's environment", |_| read(format!("/proc/{}/environ", supervisor()))),
    refused("the supervisor's descriptors", |_| list(format!("/proc/{}/fd", supervisor()))),
    refused("what processes there are", |_| list("/proc")),
    refused("the system's root through /proc", |_| {
        read("/proc/1/root/etc/passwd").or_else(|_| read("/proc/self/root/etc/passwd"))
    }),
    refused("the kernel's settings", |_| {
        read("/proc/sys/kernel/hostname").or_else(|_| read("/sys/kernel/mm/transparent_hugepage/enabled"))
    }),
    refused("devices", |_| read_some("/dev/urandom").or_else(|_| list("/dev"))),
    refused("the terminal or a pseudo-terminal", |_| {
        File::options().read(true).write(true).open("/dev/ptmx").map(|_| "a terminal".to_owned())
    }),
    refused("a new file in the package", |_| File::create("new").and_then(|_| fs::remove_file("new")).map(|()| made())),
    refused("a new file in /tmp", |_| {
        let path = format!("/tmp/vision-cell-{}", std::process::id());
        File::create(&path).and_then(|_| fs::remove_file(&path)).map(|()| made())
    }),
    refused_untried("a new file in shared memory", |_| {
        let path = format!("/dev/shm/vision-cell-{}", std::process::id());
        File::create(&path).and_then(|_| fs::remove_file(&path)).map(|()| made())
    }),
    refused("a file without a name", |_| {
        gained(call(libc::SYS_openat, [HERE, text(c"."), number(libc::O_TMPFILE | libc::O_RDWR), 0o600]))
    }),
    refused("a file in memory", |_| gained(call(libc::SYS_memfd_create, [text(c"x"), 0]))),
    refused("its own model, written to", |_| File::options().append(true).open("models/model.onnx").map(|_| made())),
    refused("its own model, made huge", |_| {
        any([
            call(libc::SYS_truncate, [text(c"models/model.onnx"), 1 << 40]),
            File::open("models/model.onnx")
                .and_then(|file| call(libc::SYS_ftruncate, [file.as_raw_fd().into(), 1 << 40])),
            File::open("models/model.onnx")
                .and_then(|file| call(libc::SYS_fallocate, [file.as_raw_fd().into(), 0, 0, 1 << 40])),
        ])
    }),
    refused("its own model, deleted, renamed or linked", |_| {
        any([
            call(libc::SYS_linkat, [HERE, text(c"models/model.onnx"), HERE, text(c"linked"), 0]),
            call(libc::SYS_renameat2, [HERE, text(c"linked"), HERE, text(c"renamed"), 0]),
            call(libc::SYS_unlinkat, [HERE, text(c"models/model.onnx"), 0]),
        ])
    }),
    refused("its own model, for everybody", |_| {
        any([
            call(libc::SYS_fchmodat, [HERE, text(c"models/model.onnx"), 0o666]),
            call(libc::SYS_fchownat, [HERE, text(c"models/model.onnx"), 0, 0, 0]),
        ])
    }),
    refused("a folder, a link, a pipe, a device", |_| {
        any([
            call(libc::SYS_mkdirat, [HERE, text(c"folder"), 0o700]),
            call(libc::SYS_symlinkat, [text(c"/etc/passwd"), HERE, text(c"link")]),
            call(libc::SYS_mknodat, [HERE, text(c"pipe"), i64::from(libc::S_IFIFO | 0o600), 0]),
            call(libc::SYS_mknodat, [HERE, text(c"null"), i64::from(libc::S_IFCHR | 0o600), 0x103]),
        ])
    }),
    refused("a hold on a file without opening it", |_| {
        gained(call(libc::SYS_openat, [HERE, text(c"/etc"), number(libc::O_PATH)]))
    }),
    refused("openat2, which no filter can read", |_| {
        let how = [0_u64; 3];
        gained(call(libc::SYS_openat2, [HERE, text(c"/etc/passwd"), super::at(&how), 24]))
    }),
    refused_untried("a file by its handle", |_| {
        let handle = [0_u32; 34];
        any([
            call(
                libc::SYS_name_to_handle_at,
                [HERE, text(c"/etc/passwd"), super::at(&handle), super::at(&handle[33]), 0],
            ),
            call(libc::SYS_open_by_handle_at, [HERE, super::at(&handle), 0]),
        ])
    }),
    refused("another working directory or root", |_| {
        any([call(libc::SYS_chdir, [text(c"/")]), call(libc::SYS_chroot, [text(c"..")])])
    }),
    refused_untried("mounts", |_| {
        any([
            call(libc::SYS_mount, [text(c"none"), text(c"."), text(c"tmpfs"), 0, 0]),
            call(libc::SYS_umount2, [text(c"/"), 0]),
            call(libc::SYS_pivot_root, [text(c"."), text(c".")]),
            call(libc::SYS_fsopen, [text(c"tmpfs"), 0]),
            call(libc::SYS_open_tree, [HERE, text(c"/"), 1]),
        ])
    }),
    refused("news of files", |_| any([call(libc::SYS_inotify_init1, [0]), call(libc::SYS_fanotify_init, [0, 0])])),
];

fn made() -> String {
    "a file".to_owned()
}

fn read(path: impl AsRef<Path>) -> io::Result<String> {
    fs::read(path).map(|content| format!("{} bytes", content.len()))
}

fn read_some(path: &str) -> io::Result<String> {
    io::Read::read(&mut File::open(path)?, &mut [0; 16]).map(|read| format!("{read} bytes"))
}

fn list(path: impl AsRef<Path>) -> io::Result<String> {
    Ok(format!("{} names", fs::read_dir(path)?.count()))
}

/// What only root may read.
pub(super) fn shadow() -> io::Result<i64> {
    fs::read("/etc/shadow").map(|content| content.len() as i64)
}
