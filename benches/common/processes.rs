//! What a process and all that it has started cost: processor time and memory, from `/proc`.

use std::{
    collections::HashMap,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Clock ticks per second of `/proc/<pid>/stat`: what Linux gives to programs on every architecture.
const TICKS: f64 = 100.0;

/// A process and everything below it.
pub(crate) struct Tree(pub(crate) u32);

impl Tree {
    /// Its process ids.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for pid in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = pid.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            if let Some(parent) = stat(pid).and_then(|fields| fields.get(1)?.parse().ok()) {
                children.entry(parent).or_default().push(pid);
            }
        }
        let mut pids = vec![self.0];
        let mut next = 0;
        while let Some(pid) = pids.get(next) {
            pids.extend(children.get(pid).into_iter().flatten());
            next += 1;
        }
        pids
    }

    /// Processor seconds that it has used, those of children that have ended included.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let ticks = |pid: u32| -> f64 {
            let fields = stat(pid).unwrap_or_default();
            (11..15).filter_map(|index| fields.get(index)?.parse::<f64>().ok()).sum()
        };
        self.pids().into_iter().map(ticks).sum::<f64>() / TICKS
    }

    /// Bytes of memory, pages that several processes share counted once.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let kibibytes = |pid: u32| -> u64 {
            let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
        };
        self.pids().into_iter().map(kibibytes).sum::<u64>() * 1024
    }
}

/// The fields of `/proc/<pid>/stat` from the third on, the state.
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name stands in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    Some(fields.split_ascii_whitespace().map(ToOwned::to_owned).collect())
}

/// Processor time that the host of a virtual machine had for others, from `/proc/stat`.
pub(crate) struct Stolen([f64; 2]);

impl Stolen {
    /// Counts from now on.
    pub(crate) fn now() -> Self {
        Self(Self::read())
    }

    /// Per cent of all processor time.
    pub(crate) fn since(&self) -> f64 {
        let [all, stolen] = Self::read();
        100.0 * (stolen - self.0[1]) / (all - self.0[0]).max(1.0)
    }

    /// Ticks of all kinds, and those stolen, the eighth kind.
    fn read() -> [f64; 2] {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let line = stat.lines().next().unwrap_or_default();
        let ticks: Vec<f64> = line.split_ascii_whitespace().skip(1).take(8).filter_map(|n| n.parse().ok()).collect();
        [ticks.iter().sum(), ticks.get(7).copied().unwrap_or_default()]
    }
}

/// Watches how much memory a tree of processes takes at most.
pub(crate) struct Peak {
    most: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
    watching: Option<JoinHandle<()>>,
}

impl Peak {
    /// Watches from now on.
    pub(crate) fn watch(pid: u32) -> Self {
        let (most, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (seen, stop) = (most.clone(), ended.clone());
        let watching = thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                seen.fetch_max(Tree(pid).memory_bytes(), Ordering::Relaxed);
                thread::park_timeout(Duration::from_millis(250));
            }
        });
        Self { most, ended, watching: Some(watching) }
    }

    /// The most that was seen, in bytes.
    pub(crate) fn bytes(mut self) -> u64 {
        self.stop();
        self.most.load(Ordering::Relaxed)
    }

    fn stop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(watching) = self.watching.take() {
            watching.thread().unpark();
            watching.join().ok();
        }
    }
}

impl Drop for Peak {
    fn drop(&mut self) {
        self.stop();
    }
}
