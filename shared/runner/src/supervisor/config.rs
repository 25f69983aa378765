//! What an operator sets.

use std::{ffi::OsString, fmt, net::SocketAddr, num::NonZeroUsize, path::PathBuf, sync::Arc, thread, time::Duration};

use secrecy::SecretString;
use url::Url;
use vision_protocol::{
    ReleaseId,
    limits::{PackageLimits, RunLimits},
};

use crate::{
    cell::Settings,
    engine::{DeviceFact, Engine},
};

/// Everything that a supervisor is told at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Folder for packages; used by one supervisor at a time.
    pub data: PathBuf,
    /// What callers of `/publish` and `/run` must show.
    pub token: SecretString,
    /// The only origins to which signed URLs may point.
    pub portals: Vec<Url>,
    /// Name of the inference engine.
    pub engine: String,
    /// Bounds of packages.
    pub package_limits: PackageLimits,
    /// Bytes of packages on disk, above which those unused for longest go; the portal publishes them again.
    pub package_disk_bytes: u64,
    /// Bounds of runs.
    pub run_limits: RunLimits,
    /// Workers and queues.
    pub fleet: FleetConfig,
    /// How to start a worker.
    pub worker: WorkerCommand,
    /// What workers are closed in.
    pub cell: CellConfig,
    /// Bytes of results that are kept for the people whom they were given to; 0 keeps none.
    pub result_cache_bytes: u64,
    /// What tells about the machine's devices.
    pub devices: Devices,
}

/// An engine, asked for facts about its devices.
#[derive(Clone, Default)]
pub struct Devices(Option<Arc<dyn Engine>>);

impl Devices {
    /// The devices of an engine.
    pub fn of(engine: Arc<dyn Engine>) -> Self {
        Self(Some(engine))
    }

    /// What is known of them now.
    pub fn facts(&self) -> Vec<DeviceFact> {
        self.0.as_ref().map(|engine| engine.device_facts()).unwrap_or_default()
    }
}

impl fmt::Debug for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Devices").field(&self.0.as_ref().map(|engine| engine.name())).finish()
    }
}

/// The cells of all workers.
#[derive(Clone, Debug)]
pub struct CellConfig {
    /// Whether a runner does without workers rather than have them outside a whole cell.
    pub required: bool,
    /// The program that tries a cell out when the supervisor starts; nothing is tried without it.
    pub check: Option<WorkerCommand>,
    /// Whether a worker has a user of its own if the supervisor is root.
    pub own_users: bool,
    /// Where the users of workers begin.
    pub first_uid: u32,
    /// Descriptors that one worker may have open.
    pub open_files: u64,
    /// Threads that one worker may have.
    pub threads: u64,
}

/// Users that no package of a distribution and no person has: those of systemd's `DynamicUser`.
const FIRST_UID: u32 = 61_184;
const UIDS: u32 = 4_336;

impl Default for CellConfig {
    fn default() -> Self {
        Self { required: true, check: None, own_users: true, first_uid: FIRST_UID, open_files: 256, threads: 512 }
    }
}

impl CellConfig {
    /// The cell of one release's worker. Its user is shared with the few releases whose ids differ by a multiple of 4336.
    pub fn settings(&self, release: ReleaseId, memory_bytes: u64) -> Settings {
        let own = u32::try_from(release.0.rem_euclid(i64::from(UIDS))).unwrap_or_default();
        let root = self.own_users && rustix::process::geteuid().is_root();
        let uid = root.then(|| self.first_uid.saturating_add(own));
        Settings { uid, memory_bytes, open_files: self.open_files, threads: self.threads, required: self.required }
    }
}

/// How many workers there are and how long things may take.
#[derive(Clone, Debug)]
pub struct FleetConfig {
    /// Worker processes at once; one serves one release.
    pub workers: usize,
    /// Resident bytes of all workers, above which idle ones go before another is started.
    pub memory_bytes: u64,
    /// Worker processes that wait, started ahead, for whichever release needs one next.
    pub spares: usize,
    /// Runs that one worker computes side by side.
    pub parallel: usize,
    /// Runs that a worker is sent beyond those, so that a thread which has ended one finds the next.
    pub ahead: usize,
    /// Runs that are computed side by side by all workers together.
    pub slots: usize,
    /// Runs of one release that may wait.
    pub queue: usize,
    /// Runs of all releases that may wait or be computed.
    pub held: usize,
    /// What a run is taken to last before one of its release has ended.
    pub expected_run: Duration,
    /// Publications that may wait while another is being proved.
    pub publish_queue: usize,
    /// How long a worker may take to get ready.
    pub start_timeout: Duration,
    /// How long the proof of a new package may take.
    pub prove_timeout: Duration,
    /// How long after a run's deadline its worker is killed.
    pub grace: Duration,
}

impl Default for FleetConfig {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            workers: 8,
            memory_bytes: 4 << 30,
            spares: 1,
            parallel: cores,
            ahead: 1,
            slots: 2 * cores,
            queue: 64,
            held: 512,
            expected_run: Duration::from_secs(1),
            publish_queue: 16,
            start_timeout: Duration::from_secs(60),
            prove_timeout: Duration::from_secs(120),
            grace: Duration::from_millis(500),
        }
    }
}

/// The command line of a worker process.
#[derive(Clone, Debug)]
pub struct WorkerCommand {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// All of its environment.
    pub env: Vec<(OsString, OsString)>,
}

/// What a worker inherits: nothing that could hold a secret.
const INHERITED: [&str; 8] = [
    "CUDA_DEVICE_ORDER",
    "CUDA_VISIBLE_DEVICES",
    "LD_LIBRARY_PATH",
    "NO_COLOR",
    "ORT_DYLIB_PATH",
    "PATH",
    "RUST_BACKTRACE",
    "RUST_LOG",
];

/// What stands in the environment of every worker.
pub const WORKER_ENVIRONMENT: [(&str, &str); 2] = [
    // One heap for all threads, which keeps what it has got up to 128 MiB. Otherwise each inference gives the memory of
    // its tensors back to the kernel, and the next one takes it page by page: for a model with tensors of megabytes that
    // is a tenth of its time, and a heap per thread takes half as much memory again.
    (
        "GLIBC_TUNABLES",
        "glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=134217728",
    ),
    // ONNX Runtime reports to its maker unless this is set before it is loaded.
    ("ORT_DISABLE_TELEMETRY", "1"),
];

impl WorkerCommand {
    /// This very program as a worker, `prefix` being the arguments that lead to its runner part.
    pub fn this_program(prefix: Vec<OsString>) -> Self {
        Self::this_program_as("worker", prefix, Vec::new())
    }

    /// This very program with another command, and with the engine's own options behind it.
    pub(crate) fn this_program_as(command: &str, prefix: Vec<OsString>, engine: Vec<OsString>) -> Self {
        let mut args = prefix;
        args.push(command.into());
        args.extend(engine);
        let inherited = INHERITED.iter().filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?)));
        let env = inherited.chain(WORKER_ENVIRONMENT.map(|(name, value)| (name.into(), value.into()))).collect();
        Self { program: PathBuf::from("/proc/self/exe"), args, env }
    }
}

impl Config {
    /// A configuration for tests: any port of loopback, the token `test-token`, two runs at once, small queues.
    pub fn for_testing(data: PathBuf, worker: WorkerCommand) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data,
            token: SecretString::from("test-token"),
            portals: Vec::new(),
            engine: "test".to_owned(),
            package_limits: PackageLimits::default(),
            package_disk_bytes: 1 << 30,
            run_limits: RunLimits::default(),
            fleet: FleetConfig { workers: 2, parallel: 2, ahead: 0, slots: 8, queue: 2, ..FleetConfig::default() },
            worker,
            cell: CellConfig::default(),
            result_cache_bytes: 0,
            devices: Devices::default(),
        }
    }
}
