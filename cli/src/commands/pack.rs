//! `vision pack`: the zip of a folder that has no faults.

use std::{
    fs::File,
    io::{Seek, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;

use super::check::{check, report};
use crate::local::archive;

/// What `pack` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// The folder.
    folder: PathBuf,
    /// Where to write; the folder's name with `.zip` if left out.
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Answers with one JSON document.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut archive = archive(&options.folder)?;
    let outcome = check(&mut archive)?;
    if outcome.is_err() {
        report(out, &outcome, options.json)?;
        return Ok(ExitCode::from(1));
    }
    let output = options.output.map_or_else(|| default_output(&options.folder), Ok)?;
    archive.rewind()?;
    let mut file = File::create(&output).with_context(|| format!("cannot write {}", output.display()))?;
    let bytes = std::io::copy(&mut archive, &mut file)?;
    if options.json {
        writeln!(out, "{}", serde_json::json!({ "file": output, "bytes": bytes }))?;
    } else {
        writeln!(out, "{}: {bytes} bytes", output.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn default_output(folder: &Path) -> anyhow::Result<PathBuf> {
    let folder = folder.canonicalize()?;
    let name = folder.file_name().context("the folder has no name; give --output")?;
    Ok(PathBuf::from(name).with_extension("zip"))
}
