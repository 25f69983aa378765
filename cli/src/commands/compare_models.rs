//! The process that `convert` starts to compare a model with its original: it may die of it.

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Args;

use crate::model::compare;

/// What `compare-models` is told.
#[derive(Args)]
pub(crate) struct Options {
    original: PathBuf,
    converted: PathBuf,
    #[arg(long, requires = "height")]
    width: Option<u32>,
    #[arg(long, requires = "width")]
    height: Option<u32>,
}

pub(crate) fn run(options: &Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let agreement = compare(&options.original, &options.converted, options.width.zip(options.height));
    serde_json::to_writer(out, &agreement)?;
    Ok(ExitCode::SUCCESS)
}
