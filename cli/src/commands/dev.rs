//! `vision dev`: a page of the app on this machine, which follows its files.

use std::{io::Write, net::Ipv4Addr, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;

use super::given::RunnerOptions;
use crate::dev;

/// What `dev` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// The app's folder.
    app: PathBuf,
    /// The port on loopback; 0 takes any free one.
    #[arg(long, default_value_t = 8100)]
    port: u16,
    #[command(flatten)]
    runner: RunnerOptions,
}

pub(crate) fn run(options: &Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    if !options.app.is_dir() {
        bail!("{}: must be the folder of an app, whose files can be followed", options.app.display());
    }
    let launch = options.runner.launch()?;
    actix_web::rt::System::new().block_on(async {
        let serving = dev::start(&options.app, &launch, (Ipv4Addr::LOCALHOST, options.port).into()).await?;
        // In one piece: who started this program may read the address and no more.
        let follows =
            format!("Open it in a browser; it follows the files in {}. Ctrl-C ends it.", options.app.display());
        writeln!(out, "listening http://{}/\n{follows}", serving.address())?;
        out.flush()?;
        serving.serve().await.context("the page cannot be served")
    })?;
    Ok(ExitCode::SUCCESS)
}
