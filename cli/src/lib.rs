#![doc = include_str!("../README.md")]

mod account;
mod commands;
pub mod conform;
mod convert;
mod dev;
mod expectation;
pub mod local;
mod model;
mod progress;
mod propose;
mod scaffold;
mod show;

use std::{ffi::OsString, io::Write, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};

/// Everything that an author does with an app: makes one of a trained model, checks, runs and tests it, and packs it.
#[derive(Parser)]
#[command(
    name = "vision",
    version,
    after_help = "Exit codes: 0 all is well; 1 faults were found, each told with its place; 2 the command could not be \
                  carried out."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes an app of a model: proposes task and preprocessing, and proves them on a photo.
    New(Box<commands::new::Options>),
    /// Tells what an ONNX file holds, which engines take it, and how it may be used.
    Inspect(commands::inspect::Options),
    /// Rewrites an ONNX file so that every portal's engine takes it, and proves that it does.
    Convert(commands::convert::Options),
    /// Lists every fault of an app's folder or zip.
    Check(commands::check::Options),
    /// Runs an app here, with the worker, the cell and the engine of production.
    Run(Box<commands::run::Options>),
    /// Runs an app's examples, and holds the answers against what is expected.
    Test(commands::test::Options),
    /// Serves a page of an app on this machine, which follows its files.
    Dev(commands::dev::Options),
    /// Makes the zip of a folder.
    Pack(commands::pack::Options),
    /// Keeps a portal's address and an API key for it.
    Login(commands::login::Options),
    /// Forgets portal and key.
    Logout,
    /// Puts an app on a portal: checks it, uploads it, waits for the runner's word, publishes it.
    Publish(Box<commands::publish::Options>),
    /// Known pretrained models, ready to be apps.
    Catalog(commands::catalog::Options),
    /// What people say of an app on a portal, as training data.
    Feedback(Box<commands::feedback::Options>),
    /// Prints the JSON Schema of `app.json`.
    Schema,
    /// Holds a runner against the protocol, and prints a report.
    Conform(Box<commands::conform::Options>),
    /// Prints what a shell needs to complete these commands.
    Completions(commands::completions::Options),
    /// Writes manual pages, one per command.
    Man(commands::man::Options),
    /// Tries a model out. Started by `inspect` and `new`.
    #[command(hide = true)]
    MeasureModel(commands::measure_model::Options),
    /// Compares a converted model with its original. Started by `convert`.
    #[command(hide = true)]
    CompareModels(commands::compare_models::Options),
    /// The runner that computes with tract, with a command line of its own.
    #[command(disable_help_flag = true, hide = true)]
    RunnerTract(Carried),
    /// The runner that computes with ONNX Runtime, with a command line of its own.
    #[command(disable_help_flag = true, hide = true)]
    RunnerGpu(Carried),
}

/// The command line of a program that this one carries.
#[derive(clap::Args)]
struct Carried {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs the program. `arguments` begins with its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // A runner parses its own command line, all of it, and has a process for itself.
    match arguments.get(1).and_then(|first| first.to_str()) {
        Some(name @ "runner-tract") => return runner_tract::main(arguments[1..].to_vec(), vec![name.into()]),
        Some(name @ "runner-gpu") => return runner_gpu::main(arguments[1..].to_vec(), vec![name.into()]),
        _ => {}
    }
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where even this cannot be written there is nobody left to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut out = std::io::stdout().lock();
    carry_out(arguments.command, &mut out).unwrap_or_else(|error| {
        // Whoever reads only the head of an answer closes the pipe.
        if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
            return ExitCode::SUCCESS;
        }
        let _ = writeln!(std::io::stderr(), "vision: {error:#}");
        ExitCode::from(2)
    })
}

/// The command line without what nobody types.
fn visible() -> clap::Command {
    let all = Arguments::command();
    let shown: Vec<_> = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
    let about = all.get_about().cloned().unwrap_or_default();
    let after = all.get_after_help().cloned().unwrap_or_default();
    clap::Command::new("vision").version(env!("CARGO_PKG_VERSION")).about(about).after_help(after).subcommands(shown)
}

fn carry_out(command: Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match command {
        Command::New(options) => commands::new::run(*options, out),
        Command::Inspect(options) => commands::inspect::run(&options, out),
        Command::Convert(options) => commands::convert::run(&options, out),
        Command::Check(options) => commands::check::run(&options, out),
        Command::Run(options) => commands::run::run(&options, out),
        Command::Test(options) => commands::test::run(&options, out),
        Command::Dev(options) => commands::dev::run(&options, out),
        Command::Pack(options) => commands::pack::run(options, out),
        Command::Login(options) => commands::login::run(options, out),
        Command::Logout => commands::logout::run(out),
        Command::Publish(options) => commands::publish::run(*options, out),
        Command::Catalog(options) => commands::catalog::run(options, out),
        Command::Feedback(options) => commands::feedback::run(*options, out),
        Command::Schema => commands::schema::run(out),
        Command::Conform(options) => commands::conform::run(*options, out),
        Command::Completions(options) => commands::completions::run(&options, visible(), out),
        Command::Man(options) => commands::man::run(&options, visible(), out),
        Command::MeasureModel(options) => commands::measure_model::run(&options, out),
        Command::CompareModels(options) => commands::compare_models::run(&options, out),
        Command::RunnerTract(_) | Command::RunnerGpu(_) => anyhow::bail!("a runner's name must be the first argument"),
    }
}
