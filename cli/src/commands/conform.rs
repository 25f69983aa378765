//! `vision conform`: whether a runner keeps the protocol.

use std::{
    fs,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

use crate::conform::{self, App, Input, Portal, Settings};

/// What `conform` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// The runner's base address.
    base: Url,
    /// What the runner asks for as bearer token. Better set in the environment, which other users cannot read.
    #[arg(long, env = "VISION_RUNNER_TOKEN", hide_env_values = true)]
    token: Option<SecretString>,
    /// An app that the runner can execute, as zip; if left out, a small one of ours that answers with its inputs.
    #[arg(long, requires = "inputs")]
    package: Option<PathBuf>,
    /// Its inputs by name, as in `examples/*/inputs.json`; a photo is a file's name beside it.
    #[arg(long, requires = "package")]
    inputs: Option<PathBuf>,
    /// Where to listen as the portal that has the photos; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    portal_listen: SocketAddr,
    /// How the runner reaches that, if by another address.
    #[arg(long)]
    portal_url: Option<Url>,
    /// The report as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    if !matches!(options.base.scheme(), "http" | "https") {
        bail!("{}: must be an http or https address", options.base);
    }
    let app = match (&options.package, &options.inputs) {
        (Some(package), Some(inputs)) => Some(read_app(package, inputs)?),
        _ => None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        let portal = Portal::start(options.portal_listen, options.portal_url)
            .await
            .with_context(|| format!("cannot listen on {}", options.portal_listen))?;
        Ok::<_, anyhow::Error>(
            conform::check(Settings { base: options.base, token: options.token, app, portal }).await?,
        )
    })?;
    if options.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(ExitCode::from(u8::from(!report.conforms())))
}

fn read_app(package: &Path, inputs: &Path) -> anyhow::Result<App> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let values: Map<String, Value> = serde_json::from_slice(&read(inputs)?)
        .with_context(|| format!("{}: must hold one JSON object of inputs by name", inputs.display()))?;
    let folder = inputs.parent().unwrap_or(Path::new("."));
    let inputs = values.into_iter().map(|(name, value)| {
        let file = value.as_str().map(|file| folder.join(file)).filter(|file| file.is_file());
        Ok((name, file.map_or_else(|| Ok(Input::Plain(value)), |file| read(&file).map(Input::Photo))?))
    });
    let inputs: Vec<_> = inputs.collect::<anyhow::Result<_>>()?;
    if !inputs.iter().any(|(_, input)| matches!(input, Input::Photo(_))) {
        bail!("no input is a photo: give an app that takes one, and its file's name, beside the inputs, as the value");
    }
    Ok(App { zip: read(package)?, inputs })
}
