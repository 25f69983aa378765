//! `vision check`: every fault of an app.

use std::{
    fs::File,
    io::{Seek, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;
use vision_package::Package;
use vision_protocol::{Fault, limits::PackageLimits};

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
    let outcome = check(&mut open(&options.app)?)?;
    report(out, &outcome, options.json)?;
    Ok(ExitCode::from(u8::from(outcome.is_err())))
}

/// The zip itself, or a zip made of the folder.
pub(super) fn open(app: &Path) -> anyhow::Result<File> {
    if !app.is_dir() {
        return File::open(app).with_context(|| format!("cannot read {}", app.display()));
    }
    let mut file = tempfile::tempfile()?;
    vision_package::pack_folder(app, &mut file).with_context(|| format!("cannot pack {}", app.display()))?;
    file.rewind()?;
    Ok(file)
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
