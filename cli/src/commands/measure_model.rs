//! The process that `inspect` and `new` start to try a model out: it may die of it.

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Args;

use crate::model::{Which, compute};

/// What `measure-model` is told.
#[derive(Args)]
pub(crate) struct Options {
    #[arg(value_enum)]
    engine: Which,
    model: PathBuf,
    #[arg(long, requires = "height")]
    width: Option<u32>,
    #[arg(long, requires = "width")]
    height: Option<u32>,
}

pub(crate) fn run(options: &Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let measurement = compute(options.engine, &options.model, options.width.zip(options.height));
    serde_json::to_writer(out, &measurement)?;
    Ok(ExitCode::SUCCESS)
}
