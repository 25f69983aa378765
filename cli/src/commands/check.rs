//! `vision check`: every fault of an app.

use std::{
    fs::File,
    io::{Seek, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use vision_package::Package;
use vision_protocol::{Fault, limits::PackageLimits};

use crate::local::archive;

/// What `check` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// The folder or zip.
    app: PathBuf,
    /// Answers as JSON.
    #[arg(long)]
    json: bool,
}

/// What a check finds: the package, or its faults.
pub(super) type Outcome = Result<Package, Vec<Fault>>;

pub(crate) fn run(options: &Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let outcome = check(&mut archive(&options.app)?)?;
    report(out, &outcome, options.json)?;
    Ok(ExitCode::from(u8::from(outcome.is_err())))
}

pub(super) fn check(archive: &mut File) -> anyhow::Result<Outcome> {
    archive.rewind()?;
    Ok(vision_package::check(archive, &PackageLimits::default()))
}

pub(super) fn report(out: &mut impl Write, outcome: &Outcome, json: bool) -> anyhow::Result<()> {
    let faults = outcome.as_ref().err().map(Vec::as_slice).unwrap_or_default();
    if json {
        writeln!(out, "{}", serde_json::json!({ "faults": faults }))?;
    } else if let Ok(package) = outcome {
        writeln!(out, "{} {}: no faults", package.manifest.name, package.manifest.version)?;
    } else {
        for fault in faults {
            writeln!(out, "{fault}")?;
        }
    }
    Ok(())
}
