#![doc = include_str!("../README.md")]

use std::{
    fs::File,
    io::{Seek, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use vision_package::Package;
use vision_protocol::{Fault, Manifest, limits::PackageLimits};

/// Checks and packs apps.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists every fault of an app's folder or zip.
    Check {
        /// The folder or zip.
        app: PathBuf,
        /// Answers as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes the zip of a folder.
    Pack {
        /// The folder.
        folder: PathBuf,
        /// Where to write; the folder's name with `.zip` if left out.
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Prints the JSON Schema of `app.json`.
    Schema,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "vision: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match command {
        Command::Check { app, json } => {
            let outcome = check(&mut open(&app)?)?;
            report(&mut out, &outcome, json)?;
            Ok(ExitCode::from(u8::from(outcome.is_err())))
        }
        Command::Pack { folder, output } => {
            let mut archive = open(&folder)?;
            let outcome = check(&mut archive)?;
            if outcome.is_err() {
                report(&mut out, &outcome, false)?;
                return Ok(ExitCode::from(1));
            }
            let output = output.map_or_else(|| default_output(&folder), Ok)?;
            archive.rewind()?;
            let mut file = File::create(&output).with_context(|| format!("cannot write {}", output.display()))?;
            let bytes = std::io::copy(&mut archive, &mut file)?;
            writeln!(out, "{}: {bytes} bytes", output.display())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Schema => {
            writeln!(out, "{}", serde_json::to_string_pretty(&Manifest::json_schema())?)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The zip itself, or a zip made of the folder.
fn open(app: &Path) -> anyhow::Result<File> {
    if !app.is_dir() {
        return File::open(app).with_context(|| format!("cannot read {}", app.display()));
    }
    let mut file = tempfile::tempfile()?;
    vision_package::pack_folder(app, &mut file).with_context(|| format!("cannot pack {}", app.display()))?;
    file.rewind()?;
    Ok(file)
}

fn check(archive: &mut File) -> anyhow::Result<Result<Package, Vec<Fault>>> {
    archive.rewind()?;
    Ok(vision_package::check(archive, &PackageLimits::default()))
}

fn report(out: &mut impl Write, outcome: &Result<Package, Vec<Fault>>, json: bool) -> anyhow::Result<()> {
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

fn default_output(folder: &Path) -> anyhow::Result<PathBuf> {
    let folder = folder.canonicalize()?;
    let name = folder.file_name().context("the folder has no name; give --output")?;
    Ok(PathBuf::from(name).with_extension("zip"))
}
