#![doc = include_str!("../README.md")]

mod account;
mod commands;
pub mod conform;
mod transfer;

use std::{ffi::OsString, io::Write, process::ExitCode};

use clap::{Parser, Subcommand};

/// Checks and packs apps, and tells whether a runner keeps the protocol.
#[derive(Parser)]
#[command(name = "vision", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists every fault of an app's folder or zip.
    Check(commands::check::Options),
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
    /// Prints the JSON Schema of `app.json`.
    Schema,
    /// Holds a runner against the protocol, and prints a report.
    Conform(Box<commands::conform::Options>),
}

/// Runs the program. `arguments` begins with its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where even this cannot be written there is nobody left to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut out = std::io::stdout().lock();
    let done = match arguments.command {
        Command::Check(options) => commands::check::run(&options, &mut out),
        Command::Pack(options) => commands::pack::run(options, &mut out),
        Command::Login(options) => commands::login::run(options, &mut out),
        Command::Logout => commands::logout::run(&mut out),
        Command::Publish(options) => commands::publish::run(*options, &mut out),
        Command::Catalog(options) => commands::catalog::run(options, &mut out),
        Command::Schema => commands::schema::run(&mut out),
        Command::Conform(options) => commands::conform::run(*options, &mut out),
    };
    done.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "vision: {error:#}");
        ExitCode::from(2)
    })
}
