//! The command line that every runner program has: `serve`, `worker`, which `serve` starts, and `firewall`.

mod options;

use std::{
    convert::Infallible,
    ffi::OsString,
    io::{self, IsTerminal, Read, Write},
    net::SocketAddr,
    os::{fd::AsFd, unix::net::UnixStream},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};
use tracing_subscriber::EnvFilter;

use self::options::{LogFormat, ServeOptions};
use crate::{
    cell,
    engine::Engine,
    firewall,
    supervisor::{self, Config, Devices, Running, StartError, Stopper, WorkerCommand},
    worker,
};

/// Runs computer-vision apps for a portal.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct CommandLine<O: Args, C: Subcommand> {
    #[command(subcommand)]
    command: Option<Command<O, C>>,
    #[command(flatten)]
    serve: ServeOptions,
    #[command(flatten)]
    engine: O,
}

#[derive(Subcommand)]
enum Command<O: Args, C: Subcommand> {
    /// Listen for packages and runs (what happens without a command, too).
    Serve {
        #[command(flatten)]
        options: Box<ServeOptions>,
        #[command(flatten)]
        engine: O,
    },
    /// Execute the runs of one release; its standard input is a socket. Started by `serve`.
    #[command(hide = true)]
    Worker(O),
    /// Try out what workers are closed in. Started by `serve`, first of all.
    #[command(hide = true)]
    CellCheck(O),
    /// Print firewall rules that let a runner reach its portal and nothing else.
    Firewall(Box<firewall::Options>),
    #[command(flatten)]
    Own(C),
}

/// What a runner program adds to the command line that all of them have.
pub trait Variant {
    /// Options of the engine, for `serve` and for the workers that it starts.
    type Options: Args;
    /// Commands of its own.
    type Command: Subcommand;

    /// Makes the engine. Before `serve` begins, the engine makes sure that its workers will be able to compute.
    ///
    /// # Errors
    /// What is missing, and what to install.
    fn engine(&self, options: &Self::Options, role: Role) -> anyhow::Result<Arc<dyn Engine>>;

    /// What `serve` gives its workers of these options; it stands behind `worker`.
    fn worker_args(&self, options: &Self::Options) -> Vec<OsString>;

    /// Carries out a command of its own.
    ///
    /// # Errors
    /// What went wrong, in a sentence for the operator.
    fn command(&self, command: Self::Command) -> anyhow::Result<()>;
}

/// What an engine is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A supervisor, which computes nothing itself.
    Supervisor,
    /// A worker.
    Worker,
}

/// A program with nothing of its own but an engine.
struct Plain(Arc<dyn Engine>);

impl Variant for Plain {
    type Options = ();
    type Command = Infallible;

    fn engine(&self, (): &(), _: Role) -> anyhow::Result<Arc<dyn Engine>> {
        Ok(Arc::clone(&self.0))
    }

    fn worker_args(&self, (): &()) -> Vec<OsString> {
        Vec::new()
    }

    fn command(&self, command: Infallible) -> anyhow::Result<()> {
        match command {}
    }
}

/// Runs a runner program. `args` begins with the program's name. Where the runner is a part of a larger program,
/// `worker_prefix` is what leads to it on that program's command line.
pub fn run(args: Vec<OsString>, worker_prefix: Vec<OsString>, engine: Arc<dyn Engine>) -> ExitCode {
    run_variant(args, worker_prefix, &Plain(engine))
}

/// Runs a runner program that has options and commands of its own.
pub fn run_variant<V: Variant>(args: Vec<OsString>, worker_prefix: Vec<OsString>, variant: &V) -> ExitCode {
    let command_line = match CommandLine::<V::Options, V::Command>::try_parse_from(args) {
        Ok(command_line) => command_line,
        Err(error) => {
            // Where even this cannot be written there is nobody left to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1));
        }
    };
    let (options, engine_options) = match command_line.command {
        Some(Command::Serve { options, engine }) => (*options, engine),
        None => (command_line.serve, command_line.engine),
        Some(Command::Worker(options)) => {
            return match begin_process().and_then(|()| variant.engine(&options, Role::Worker)) {
                Ok(engine) => ended(work(engine)),
                Err(error) => refused(&error),
            };
        }
        Some(Command::CellCheck(options)) => {
            let engine = begin_process().and_then(|()| variant.engine(&options, Role::Worker));
            let tried = engine.and_then(|engine| try_cell_out(&*engine));
            return tried.map_or_else(|error| refused(&error), |()| ExitCode::SUCCESS);
        }
        Some(Command::Firewall(options)) => {
            let printed = firewall::print(*options, &mut io::stdout().lock());
            return printed.map_or_else(|error| refused(&error.into()), |()| ExitCode::SUCCESS);
        }
        Some(Command::Own(command)) => {
            return variant.command(command).map_or_else(|error| refused(&error), |()| ExitCode::SUCCESS);
        }
    };
    match variant.engine(&engine_options, Role::Supervisor) {
        Ok(engine) => {
            let engine_args = variant.worker_args(&engine_options);
            let check = WorkerCommand::this_program_as("cell-check", worker_prefix.clone(), engine_args.clone());
            let worker = WorkerCommand::this_program_as("worker", worker_prefix, engine_args);
            ended(serve(options, worker, check, engine))
        }
        Err(error) => refused(&error),
    }
}

fn ended(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What the operator must mend before anything begins; there is no log yet.
fn refused(error: &anyhow::Error) -> ExitCode {
    // Where even this cannot be written there is nobody left to tell.
    let _ = writeln!(io::stderr(), "error: {error:#}");
    ExitCode::from(2)
}

/// What a process that `serve` starts does first of all.
fn begin_process() -> anyhow::Result<()> {
    cell::close_inherited().context("cannot close what was left open")?;
    // A worker whose supervisor is gone would compute for nobody.
    Ok(rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?)
}

fn work(engine: Arc<dyn Engine>) -> anyhow::Result<()> {
    log_to_stderr(LogFormat::Text);
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    socket.peer_addr().context("a worker is started by `serve`, with a socket as its standard input")?;
    worker::serve(engine, socket)
}

fn try_cell_out(engine: &dyn Engine) -> anyhow::Result<()> {
    let order: cell::Order =
        serde_json::from_reader(io::stdin().lock()).context("started by `serve`, which says what to try")?;
    engine.prepare().map_err(anyhow::Error::new).context("the engine cannot be used")?;
    let report = cell::try_out(&order, &engine.needs())?;
    Ok(serde_json::to_writer(io::stdout().lock(), &report)?)
}

fn serve(
    options: ServeOptions,
    worker: WorkerCommand,
    check: WorkerCommand,
    engine: Arc<dyn Engine>,
) -> anyhow::Result<()> {
    log_to_stderr(options.log_format);
    let exit_with_parent = options.exit_with_parent;
    let name = engine.name();
    let mut config = Config { devices: Devices::of(engine), ..options.config(worker, name)? };
    config.cell.check = Some(check);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let running = start(config).await?;
        tracing::info!(listen = %running.address(), engine = name, "the runner is ready");
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

    fn parse(args: &[&str]) -> CommandLine<(), Infallible> {
        CommandLine::try_parse_from([&["runner-test"], args].concat()).unwrap()
    }

    #[test]
    fn options_come_with_and_without_a_command() {
        assert_eq!(parse(&["--listen", "127.0.0.1:9"]).serve.listen.port(), 9);
        let Some(Command::Serve { options, .. }) = parse(&["serve", "--queue", "3", "--deadline-ms", "50"]).command
        else {
            panic!("not understood as serve");
        };
        assert_eq!((options.limits.fleet().queue, options.limits.run().deadline_ms), (3, 50));
        assert!(matches!(parse(&["worker"]).command, Some(Command::Worker(()))));
    }

    #[test]
    fn a_token_is_needed_and_never_printed() {
        let options = parse(&["--token", "hidden-word", "--portal-url", "http://127.0.0.1:1"]).serve;
        let config = options.config(WorkerCommand::this_program(vec!["runner-test".into()]), "test").unwrap();
        assert!(!format!("{config:?}").contains("hidden-word"));
        assert_eq!(config.worker.args, ["runner-test", "worker"]);
        assert!(parse(&["--token", " "]).serve.config(WorkerCommand::this_program(Vec::new()), "test").is_err());
    }
}
