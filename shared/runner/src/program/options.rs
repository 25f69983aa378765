//! The options of `serve`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use vision_protocol::limits::{PackageLimits, RunLimits};

use crate::supervisor::{CellConfig, Config, Devices, FleetConfig, WorkerCommand};

const MIB: u64 = 1 << 20;

/// All of them.
#[derive(Args)]
pub(super) struct ServeOptions {
    /// Where to listen; port 0 takes any free one. The address is written to standard output.
    #[arg(long, env = "VISION_RUNNER_LISTEN", default_value = "127.0.0.1:0")]
    pub(super) listen: SocketAddr,
    /// Folder for packages.
    #[arg(long, env = "VISION_RUNNER_DATA", default_value = "./runner-data")]
    data: PathBuf,
    /// What callers must show as bearer token. Better set in the environment, which other users cannot read.
    #[arg(long, env = "VISION_RUNNER_TOKEN", hide_env_values = true)]
    token: Option<SecretString>,
    /// A portal whose signed URLs may be fetched; nothing else is. May be given more than once.
    #[arg(long = "portal-url", env = "VISION_RUNNER_PORTAL_URL", value_delimiter = ',')]
    portal_urls: Vec<Url>,
    /// Stop when standard input closes, as it does when the program that started this one ends.
    #[arg(long)]
    pub(super) exit_with_parent: bool,
    /// The form of the log on standard error.
    #[arg(long, env = "VISION_LOG_FORMAT", default_value = "text")]
    pub(super) log_format: LogFormat,
    #[command(flatten)]
    pub(super) limits: LimitOptions,
    #[command(flatten)]
    cell: CellOptions,
}

/// What workers are closed in.
#[derive(Args)]
pub(super) struct CellOptions {
    /// Start even where this machine cannot close workers in. Whoever publishes here may then take it over: for trusted
    /// packages only.
    #[arg(long, env = "VISION_RUNNER_ALLOW_OPEN_CELL")]
    allow_open_cell: bool,
    /// The first of 4336 user ids for workers, if the runner is started as root.
    #[arg(long, env = "VISION_RUNNER_WORKER_UIDS")]
    worker_uids: Option<u32>,
}

/// How much of everything.
#[derive(Args)]
pub(super) struct LimitOptions {
    /// Worker processes at once; one serves one release.
    #[arg(long, env = "VISION_RUNNER_WORKERS")]
    workers: Option<usize>,
    /// MiB of memory of all workers, above which idle ones are ended before another starts.
    #[arg(long, env = "VISION_RUNNER_WORKER_MEMORY_MIB")]
    worker_memory_mib: Option<u64>,
    /// MiB of memory of one worker, with its models and all runs that it computes at once.
    #[arg(long, env = "VISION_RUNNER_PROCESS_MEMORY_MIB")]
    process_memory_mib: Option<u64>,
    /// Worker processes that wait, started ahead, for whichever release needs one next.
    #[arg(long, env = "VISION_RUNNER_SPARES")]
    spares: Option<usize>,
    /// Runs that one worker computes side by side; all cores if not given.
    #[arg(long, env = "VISION_RUNNER_PARALLEL")]
    parallel: Option<usize>,
    /// Runs that all workers together compute side by side; two per core if not given.
    #[arg(long, env = "VISION_RUNNER_SLOTS")]
    slots: Option<usize>,
    /// Runs of one release that may wait.
    #[arg(long, env = "VISION_RUNNER_QUEUE")]
    queue: Option<usize>,
    /// Runs of all releases that may wait or be computed.
    #[arg(long, env = "VISION_RUNNER_RUNS_IN_HAND")]
    runs_in_hand: Option<usize>,
    /// MiB of results that are kept, in memory and for ten minutes, for the person whom they were given to; only of
    /// apps that say they are deterministic. 0 keeps none.
    #[arg(long, env = "VISION_RUNNER_RESULT_CACHE_MIB", default_value_t = 0)]
    result_cache_mib: u64,
    /// Milliseconds that a run may take.
    #[arg(long, env = "VISION_RUNNER_DEADLINE_MS")]
    deadline_ms: Option<u64>,
    /// MiB of memory for the glue of one run.
    #[arg(long, env = "VISION_RUNNER_GLUE_MEMORY_MIB")]
    glue_memory_mib: Option<u64>,
    /// MiB of images and tensors of one run.
    #[arg(long, env = "VISION_RUNNER_HOST_MEMORY_MIB")]
    host_memory_mib: Option<u64>,
    /// MiB of one input file.
    #[arg(long, env = "VISION_RUNNER_INPUT_MIB")]
    input_mib: Option<u64>,
    /// Pixels of one picture.
    #[arg(long, env = "VISION_RUNNER_IMAGE_PIXELS")]
    image_pixels: Option<u64>,
    /// MiB of a package's zip.
    #[arg(long, env = "VISION_RUNNER_PACKAGE_MIB")]
    package_mib: Option<u64>,
    /// MiB of a package, inflated.
    #[arg(long, env = "VISION_RUNNER_INFLATED_MIB")]
    inflated_mib: Option<u64>,
    /// MiB of packages on disk, above which those unused for longest go.
    #[arg(long, env = "VISION_RUNNER_PACKAGE_DISK_MIB", default_value = "20480")]
    package_disk_mib: u64,
    /// Seconds that trying out a new package may take.
    #[arg(long, env = "VISION_RUNNER_PROVE_SECONDS")]
    prove_seconds: Option<u64>,
}

/// The form of the log.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

impl ServeOptions {
    /// What a supervisor is told. Its workers are the engine's, and so is the name.
    pub(super) fn config(self, worker: WorkerCommand, engine: &str) -> anyhow::Result<Config> {
        let token = self.token.context("no token: set VISION_RUNNER_TOKEN to a long random text")?;
        if token.expose_secret().trim().is_empty() {
            bail!("the token is empty: set VISION_RUNNER_TOKEN to a long random text");
        }
        if let Some(url) = self.portal_urls.iter().find(|url| !matches!(url.scheme(), "http" | "https")) {
            bail!("--portal-url {url}: must be an http or https address");
        }
        if self.portal_urls.is_empty() {
            tracing::warn!("no --portal-url: apps that take a picture cannot be run");
        }
        Ok(Config {
            listen: self.listen,
            data: self.data,
            token,
            portals: self.portal_urls,
            engine: engine.to_owned(),
            package_limits: self.limits.package(),
            package_disk_bytes: mib(self.limits.package_disk_mib),
            run_limits: self.limits.run(),
            fleet: self.limits.fleet(),
            worker,
            cell: self.cell.config(),
            result_cache_bytes: mib(self.limits.result_cache_mib),
            devices: Devices::default(),
        })
    }
}

impl CellOptions {
    fn config(&self) -> CellConfig {
        let mut cell = CellConfig { required: !self.allow_open_cell, ..CellConfig::default() };
        set(&mut cell.first_uid, self.worker_uids);
        cell
    }
}

impl LimitOptions {
    fn package(&self) -> PackageLimits {
        let mut limits = PackageLimits::default();
        set(&mut limits.zipped_bytes, self.package_mib.map(mib));
        set(&mut limits.inflated_bytes, self.inflated_mib.map(mib));
        limits
    }

    pub(super) fn run(&self) -> RunLimits {
        let mut limits = RunLimits::default();
        set(&mut limits.deadline_ms, self.deadline_ms);
        set(&mut limits.glue_memory_bytes, self.glue_memory_mib.map(mib));
        set(&mut limits.host_memory_bytes, self.host_memory_mib.map(mib));
        set(&mut limits.input_bytes, self.input_mib.map(mib));
        set(&mut limits.image_pixels, self.image_pixels);
        set(&mut limits.worker_memory_bytes, self.process_memory_mib.map(mib));
        limits
    }

    pub(super) fn fleet(&self) -> FleetConfig {
        let mut fleet = FleetConfig::default();
        set(&mut fleet.workers, self.workers);
        set(&mut fleet.memory_bytes, self.worker_memory_mib.map(mib));
        set(&mut fleet.spares, self.spares);
        set(&mut fleet.parallel, self.parallel);
        set(&mut fleet.slots, self.slots);
        set(&mut fleet.queue, self.queue);
        set(&mut fleet.held, self.runs_in_hand);
        set(&mut fleet.prove_timeout, self.prove_seconds.map(Duration::from_secs));
        fleet
    }
}

fn set<T>(value: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *value = given;
    }
}

fn mib(mib: u64) -> u64 {
    mib.saturating_mul(MIB)
}
