//! `vision test`: an app's examples, expected against actual.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value, json};
use vision_package::Example;
use vision_protocol::{Manifest, messages::Timings, results::ResultType};

use super::{
    given::{RunnerOptions, example_inputs},
    run::{report_faults, report_refusal},
};
use crate::{
    expectation,
    local::{App, Failure, Session},
    progress::Progress,
    show,
};

const RELEASE: i64 = 1;

/// What `test` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// The folder or zip.
    app: PathBuf,
    /// Only this example. May be given more than once.
    #[arg(long = "example", value_name = "NAME")]
    examples: Vec<String>,
    #[command(flatten)]
    runner: RunnerOptions,
    /// Writes what comes out into the examples' expected.json, instead of comparing.
    #[arg(long)]
    update: bool,
    /// Answers with one JSON document.
    #[arg(long)]
    json: bool,
}

/// How an example ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    /// As expected.
    Pass,
    /// Not as expected, or not at all.
    Fail,
    /// It runs, and nothing was expected.
    Runs,
    /// What came out is expected from now on.
    Updated,
}

#[derive(Serialize)]
struct Tested {
    name: String,
    outcome: Outcome,
    /// What is not as expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timings: Option<Timings>,
}

pub(crate) fn run(options: &Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    if options.update && !options.app.is_dir() {
        bail!("{}: only the examples of a folder can be updated", options.app.display());
    }
    let app = match App::open(&options.app)? {
        Ok(app) => app,
        Err(faults) => return report_faults(out, &faults, options.json),
    };
    let examples = chosen(&app, &options.examples)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut tested = match runtime.block_on(test(options, &app, &examples)) {
        Ok(tested) => tested,
        Err(Failure::Refused(refusal)) => return report_refusal(out, &refusal, options.json),
        Err(failure) => bail!(failure),
    };
    if options.update {
        update(&options.app, app.manifest(), &examples, &mut tested)?;
    }
    if options.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&json!({ "examples": tested }))?)?;
    } else {
        report(out, &tested)?;
    }
    Ok(ExitCode::from(u8::from(tested.iter().any(|one| one.outcome == Outcome::Fail))))
}

fn chosen<'a>(app: &'a App, names: &[String]) -> anyhow::Result<Vec<&'a Example>> {
    let all = &app.package.examples;
    if all.is_empty() {
        bail!(
            "the app has no examples: add a folder examples/NAME/ with a photo and inputs.json, such as \
             {{\"Image\": \"photo.jpg\"}}, and run this with --update"
        );
    }
    let known: Vec<&str> = all.iter().map(|example| &*example.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("the app has no example “{unknown}”: {}", known.join(", "));
    }
    Ok(all.iter().filter(|example| names.is_empty() || names.contains(&example.name)).collect())
}

async fn test(options: &Options, app: &App, examples: &[&Example]) -> Result<Vec<Tested>, Failure> {
    let progress = Progress::of(examples.len(), "starting a runner");
    let session = Session::start(&options.runner.launch()?).await?;
    progress.say("trying the package out");
    session.publish(RELEASE, &app.release_without_examples()?).await?;
    let mut tested = Vec::new();
    for example in examples {
        progress.say(&example.name);
        let inputs = example_inputs(app, example)?;
        tested.push(match session.run(RELEASE, app.manifest(), &inputs).await {
            Ok(ran) => compared(app.manifest(), example, ran.response.result, ran.response.timings),
            Err(Failure::Refused(refusal)) => failed(example, &refusal.message),
            Err(failure) => return Err(failure),
        });
        progress.step();
    }
    Ok(tested)
}

fn compared(manifest: &Manifest, example: &Example, actual: Map<String, Value>, timings: Option<Timings>) -> Tested {
    let name = example.name.clone();
    let Some(expected) = &example.expected else {
        let actual = Some(Value::Object(actual));
        return Tested { name, outcome: Outcome::Runs, difference: None, expected: None, actual, timings };
    };
    // Pictures are compared by eye, not by byte.
    let is_picture =
        |name: &str| manifest.result_variables.iter().any(|v| v.name == name && v.result_type == ResultType::Image);
    let wanted: Map<_, _> = expected.result.clone().into_iter().filter(|(name, _)| !is_picture(name)).collect();
    let (wanted, actual) = (Value::Object(wanted), Value::Object(actual));
    let difference = vision_package::matches(&wanted, &actual, expected.tolerance).err();
    let outcome = if difference.is_none() { Outcome::Pass } else { Outcome::Fail };
    Tested { name, outcome, difference, expected: Some(wanted), actual: Some(actual), timings }
}

fn failed(example: &Example, message: &str) -> Tested {
    let difference = Some(format!("the run failed: {message}"));
    let name = example.name.clone();
    Tested { name, outcome: Outcome::Fail, difference, expected: None, actual: None, timings: None }
}

/// Writes what came out into the examples of the author's own folder.
fn update(folder: &Path, manifest: &Manifest, examples: &[&Example], tested: &mut [Tested]) -> anyhow::Result<()> {
    for (example, one) in examples.iter().zip(tested) {
        let Some(Value::Object(actual)) = &one.actual else { continue };
        let tolerance = example.expected.as_ref().map(|expected| expected.tolerance);
        let expected = expectation::of(manifest, actual, tolerance);
        let file = folder.join(example.path("expected.json"));
        fs::write(&file, serde_json::to_string_pretty(&expected)? + "\n")
            .with_context(|| format!("{} cannot be written", file.display()))?;
        one.outcome = Outcome::Updated;
        one.difference = None;
        one.expected = Some(expected["Result"].clone());
    }
    Ok(())
}

fn report(out: &mut impl Write, tested: &[Tested]) -> anyhow::Result<()> {
    let width = tested.iter().map(|one| one.name.chars().count()).max().unwrap_or_default();
    for one in tested {
        let word = match one.outcome {
            Outcome::Pass => "pass",
            Outcome::Fail => "FAIL",
            Outcome::Runs => "runs, nothing is expected",
            Outcome::Updated => "updated",
        };
        let time = one.timings.map(|timings| format!("  {:.0} ms", timings.total_ms)).unwrap_or_default();
        writeln!(out, "{:<width$}  {word}{time}", show::clean(&one.name))?;
        if one.outcome == Outcome::Fail {
            writeln!(out, "  {}", show::clean(one.difference.as_deref().unwrap_or_default()))?;
            for (name, value) in [("expected", &one.expected), ("actual", &one.actual)] {
                let Some(value) = value else { continue };
                writeln!(out, "  {name:<8} {value}")?;
            }
        }
    }
    let count = |outcome| tested.iter().filter(|one| one.outcome == outcome).count();
    let fails = count(Outcome::Fail);
    writeln!(out, "{} of {} examples are good", tested.len() - fails, tested.len())?;
    Ok(())
}
