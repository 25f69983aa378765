//! `vision new`: an app, complete and proved, of a model and what belongs to it; or the beginning of one with code of its
//! own.

mod ask;
mod gallery;
mod make;
mod material;
mod own;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::bail;
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value, json};
use vision_protocol::{Fault, manifest::Task};
use vision_starters::Language;

use super::{given::RunnerOptions, run::report_refusal};
use crate::{
    local::Failure,
    propose::{self, Asked, Facts, Proposal, Tried},
    scaffold, show,
};

use make::Made;
use material::Material;

/// Alternatives that are told in text; JSON has all.
const MOST_ALTERNATIVES: usize = 6;

/// What `new` is told.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// The app's folder, which is made; its name becomes the app's.
    name: Option<PathBuf>,
    /// The trained model. With --language it may be given more than once.
    #[arg(long, value_name = "ONNX")]
    model: Vec<PathBuf>,
    /// The names of its classes, one per line; for text recognition, the characters that it knows.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// A photo of what it knows: the ways to use the model are tried on it, and it becomes the app's example.
    #[arg(long, visible_alias = "image", value_name = "FILE", conflicts_with = "language")]
    photo: Option<PathBuf>,
    /// Begins an app with code of its own, in rust, javascript or python: the template with its kit beside it.
    #[arg(long, value_parser = language, conflicts_with_all = ["task", "head", "gallery"])]
    language: Option<Language>,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    runner: RunnerOptions,
    /// Answers with one JSON document.
    #[arg(long)]
    json: bool,
}

fn language(name: &str) -> Result<Language, String> {
    let known = || Language::ALL.map(Language::name).join(", ");
    Language::named(name).ok_or_else(|| format!("must be one of: {}", known()))
}

/// All of it. A struct, because the numbers of a manifest are short only as they are.
#[derive(Serialize)]
struct Document<'a> {
    folder: &'a Path,
    task: Task,
    proposal: &'a Proposal,
    alternatives: &'a [Proposal],
    tried: &'a [Tried],
    result: Option<&'a Map<String, Value>>,
    warnings: &'a [String],
}

pub(crate) fn run(options: Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    options.asked.check()?;
    let options = ask::complete(options)?;
    let Some(folder) = &options.name else { bail!("a name is needed") };
    if let Some(language) = options.language {
        return own::begin(&options, language, folder, out);
    }
    let [model] = &options.model[..] else {
        bail!("an app of several models needs code of its own, which says how they work together: --language rust");
    };
    let material = Material::read(&options, model)?;
    let proposals = match proposals(&options, &material)? {
        Ok(proposals) => proposals,
        Err(why) => {
            let fault = Fault::new(model.display().to_string(), why);
            return super::run::report_faults(out, &[fault], options.json);
        }
    };
    let made = scaffold::begin(folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = match runtime.block_on(make::make(&options, &material, proposals, made.path(), folder)) {
        Ok(done) => done,
        Err(Failure::Refused(refusal)) => return report_refusal(out, &refusal, options.json),
        Err(failure) => bail!(failure),
    };
    scaffold::finish(made, folder)?;
    if options.json {
        let result = done.ran.as_ref().map(|ran| &ran.response.result);
        let Made { proposal, alternatives, tried, warnings, .. } = &done;
        let document = Document { folder, task: proposal.task, proposal, alternatives, tried, result, warnings };
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        report(out, folder, &done)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The ways to use the model, those for the task that was chosen first; or why there is none.
fn proposals(options: &Options, material: &Material) -> anyhow::Result<Result<Vec<Proposal>, String>> {
    let measured = match material.measured(options)? {
        Ok(measured) => measured,
        Err(why) => return Ok(Err(why)),
    };
    let mut facts = Facts::new(&material.graph, Some(&measured), material.labels_of_classes(), options.asked.clone());
    if let Some(output) = &facts.asked.output
        && facts.outputs.iter().all(|known| known.name != *output)
    {
        let known: Vec<_> = facts.outputs.iter().map(|known| show::clean(&known.name)).collect();
        bail!("--output {output}: the model's outputs are {}", known.join(", "));
    }
    let mut proposals = propose::proposals(&facts);
    if let Some(task) = ask::task(&proposals)? {
        facts.asked.task = Some(task);
        proposals = propose::proposals(&facts);
    }
    Ok(match proposals.first() {
        None => Err(no_proposal(&facts)),
        Some(Proposal { missing: Some(missing), why, task, .. }) => {
            Err(format!("it is for {}, because {why}; but this has to be said: {missing}", task.name()))
        }
        Some(_) => Ok(proposals),
    })
}

/// Why nothing is proposed.
fn no_proposal(facts: &Facts) -> String {
    let outputs: Vec<_> =
        facts.outputs.iter().map(|output| format!("{} {:?}", show::clean(&output.name), output.shape)).collect();
    let input = match facts.frame {
        Some(frame) => format!("a picture of {} x {}", frame.width, frame.height),
        None => "something else than one picture".to_owned(),
    };
    let task = facts.asked.task().map_or_else(
        || Task::ALL.iter().map(|task| task.name()).collect::<Vec<_>>().join(", "),
        |task| task.name().to_owned(),
    );
    let labels = facts.labels.as_ref().map(|labels| format!(", with {} labels", labels.len())).unwrap_or_default();
    let head = facts.asked.head.map(|head| format!(" with the head {}", head.name())).unwrap_or_default();
    format!(
        "takes {input} and answers {}{labels}: no form that is known here of {task}{head}. Are the labels those of this \
         model? --output NAME tells which of several outputs matters. If it is something else, write glue for it: \
         --language rust",
        outputs.join(", ")
    )
}

fn report(out: &mut impl Write, folder: &Path, made: &Made) -> anyhow::Result<()> {
    let Made { proposal, alternatives, tried, ran, warnings } = made;
    let head = proposal.output.head.map(|head| format!(", head {}", json!(head).as_str().unwrap_or_default()));
    writeln!(out, "{}: an app for {}{}", folder.display(), proposal.task.name(), head.unwrap_or_default())?;
    writeln!(out, "  because {}", show::clean(&proposal.why))?;
    writeln!(out, "  pixels: {}", proposal.preprocessing)?;
    if !tried.is_empty() {
        writeln!(out, "Tried on the photo; the surest is taken:")?;
        for one in tried {
            let mark = if one.chosen { "*" } else { " " };
            let answer = show::clean(&one.answer);
            let flags = if one.chosen { String::new() } else { format!(" ({})", one.proposal.flags(proposal)) };
            writeln!(out, "  {mark} {:.2} {answer}: {}{flags}", one.confidence, one.proposal.preprocessing)?;
        }
    }
    if let Some(ran) = ran {
        let manifest = make::open(folder)?.manifest().clone();
        writeln!(out, "It says of its example:")?;
        show::result(out, &manifest, &ran.response.result)?;
        writeln!(out, "If that is right, it is what `vision test {}` expects from now on.", folder.display())?;
    }
    if !alternatives.is_empty() {
        writeln!(out, "If it is not right, `vision new` makes another app with one of these:")?;
        for other in alternatives.iter().take(MOST_ALTERNATIVES) {
            writeln!(out, "  {}: {}", other.flags(proposal), show::clean(&words(other, proposal)))?;
        }
    }
    for warning in warnings {
        writeln!(out, "Remark: {warning}")?;
    }
    Ok(())
}

/// What is different about an alternative.
fn words(other: &Proposal, proposal: &Proposal) -> String {
    if other.task == proposal.task { other.preprocessing.clone() } else { other.why.clone() }
}
