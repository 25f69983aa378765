//! The command line that every runner program has: `serve`, and `worker`, which `serve` starts.

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Read, Write},
    net::SocketAddr,
    os::{fd::AsFd, unix::net::UnixStream},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};
use tracing_subscriber::EnvFilter;
use url::Url;
use vision_protocol::limits::{PackageLimits, RunLimits};

use crate::{
    engine::Engine,
    supervisor::{self, Config, FleetConfig, Running, StartError, Stopper, WorkerCommand},
    worker,
};

const MIB: u64 = 1 << 20;

/// Runs computer-vision apps for a portal.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeOptions,
}

#[derive(Subcommand)]
enum Command {
    /// Listen for packages and runs (what happens without a command, too).
    Serve(Box<ServeOptions>),
    /// Execute the runs of one release; its standard input is a socket. Started by `serve`.
    #[command(hide = true)]
    Worker,
}

#[derive(Args)]
struct ServeOptions {
    /// Where to listen; port 0 takes any free one. The address is written to standard output.
    #[arg(long, env = "VISION_RUNNER_LISTEN", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
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
    exit_with_parent: bool,
    /// The form of the log on standard error.
    #[arg(long, env = "VISION_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
    #[command(flatten)]
    limits: LimitOptions,
}

#[derive(Args)]
struct LimitOptions {
    /// Worker processes at once; one serves one release.
    #[arg(long, env = "VISION_RUNNER_WORKERS")]
    workers: Option<usize>,
    /// MiB of memory of all workers, above which idle ones are ended before another starts.
    #[arg(long, env = "VISION_RUNNER_WORKER_MEMORY_MIB")]
    worker_memory_mib: Option<u64>,
    /// Runs that one worker computes side by side; all cores if not given.
    #[arg(long, env = "VISION_RUNNER_PARALLEL")]
    parallel: Option<usize>,
    /// Runs of one release that may wait.
    #[arg(long, env = "VISION_RUNNER_QUEUE")]
    queue: Option<usize>,
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
    /// Seconds that trying out a new package may take.
    #[arg(long, env = "VISION_RUNNER_PROVE_SECONDS")]
    prove_seconds: Option<u64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Runs a runner program. `args` begins with the program's name. Where the runner is a part of a larger program,
/// `worker_prefix` is what leads to it on that program's command line.
pub fn run(args: Vec<OsString>, worker_prefix: Vec<OsString>, engine: Arc<dyn Engine>) -> ExitCode {
    let command_line = match CommandLine::try_parse_from(args) {
        Ok(command_line) => command_line,
        Err(error) => {
            // Where even this cannot be written there is nobody left to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1));
        }
    };
    let ended = match command_line.command {
        Some(Command::Worker) => work(engine),
        Some(Command::Serve(options)) => serve(*options, worker_prefix, engine.name()),
        None => serve(command_line.serve, worker_prefix, engine.name()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work(engine: Arc<dyn Engine>) -> anyhow::Result<()> {
    log_to_stderr(LogFormat::Text);
    // A worker whose supervisor is gone would compute for nobody.
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    socket.peer_addr().context("a worker is started by `serve`, with a socket as its standard input")?;
    worker::serve(engine, socket)
}

fn serve(options: ServeOptions, worker_prefix: Vec<OsString>, engine: &str) -> anyhow::Result<()> {
    log_to_stderr(options.log_format);
    let exit_with_parent = options.exit_with_parent;
    let config = options.config(worker_prefix, engine)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let running = start(config).await?;
        tracing::info!(listen = %running.address(), engine, "the runner is ready");
        announce(running.address())?;
        tokio::spawn(stop_when_told(running.stopper(), exit_with_parent));
        running.serve().await.context("the HTTP server failed")
    })
}

/// Starts as soon as the folder is free: a runner that is started anew may come before its predecessor has ended.
async fn start(config: Config) -> Result<Running, StartError> {
    let mut attempts = 1..=50;
    loop {
        match supervisor::start(config.clone()) {
            Err(StartError::Data(error)) if error.kind() == io::ErrorKind::WouldBlock && attempts.next().is_some() => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            started => return started,
        }
    }
}

/// Tells the program that started this one, which may have left the port open.
fn announce(address: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening {address}")?;
    out.flush()
}

async fn stop_when_told(stopper: Stopper, exit_with_parent: bool) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (closed, parent_gone) = oneshot::channel();
    if exit_with_parent {
        std::thread::spawn(move || {
            let mut input = io::stdin().lock();
            while input.read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
            // Fails only when the program is ending anyway.
            let _ = closed.send(());
        });
    } else {
        std::mem::forget(closed);
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = parent_gone => {
            tracing::info!("the program that started this one has ended");
            stopper.stop(false).await;
            return Ok(());
        }
    }
    tracing::info!("stopping; a second signal stops at once");
    let at_once = stopper.clone();
    tokio::select! {
        () = stopper.stop(true) => {}
        _ = terminate.recv() => at_once.stop(false).await,
        _ = interrupt.recv() => at_once.stop(false).await,
    }
    Ok(())
}

impl ServeOptions {
    fn config(self, worker_prefix: Vec<OsString>, engine: &str) -> anyhow::Result<Config> {
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
            run_limits: self.limits.run(),
            fleet: self.limits.fleet(),
            worker: WorkerCommand::this_program(worker_prefix),
        })
    }
}

impl LimitOptions {
    fn package(&self) -> PackageLimits {
        let mut limits = PackageLimits::default();
        set(&mut limits.zipped_bytes, self.package_mib.map(mib));
        set(&mut limits.inflated_bytes, self.inflated_mib.map(mib));
        limits
    }

    fn run(&self) -> RunLimits {
        let mut limits = RunLimits::default();
        set(&mut limits.deadline_ms, self.deadline_ms);
        set(&mut limits.glue_memory_bytes, self.glue_memory_mib.map(mib));
        set(&mut limits.host_memory_bytes, self.host_memory_mib.map(mib));
        set(&mut limits.input_bytes, self.input_mib.map(mib));
        set(&mut limits.image_pixels, self.image_pixels);
        limits
    }

    fn fleet(&self) -> FleetConfig {
        let mut fleet = FleetConfig::default();
        set(&mut fleet.workers, self.workers);
        set(&mut fleet.memory_bytes, self.worker_memory_mib.map(mib));
        set(&mut fleet.parallel, self.parallel);
        set(&mut fleet.queue, self.queue);
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

fn log_to_stderr(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A program that embeds this one may have set up its own log already.
    let _ = match format {
        LogFormat::Text => builder.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> CommandLine {
        CommandLine::try_parse_from([&["runner-test"], args].concat()).unwrap()
    }

    #[test]
    fn options_come_with_and_without_a_command() {
        assert_eq!(parse(&["--listen", "127.0.0.1:9"]).serve.listen.port(), 9);
        let Some(Command::Serve(options)) = parse(&["serve", "--queue", "3", "--deadline-ms", "50"]).command else {
            panic!("not understood as serve");
        };
        assert_eq!((options.limits.fleet().queue, options.limits.run().deadline_ms), (3, 50));
        assert!(matches!(parse(&["worker"]).command, Some(Command::Worker)));
    }

    #[test]
    fn a_token_is_needed_and_never_printed() {
        let options = parse(&["--token", "hidden-word", "--portal-url", "http://127.0.0.1:1"]).serve;
        let config = options.config(vec!["runner-test".into()], "test").unwrap();
        assert!(!format!("{config:?}").contains("hidden-word"));
        assert_eq!(config.worker.args, ["runner-test", "worker"]);
        assert!(parse(&["--token", " "]).serve.config(Vec::new(), "test").is_err());
    }
}
