//! `vision publish`: an app from a folder to a portal's shelf.

use std::{
    fs::File,
    io::{Seek, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::bail;
use clap::Args;
use serde_json::json;
use vision_protocol::Fault;

use super::check::check;
use crate::{
    account::{Answered, Client, Release, Target},
    local::archive,
    progress::Progress,
};

/// What `publish` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// The folder or zip.
    app: PathBuf,
    #[command(flatten)]
    shelf: Shelf,
    /// Answers as JSON.
    #[arg(long)]
    json: bool,
}

/// Where an app goes.
#[derive(Args)]
pub(crate) struct Shelf {
    #[command(flatten)]
    target: Target,
    /// Which of your apps gets the release, by the end of its address; the one of the same name if left out.
    #[arg(long, value_name = "SLUG", conflicts_with = "new")]
    to: Option<String>,
    /// Makes a new app, even if you have one of that name.
    #[arg(long)]
    new: bool,
    /// Leaves it a draft, which only you can run.
    #[arg(long)]
    draft: bool,
}

pub(crate) fn run(options: Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let archive = archive(&options.app)?;
    publish(archive, options.shelf, options.json, out)
}

/// Checks an archive, uploads it, waits for the runner's word, and publishes it.
pub(super) fn publish(
    mut archive: File,
    shelf: Shelf,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let package = match check(&mut archive)? {
        Ok(package) => package,
        Err(faults) => return told(&Err(faults), as_json, out),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let released = runtime.block_on(release(archive, &package.manifest.name, shelf))?;
    told(&released, as_json, out)
}

async fn release(mut archive: File, name: &str, shelf: Shelf) -> anyhow::Result<Answered<Release>> {
    let client = Client::new(shelf.target.account()?)?;
    let limit = client.me().await?.limits.package_bytes;
    let bytes = archive.metadata()?.len();
    if bytes > limit {
        let message = format!("the zip has {bytes} bytes; this portal takes at most {limit}");
        return Ok(Err(vec![Fault::new("", message)]));
    }
    let app = match shelf.to {
        Some(slug) => Some(slug),
        None if shelf.new => None,
        None => client.apps().await?.into_iter().find(|app| app.name == name).map(|app| app.slug),
    };
    archive.rewind()?;
    let bar = Progress::of_bytes(bytes, "Uploading");
    let shown = bar.clone();
    let uploaded = client.upload(archive, app.as_deref(), move |more| shown.more(more)).await;
    drop(bar);
    let release = match uploaded? {
        Ok(release) => release,
        Err(faults) => return Ok(Err(faults)),
    };
    let line = Progress::new("A runner is proving it");
    let checked = client.checked(release).await;
    drop(line);
    let release = checked?;
    match release.status.as_str() {
        "rejected" => Ok(Err(release.faults)),
        "draft" if !shelf.draft => client.publish(&release).await.map(Ok),
        "draft" | "published" => Ok(Ok(release)),
        other => bail!("the release is {other}: somebody else has changed it meanwhile"),
    }
}

fn told(released: &Answered<Release>, as_json: bool, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let faults = released.as_ref().err().map(Vec::as_slice).unwrap_or_default();
    if as_json {
        writeln!(out, "{}", json!({ "release": released.as_ref().ok(), "faults": faults }))?;
    } else if let Ok(Release { name, version, status, url, warnings, .. }) = released {
        for warning in warnings {
            writeln!(out, "could be better: {warning}")?;
        }
        writeln!(out, "{name} {version} is {}: {url}", if status == "draft" { "a draft" } else { status.as_str() })?;
    } else {
        for fault in faults {
            writeln!(out, "{fault}")?;
        }
    }
    Ok(ExitCode::from(u8::from(released.is_err())))
}
