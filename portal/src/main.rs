//! `portal`: serves the marketplace; with a command, looks after its people and runners.

use std::{
    ffi::OsString,
    io::{IsTerminal, Read},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use portal::{
    config::Config,
    domain::{accounts, fleet},
    serve::{self, FIRST_ADMIN, Serving},
    state::Portal,
};
use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The command that is the embedded runner, and starts its workers.
const RUNNER: &str = "runner-tract";

/// Intelligent Vision: a marketplace for computer-vision apps.
///
/// Without a command it serves, on embedded defaults: SQLite and files in ./data, and a runner of its own.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    config: Config,
    /// Write logs as JSON
    #[arg(long, env = "VISION_LOG_JSON", global = true)]
    log_json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the marketplace
    Serve,
    /// Look after admins
    #[command(subcommand)]
    Admin(Admin),
    /// Look after runners
    #[command(subcommand)]
    Runner(Runner),
    /// The embedded runner, with arguments of its own
    #[command(disable_help_flag = true)]
    RunnerTract {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

#[derive(Subcommand)]
enum Admin {
    /// Make an admin, or give one a new password; prints the password
    Create {
        #[arg(long, default_value = FIRST_ADMIN)]
        email: String,
    },
}

#[derive(Subcommand)]
enum Runner {
    /// Add a runner: anything that speaks POST /publish and POST /run
    Add {
        /// Where /publish and /run are
        #[arg(long)]
        url: String,
        /// What to call it
        #[arg(long, default_value = "")]
        name: String,
        /// Sent as `Authorization: Bearer`; `-` reads it from standard input
        #[arg(long, env = "VISION_ADD_RUNNER_TOKEN", hide_env_values = true)]
        token: Option<String>,
    },
    /// List the runners
    List,
}

fn main() -> ExitCode {
    // The embedded runner parses its own command line, all of it.
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments.peek().is_some_and(|first| first == RUNNER) {
        return runner_tract(arguments.collect());
    }
    let cli = Cli::parse();
    // Database, keys and files are for the portal's own user, whatever folder they are put in.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    log(cli.log_json);
    let done = actix_web::rt::System::new().block_on(async {
        match cli.command {
            None | Some(Command::Serve) => run(cli.config).await,
            Some(Command::Admin(Admin::Create { email })) => create_admin(cli.config, &email).await,
            Some(Command::Runner(command)) => runner(cli.config, command).await,
            Some(Command::RunnerTract { .. }) => anyhow::bail!("`runner-tract` must be the first argument"),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(feature = "embedded-runner")]
fn runner_tract(arguments: Vec<OsString>) -> ExitCode {
    // Where a command line expects the program's name stands the name of the command.
    runner_tract::main(arguments, vec![RUNNER.into()])
}

#[cfg(not(feature = "embedded-runner"))]
fn runner_tract(_: Vec<OsString>) -> ExitCode {
    log(false);
    tracing::error!("this portal was built without a runner (feature `embedded-runner`)");
    ExitCode::FAILURE
}

fn log(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    if json { builder.json().init() } else { builder.init() }
}

async fn run(config: Config) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut serving = serve::start(config).await?;
    greet(&serving);
    tokio::select! {
        ended = serving.ended() => return ended.context("the server ended"),
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    say("Stopping; runs in hand are finished first.");
    serving.stop().await;
    Ok(())
}

fn greet(serving: &Serving) {
    let url = serving.portal().public_url.as_str().trim_end_matches('/');
    say(&format!("\nIntelligent Vision is at {url}"));
    if let Some(password) = &serving.first_password {
        say(&format!("Log in as {FIRST_ADMIN} with the password {password}"));
        say("It is shown only this once; `portal admin create` makes a new one.");
    }
    say("Stop with Ctrl-C.\n");
}

#[expect(clippy::print_stdout, reason = "what people ask this program for goes to standard output, logs do not")]
fn say(line: &str) {
    println!("{line}");
}

async fn create_admin(config: Config, email: &str) -> anyhow::Result<()> {
    let portal = Portal::beside(config).await?;
    let password = accounts::create_admin(&portal, email).await?;
    say(&format!("{email} is an admin now, with the password {password}"));
    Ok(())
}

async fn runner(config: Config, command: Runner) -> anyhow::Result<()> {
    let portal = Portal::beside(config).await?;
    match command {
        Runner::Add { url, name, token } => {
            let token = match token.as_deref() {
                Some("-") => {
                    let mut token = String::new();
                    std::io::stdin().take(4096).read_to_string(&mut token)?;
                    Some(token)
                }
                _ => token,
            };
            let about = fleet::About::default();
            let new = fleet::NewRunner { name, base_url: url, token: token.map(SecretString::from), about };
            let id = fleet::add(&portal, &new).await?;
            say(&format!("Runner {id} is added."));
        }
        Runner::List => {
            for runner in fleet::list(&portal).await? {
                let state = if runner.enabled { "enabled" } else { "disabled" };
                let embedded = if runner.embedded { ", embedded" } else { "" };
                say(&format!("{}\t{}\t{}\t{state}{embedded}", runner.id, runner.name, runner.base_url));
            }
        }
    }
    Ok(())
}
