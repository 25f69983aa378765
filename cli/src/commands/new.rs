//! `vision new`: an app, complete and proved, of a model and what belongs to it.

mod ask;

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
use vision_protocol::{Fault, fault::summary, manifest::Task};

use super::{
    given::{RunnerOptions, example_inputs},
    run::report_refusal,
};
use crate::{
    local::{App, Engine, Failure, Ran, Session},
    model::{Graph, Measured, Measurement, Which, measure},
    progress::Progress,
    propose::{self, Candidate, Facts, Frame, Proposal, Tried},
    scaffold::{self, Scaffold},
    show,
};

const RELEASE: i64 = 1;

/// What `new` is told.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// The app's folder, which is made; its name becomes the app's.
    name: Option<PathBuf>,
    /// The trained model.
    #[arg(long, value_name = "ONNX")]
    model: Option<PathBuf>,
    /// The names of its classes, one per line.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// A photo of what it knows: the ways to use the model are tried on it, and it becomes the app's example.
    #[arg(long, value_name = "FILE")]
    photo: Option<PathBuf>,
    /// What it is for, if its outputs leave a choice.
    #[arg(long, value_parser = task)]
    task: Option<Task>,
    #[command(flatten)]
    runner: RunnerOptions,
    /// Answers with one JSON document.
    #[arg(long)]
    json: bool,
}

fn task(name: &str) -> Result<Task, String> {
    let known = propose::tasks();
    known.iter().find(|task| task.name() == name).copied().ok_or_else(|| {
        format!("must be one of: {}", known.iter().map(|task| task.name()).collect::<Vec<_>>().join(", "))
    })
}

/// All that was given, read.
struct Material {
    model: (PathBuf, Vec<u8>),
    labels: Option<String>,
    photo: Option<(PathBuf, Vec<u8>)>,
    graph: Graph,
}

/// All of it. A struct, because the numbers of a manifest are short only as they are.
#[derive(Serialize)]
struct Document<'a> {
    folder: &'a Path,
    task: Task,
    proposal: &'a Proposal,
    tried: &'a [Tried],
    result: Option<&'a Map<String, Value>>,
    warnings: &'a [String],
}

/// How it went.
struct Made {
    proposal: Proposal,
    tried: Vec<Tried>,
    /// What it says of the photo.
    ran: Option<Ran>,
    warnings: Vec<String>,
}

pub(crate) fn run(options: Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let options = ask::complete(options)?;
    let (Some(folder), Some(model)) = (&options.name, &options.model) else { bail!("a name and a model are needed") };
    let material = Material::read(&options, model)?;
    let measured = match measured(&options, &material)? {
        Ok(measured) => measured,
        Err(why) => {
            let fault = Fault::new(model.display().to_string(), why);
            return super::run::report_faults(out, &[fault], options.json);
        }
    };
    let facts = Facts::new(&material.graph, Some(&measured), material.count_labels());
    let proposals = propose::proposals(&facts, options.task);
    if proposals.is_empty() {
        let fault = Fault::new(model.display().to_string(), no_proposal(&options, &facts));
        return super::run::report_faults(out, &[fault], options.json);
    }
    let made = scaffold::begin(folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = match runtime.block_on(make(&options, &material, proposals, made.path(), folder)) {
        Ok(done) => done,
        Err(Failure::Refused(refusal)) => return report_refusal(out, &refusal, options.json),
        Err(failure) => bail!(failure),
    };
    scaffold::finish(made, folder)?;
    if options.json {
        let result = done.ran.as_ref().map(|ran| &ran.response.result);
        let Made { proposal, tried, warnings, .. } = &done;
        let document = Document { folder, task: proposal.task, proposal, tried, result, warnings };
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        report(out, folder, &done)?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Material {
    fn read(options: &Options, model: &Path) -> anyhow::Result<Self> {
        let read = |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        let graph = Graph::read(model)?;
        let labels = match &options.labels {
            Some(path) => {
                let text = String::from_utf8(read(path)?)
                    .ok()
                    .with_context(|| format!("{} is not UTF-8 text, one label per line", path.display()))?;
                let text = text.trim_start_matches('\u{feff}').trim_end().replace("\r\n", "\n");
                if text.is_empty() {
                    bail!("{} is empty: it must hold one label per line", path.display());
                }
                Some(text + "\n")
            }
            None => propose::labels_of_metadata(&graph.metadata).map(|names| names.join("\n") + "\n"),
        };
        let photo = options.photo.as_ref().map(|path| Ok::<_, anyhow::Error>((path.clone(), read(path)?)));
        Ok(Self { model: (model.to_owned(), read(model)?), labels, photo: photo.transpose()?, graph })
    }

    fn count_labels(&self) -> Option<usize> {
        self.labels.as_ref().map(|labels| labels.lines().count())
    }
}

/// Whether the engine takes the model; if not, why, and what can be done.
fn measured(options: &Options, material: &Material) -> anyhow::Result<Result<Measured, String>> {
    let which = if options.runner.engine() == Engine::Onnxruntime { Which::Onnxruntime } else { Which::Tract };
    let progress = Progress::new(&format!("computing with {}", which.name()));
    let frame = Frame::of(&material.graph).map(|frame| (frame.width, frame.height));
    let measurement = measure(which, &material.model.0, frame)?;
    drop(progress);
    Ok(match measurement {
        Measurement::Computes(measured) => Ok(measured),
        Measurement::Missing { why } => bail!("{why}"),
        Measurement::Refuses { why } if which == Which::Tract => {
            Err(format!("{why}. --engine onnxruntime makes an app for runners with ONNX Runtime"))
        }
        Measurement::Refuses { why } => Err(why),
    })
}

/// Why nothing is proposed.
fn no_proposal(options: &Options, facts: &Facts) -> String {
    let outputs: Vec<_> =
        facts.outputs.iter().map(|output| format!("{} {:?}", show::clean(&output.name), output.shape)).collect();
    let input = match facts.frame {
        Some(frame) => format!("a picture of {} x {}", frame.width, frame.height),
        None => "something else than one picture".to_owned(),
    };
    let task = options.task.map_or_else(
        || propose::tasks().iter().map(|task| task.name()).collect::<Vec<_>>().join(", "),
        |task| task.name().to_owned(),
    );
    let labels = facts.labels.map(|labels| format!(", with {labels} labels")).unwrap_or_default();
    format!(
        "takes {input} and answers {}{labels}: no form that is known here of {task}. Are the labels those of this model? \
         If it is something else, write app.json and glue by hand",
        outputs.join(", ")
    )
}

/// Chooses among the proposals, writes the app into `folder`, and has a runner prove it.
async fn make(
    options: &Options,
    material: &Material,
    mut proposals: Vec<Proposal>,
    folder: &Path,
    named: &Path,
) -> Result<Made, Failure> {
    let session = Session::start(&options.runner.launch()?).await?;
    let (mut warnings, mut tried) = (Vec::new(), Vec::new());
    if let (Some((_, photo)), true) = (&material.photo, proposals.len() > 1) {
        let candidate = Candidate { model: &material.model.1, labels: material.labels.as_deref() };
        tried = propose::choose(&session, &candidate, proposals.clone(), photo).await?;
        let chosen = tried.iter().find(|one| one.chosen).map(|one| one.proposal.clone());
        let close = tried.iter().filter(|one| one.close).count();
        if close > 1 {
            warnings.push(format!("{close} ways are about as sure; the most usual of them is taken"));
        }
        proposals = chosen.into_iter().collect();
    } else if proposals.len() > 1 {
        let ways = proposals.len();
        warnings.push(format!("there are {ways} ways to use the model; the first is a guess. --photo tries them all"));
    }
    let proposal = proposals.into_iter().next().context("no way to use the model runs")?;
    if material.labels.is_none() {
        warnings.push("there are no labels: classes are called by their numbers. --labels names them".to_owned());
    }
    let title = scaffold::title(&named.file_name().unwrap_or_default().to_string_lossy());
    let scaffold = Scaffold {
        title: if title.is_empty() { "App" } else { &title },
        proposal: &proposal,
        model: (&material.model.0, &material.model.1),
        labels: material.labels.as_deref(),
        photo: material.photo.as_ref().map(|(path, content)| (path.as_path(), content.as_slice())),
        engine: (options.runner.engine() == Engine::Onnxruntime).then_some("onnxruntime"),
    };
    scaffold.write(folder).map_err(Failure::Here)?;
    let ran = prove(&session, &scaffold, folder).await?;
    Ok(Made { proposal, tried, ran, warnings })
}

/// Publishes the app, writes what it says of its photo, and publishes it once more with that expected of it.
async fn prove(session: &Session, scaffold: &Scaffold<'_>, folder: &Path) -> Result<Option<Ran>, Failure> {
    let progress = Progress::new("proving the app");
    let app = open(folder)?;
    session.publish(RELEASE, &app.release_without_examples()?).await?;
    let Some(example) = app.package.examples.first() else { return Ok(None) };
    let ran = session.run(RELEASE, app.manifest(), &example_inputs(&app, example)?).await?;
    scaffold.expect(folder, app.manifest(), &ran.response.result)?;
    progress.say("proving the app's example");
    session.publish(RELEASE + 1, &open(folder)?.release()?).await?;
    Ok(Some(ran))
}

fn open(folder: &Path) -> anyhow::Result<App> {
    // What was written here has no faults of the author's.
    App::open(folder)?.map_err(|faults| anyhow::anyhow!("the app has faults: {}", summary(&faults)))
}

fn report(out: &mut impl Write, folder: &Path, made: &Made) -> anyhow::Result<()> {
    let Made { proposal, tried, ran, warnings } = made;
    let head = proposal.output.head.map(|head| format!(", head {}", json!(head).as_str().unwrap_or_default()));
    writeln!(out, "{}: an app for {}{}", folder.display(), proposal.task.name(), head.unwrap_or_default())?;
    writeln!(out, "  because {}", show::clean(&proposal.why))?;
    writeln!(out, "  pixels: {}", proposal.preprocessing)?;
    if !tried.is_empty() {
        writeln!(out, "Tried on the photo, its mirror image and its middle; the surest is taken:")?;
        for one in tried {
            let mark = if one.chosen { "*" } else { " " };
            let answer = show::clean(&one.answer);
            writeln!(out, "  {mark} {:.2} {answer}: {}", one.confidence, one.proposal.preprocessing)?;
        }
    }
    if let Some(ran) = ran {
        let manifest = open(folder)?.manifest().clone();
        writeln!(out, "It says of the photo:")?;
        show::result(out, &manifest, &ran.response.result)?;
        writeln!(out, "If that is right, it is what `vision test {}` expects from now on.", folder.display())?;
    }
    for warning in warnings {
        writeln!(out, "Remark: {warning}")?;
    }
    Ok(())
}
