//! `vision catalog`: known pretrained models, each an app that one only has to fetch.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use vision_catalog::{Catalog, Depot, Entry};

use super::{
    check::{check, report},
    publish::{self, Shelf},
};
use crate::{account, local, progress::Progress};

/// What `catalog` is told.
#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists the models.
    List {
        /// Only those of this task, such as `detection`.
        #[arg(long)]
        task: Option<String>,
        /// Answers as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetches a model and makes an app of it.
    Install(Box<InstallOptions>),
}

#[derive(Args)]
struct InstallOptions {
    /// The model, as `vision catalog list` calls it.
    name: String,
    /// The folder to make, or the zip; a folder of the model's name if left out.
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// A folder that is looked into before anything is downloaded, for the file's SHA-256 or name.
    #[arg(long, env = "VISION_MODEL_MIRROR", value_name = "FOLDER")]
    mirror: Option<PathBuf>,
    /// Puts the app on the portal; makes no folder unless --into names one.
    #[arg(long)]
    publish: bool,
    #[command(flatten)]
    shelf: Shelf,
    /// Answers as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match options.command {
        Command::List { task, json } => list(task.as_deref(), json, out),
        Command::Install(options) => install(*options, out),
    }
}

fn list(task: Option<&str>, as_json: bool, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let entries = Catalog::builtin().entries().iter();
    let entries: Vec<&Entry> = entries.filter(|entry| task.is_none_or(|task| entry.text("Task") == task)).collect();
    if as_json {
        let told: Vec<_> = entries.iter().map(|entry| told(entry)).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&json!({ "entries": told }))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let widest = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    for entry in entries {
        let megabytes = format!("{:.1} MB", entry.bytes() as f64 / 1e6);
        let (name, task, licence) = (&entry.name, entry.text("Task"), &entry.licence);
        let only = if entry.is_downloadable() { "" } else { " (from a mirror only)" };
        writeln!(out, "{name:widest$}  {task:15} {megabytes:>8}  {licence:12}  {}{only}", entry.text("Description"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn told(entry: &Entry) -> serde_json::Value {
    let files = entry.models.iter().map(|model| {
        json!({
            "path": model.path, "sha256": model.sha256, "bytes": model.bytes, "source": model.source.page(),
            "converted": model.converted,
        })
    });
    json!({
        "name": entry.name, "title": entry.text("Name"), "description": entry.text("Description"),
        "task": entry.text("Task"), "licence": entry.licence, "licenceUrl": entry.licence_url,
        "credits": entry.credits, "bytes": entry.bytes(), "files": files.collect::<Vec<_>>(),
    })
}

fn install(options: InstallOptions, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let catalog = Catalog::builtin();
    let Some(entry) = catalog.find(&options.name) else {
        bail!("“{}” is not in the catalogue; `vision catalog list` tells what is", options.name);
    };
    let depot = Depot::new(account::cache()?, options.mirror)?;
    let into = match options.into {
        Some(into) => into,
        None if options.publish => {
            let folder = tempfile::tempdir()?;
            let app = folder.path().join("app.zip");
            make(&depot, entry, &app)?;
            return publish::publish(File::open(app)?, options.shelf, options.json, out);
        }
        None => PathBuf::from(&entry.name),
    };
    make(&depot, entry, &into)?;
    let mut archive = local::archive(&into)?;
    if options.publish {
        return publish::publish(archive, options.shelf, options.json, out);
    }
    let outcome = check(&mut archive)?;
    report(out, &outcome, options.json)?;
    if !options.json {
        writeln!(out, "{}: {} Licence: {}", into.display(), entry.credits, entry.licence)?;
    }
    Ok(ExitCode::from(u8::from(outcome.is_err())))
}

/// Makes the app, as a zip if the name ends so.
fn make(depot: &Depot, entry: &Entry, into: &Path) -> anyhow::Result<()> {
    let is_zip = into.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
    let is_taken =
        if is_zip { into.exists() } else { fs::read_dir(into).is_ok_and(|mut files| files.next().is_some()) };
    if is_taken || (!is_zip && into.is_file()) {
        bail!("{} is there already; remove it, or name another with --into", into.display());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let bar = Progress::of_bytes(entry.bytes(), "Fetching");
    let made: anyhow::Result<()> = runtime.block_on(async {
        if is_zip {
            let file = File::create_new(into).with_context(|| format!("cannot write {}", into.display()))?;
            let made = vision_catalog::write_zip(depot, entry, file, |bytes| bar.at(bytes)).await;
            if made.is_err() {
                // Half a zip is none.
                let _ = fs::remove_file(into);
            }
            made?;
        } else {
            vision_catalog::write_folder(depot, entry, into, |bytes| bar.at(bytes)).await?;
        }
        Ok(())
    });
    drop(bar);
    made
}
