//! `vision run`: an app, run here as it will be run in production.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};
use vision_protocol::{Fault, Manifest, messages::ErrorResponse};

use super::given::{InputOptions, RunnerOptions};
use crate::{
    local::{App, Failure, Input, Ran, Session},
    progress::Progress,
    show::{self, Saved},
};

/// The release that the app is published as.
const RELEASE: i64 = 1;

/// What `run` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// The folder or zip.
    app: PathBuf,
    #[command(flatten)]
    inputs: InputOptions,
    #[command(flatten)]
    runner: RunnerOptions,
    /// Where pictures are written; `NAME-result` in the working directory if left out.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Answers with one JSON document.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let app = match App::open(&options.app)? {
        Ok(app) => app,
        Err(faults) => return report_faults(out, &faults, options.json),
    };
    let inputs = options.inputs.read(&app)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let runs = match runtime.block_on(twice(options, &app, &inputs)) {
        Ok(runs) => runs,
        Err(Failure::Refused(refusal)) => return report_refusal(out, &refusal, options.json),
        Err(failure) => bail!(failure),
    };
    let folder = options.out.clone().unwrap_or_else(|| default_folder(app.manifest()));
    let saved = show::save(&folder, app.manifest(), &inputs, &runs.first)?;
    if options.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&document(options, app.manifest(), &runs, &saved))?)?;
    } else {
        report(out, options, app.manifest(), &runs, &saved)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A run of a fresh worker, and one more.
struct Runs {
    warnings: Vec<Fault>,
    first: Ran,
    warm: Ran,
}

async fn twice(options: &Options, app: &App, inputs: &[(String, Input)]) -> Result<Runs, Failure> {
    let progress = Progress::new("starting a runner");
    let session = Session::start(&options.runner.launch()?).await?;
    progress.say("trying the package out: its glue, its models, its examples");
    let warnings = session.publish(RELEASE, &app.release()?).await?;
    progress.say("running");
    let first = session.run(RELEASE, app.manifest(), inputs).await?;
    progress.say("running once more, warm");
    let warm = session.run(RELEASE, app.manifest(), inputs).await?;
    Ok(Runs { warnings, first, warm })
}

/// `Everyday objects` to `everyday-objects-result`.
fn default_folder(manifest: &Manifest) -> PathBuf {
    let words: Vec<_> = manifest.name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    Path::new(".").join(format!("{}-result", words.join("-").to_lowercase()))
}

fn document(options: &Options, manifest: &Manifest, runs: &Runs, saved: &[Saved]) -> Value {
    json!({
        "app": { "name": manifest.name, "version": manifest.version },
        "engine": options.runner.name(),
        "result": runs.first.response.result,
        "pictures": saved,
        "timings": { "first": runs.first.response.timings, "warm": runs.warm.response.timings },
        "logs": runs.first.response.logs,
        "warnings": runs.warnings,
    })
}

fn report(
    out: &mut impl Write,
    options: &Options,
    manifest: &Manifest,
    runs: &Runs,
    saved: &[Saved],
) -> anyhow::Result<()> {
    writeln!(out, "{} {}, computed with {}\n", show::clean(&manifest.name), manifest.version, options.runner.name())?;
    show::result(out, manifest, &runs.first.response.result)?;
    for picture in saved {
        writeln!(out, "{} as a picture: {}", picture.result, picture.file.display())?;
    }
    if let (Some(first), Some(warm)) = (&runs.first.response.timings, &runs.warm.response.timings) {
        writeln!(out)?;
        show::timings(out, first, warm)?;
    }
    show::logs(out, &runs.first.response.logs)?;
    for warning in &runs.warnings {
        writeln!(out, "Remark: {warning}")?;
    }
    Ok(())
}

/// The app is at fault.
pub(super) fn report_faults(out: &mut impl Write, faults: &[Fault], json: bool) -> anyhow::Result<ExitCode> {
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&json!({ "faults": faults }))?)?;
    } else {
        for fault in faults {
            writeln!(out, "{fault}")?;
        }
    }
    Ok(ExitCode::from(1))
}

/// The runner takes the app for faulty, or the run went wrong.
pub(super) fn report_refusal(out: &mut impl Write, refusal: &ErrorResponse, json: bool) -> anyhow::Result<ExitCode> {
    if !refusal.faults.is_empty() {
        return report_faults(out, &refusal.faults, json);
    }
    if json {
        let error = json!({ "message": refusal.message, "code": refusal.code, "logs": refusal.logs });
        writeln!(out, "{}", serde_json::to_string_pretty(&json!({ "error": error }))?)?;
    } else {
        writeln!(out, "It failed: {}", show::clean(&refusal.message))?;
        show::logs(out, &refusal.logs)?;
    }
    Ok(ExitCode::from(1))
}
