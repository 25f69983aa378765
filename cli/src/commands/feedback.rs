//! `vision feedback`: what people say of an app, as training data.

use std::{
    fs::{self, File},
    io::{self, Seek, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use tempfile::TempDir;
use zip::ZipArchive;

use crate::{
    account::{Client, Target},
    progress::Progress,
};

/// What `feedback` is told.
#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetches the photos of people who consent at this moment, with what is right and what the app answered.
    Export(ExportOptions),
}

#[derive(Args)]
struct ExportOptions {
    /// The app, by the end of its address.
    app: String,
    /// How it is written down.
    #[arg(long, value_enum, default_value = "coco")]
    format: Format,
    /// The folder to make.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Only what was said since this day, UTC.
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<String>,
    /// Only what was said up to this day, UTC.
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<String>,
    /// Only what was said of this release, by its number.
    #[arg(long, value_name = "ID")]
    release: Option<i64>,
    #[command(flatten)]
    target: Target,
    /// Answers as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Coco,
    Yolo,
    Voc,
    Csv,
    Jsonl,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Coco => "coco",
            Self::Yolo => "yolo",
            Self::Voc => "voc",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }
}

pub(crate) fn run(options: Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match options.command {
        Command::Export(options) => export(options, out),
    }
}

fn export(options: ExportOptions, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let folder = options.out;
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is there already, and not empty: name another folder with --out", folder.display());
    }
    let mut query = vec![("format", options.format.name().to_owned())];
    query.extend(options.from.map(|day| ("from", day)));
    query.extend(options.to.map(|day| ("to", day)));
    query.extend(options.release.map(|release| ("release", release.to_string())));
    let client = Client::new(options.target.account()?)?;
    // Photos lie beside where they will lie in the end, and in no folder that others can read.
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    let unfinished = TempDir::with_prefix_in(".vision-export-", parent)?;
    let mut archive =
        File::options().read(true).write(true).create_new(true).open(unfinished.path().join("export.zip"))?;
    let line = Progress::new("Fetching");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let path = format!("apps/{}/feedback/export", options.app);
    let fetched = runtime.block_on(client.download(&path, &query, &mut archive));
    drop(line);
    fetched?;
    archive.rewind()?;
    let unpacked = unfinished.path().join("files");
    let photos = unpack(archive, &unpacked).context("the portal's answer is no whole archive; try again")?;
    if folder.is_dir() {
        fs::remove_dir(&folder)?;
    }
    fs::rename(&unpacked, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
    if options.json {
        writeln!(out, "{}", json!({ "folder": folder, "photos": photos }))?;
    } else {
        let plural = if photos == 1 { "" } else { "s" };
        writeln!(out, "{photos} photo{plural} in {}", folder.display())?;
        writeln!(out, "A consent can be withdrawn: export anew before you train, and delete the photos afterwards.")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the files of an archive into a new folder: how many photos there are.
fn unpack(archive: File, into: &Path) -> anyhow::Result<usize> {
    let mut archive = ZipArchive::new(archive)?;
    let mut photos = 0;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let name = entry.enclosed_name().context("a name in it leads out of the folder")?;
        let path = into.join(&name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        io::copy(&mut entry, &mut File::create_new(&path)?)?;
        photos += usize::from(name.starts_with("images"));
    }
    Ok(photos)
}
