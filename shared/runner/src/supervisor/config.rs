//! What an operator sets.

use std::{ffi::OsString, net::SocketAddr, num::NonZeroUsize, path::PathBuf, thread, time::Duration};

use secrecy::SecretString;
use url::Url;
use vision_protocol::limits::{PackageLimits, RunLimits};

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
    /// Bounds of runs.
    pub run_limits: RunLimits,
    /// Workers and queues.
    pub fleet: FleetConfig,
    /// How to start a worker.
    pub worker: WorkerCommand,
}

/// How many workers there are and how long things may take.
#[derive(Clone, Debug)]
pub struct FleetConfig {
    /// Worker processes at once; one serves one release.
    pub workers: usize,
    /// Resident bytes of all workers, above which idle ones go before another is started.
    pub memory_bytes: u64,
    /// Runs that one worker computes side by side.
    pub parallel: usize,
    /// Runs of one release that may wait.
    pub queue: usize,
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
        Self {
            workers: 8,
            memory_bytes: 4 << 30,
            parallel: thread::available_parallelism().map_or(1, NonZeroUsize::get),
            queue: 64,
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
const INHERITED: [&str; 6] = ["LD_LIBRARY_PATH", "NO_COLOR", "ORT_DYLIB_PATH", "PATH", "RUST_BACKTRACE", "RUST_LOG"];

impl WorkerCommand {
    /// This very program as a worker, `prefix` being the arguments that lead to its runner part.
    pub fn this_program(prefix: Vec<OsString>) -> Self {
        let mut args = prefix;
        args.push("worker".into());
        let env = INHERITED.iter().filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?))).collect();
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
            run_limits: RunLimits::default(),
            fleet: FleetConfig { workers: 2, parallel: 2, queue: 2, ..FleetConfig::default() },
            worker,
        }
    }
}
