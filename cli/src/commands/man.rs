//! `vision man`: manual pages, one per command.

use std::{fs, io::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Args;

/// What `man` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// Where to write them; made if it is not there.
    folder: PathBuf,
}

pub(crate) fn run(options: &Options, command: clap::Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let folder = &options.folder;
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    clap_mangen::generate_to(command, folder).with_context(|| format!("cannot write to {}", folder.display()))?;
    writeln!(out, "{}: read them with `man -l {}/vision.1`", folder.display(), folder.display())?;
    Ok(ExitCode::SUCCESS)
}
