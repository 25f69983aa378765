//! `vision completions`: what a shell completes.

use std::{io::Write, process::ExitCode};

use clap::Args;
use clap_complete::{Shell, generate};

/// What `completions` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(options: &Options, mut command: clap::Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    generate(options.shell, &mut command, "vision", out);
    Ok(ExitCode::SUCCESS)
}
