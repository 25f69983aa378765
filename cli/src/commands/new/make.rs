//! Choosing among proposals, writing the app, and having a runner prove it.

use std::path::Path;

use anyhow::Context;
use vision_protocol::{fault::summary, manifest::Task};

use super::{Material, Options, gallery};
use crate::{
    commands::given::example_inputs,
    local::{App, Engine, Failure, Ran, Session},
    progress::Progress,
    propose::{self, Candidate, NAMES, Proposal, Tried},
    scaffold::{self, Scaffold},
};

const RELEASE: i64 = 1;

/// How it went.
pub(super) struct Made {
    pub(super) proposal: Proposal,
    /// Other ways that were not tried, or for other tasks.
    pub(super) alternatives: Vec<Proposal>,
    pub(super) tried: Vec<Tried>,
    /// What it says of its example.
    pub(super) ran: Option<Ran>,
    pub(super) warnings: Vec<String>,
}

/// Chooses among the proposals, writes the app into `folder`, and has a runner prove it.
///
/// # Errors
/// What a runner refuses, or what cannot be written.
pub(super) async fn make(
    options: &Options,
    material: &Material,
    proposals: Vec<Proposal>,
    folder: &Path,
    named: &Path,
) -> Result<Made, Failure> {
    let session = Session::start(&options.runner.launch()?).await?;
    let mut warnings = Vec::new();
    let (proposal, alternatives, tried) = chosen(&session, material, proposals, &mut warnings).await?;
    if material.labels.is_none() && proposal.wants_labels() {
        warnings.push("there are no labels: classes are called by their numbers. --labels names them".to_owned());
    }
    if proposal.task == Task::Attributes
        && proposal.output.attributes.iter().any(|one| one.classes.first().is_some_and(|class| class == "class 0"))
    {
        warnings.push("classes are called by their numbers. --attribute OUTPUT=CLASS,CLASS names them".to_owned());
    }
    let gallery = match &options.asked.gallery {
        Some(pictures) => Some(gallery::computed(&session, &material.model.1, &proposal, pictures).await?),
        None => None,
    };
    let names = gallery.as_ref().map(|gallery| gallery.names.join("\n") + "\n");
    let labels = material.labels.as_deref().map(|labels| (scaffold::LABELS, labels));
    let title = scaffold::title(&named.file_name().unwrap_or_default().to_string_lossy());
    let scaffold = Scaffold {
        title: if title.is_empty() { "App" } else { &title },
        proposal: &proposal,
        model: (&material.model.0, &material.model.1),
        labels: names.as_deref().map(|names| (NAMES, names)).or(labels).filter(|_| proposal.takes_labels()),
        gallery: gallery.as_ref().map(|gallery| &gallery.vectors[..]),
        photo: material.photo.as_ref().map(|(path, content)| (path.as_path(), content.as_slice())),
        engine: (options.runner.engine() == Engine::Onnxruntime).then_some("onnxruntime"),
    };
    scaffold.write(folder).map_err(Failure::Here)?;
    let ran = prove(&session, &scaffold, folder).await?;
    Ok(Made { proposal, alternatives, tried, ran, warnings })
}

/// The proposal that is taken, those that are not, and what was tried. Of one task and likelihood all are tried, if there
/// is a photo that tells them apart.
async fn chosen(
    session: &Session,
    material: &Material,
    proposals: Vec<Proposal>,
    warnings: &mut Vec<String>,
) -> Result<(Proposal, Vec<Proposal>, Vec<Tried>), Failure> {
    let first = proposals.first().context("no way to use the model is known")?.clone();
    let is_equal = |other: &Proposal| {
        (other.task, other.likely, other.missing.is_none()) == (first.task, first.likely, first.missing.is_none())
    };
    let (mut mine, others): (Vec<_>, Vec<_>) = proposals.into_iter().partition(is_equal);
    let mut alternatives: Vec<Proposal> = Vec::new();
    for other in others {
        // One of each task will do: with --task the rest is told.
        let is_told = |known: &Proposal| known.task == other.task && other.task != first.task;
        if !alternatives.iter().any(is_told) {
            alternatives.push(other);
        }
    }
    let (Some((_, photo)), true, true) = (&material.photo, mine.len() > 1, propose::is_measurable(first.task)) else {
        if mine.len() > 1 {
            warnings.push(if propose::is_measurable(first.task) {
                format!("there are {} ways to use the model; the first is a guess. --photo tries them all", mine.len())
            } else {
                "nothing in the file tells how its pixels became numbers; the most usual custom is taken".to_owned()
            });
        }
        let chosen = mine.remove(0);
        mine.append(&mut alternatives);
        return Ok((chosen, mine, Vec::new()));
    };
    let candidate = Candidate { model: &material.model.1, labels: material.labels.as_deref() };
    let tried = propose::choose(session, &candidate, mine, photo).await?;
    let close = tried.iter().filter(|one| one.close).count();
    if close > 1 {
        warnings.push(format!("{close} ways are about as sure; the most usual of them is taken"));
    }
    let chosen = tried.iter().find(|one| one.chosen).context("no way to use the model runs")?.proposal.clone();
    Ok((chosen, alternatives, tried))
}

/// Publishes the app, writes what it says of its example, and publishes it once more with that expected of it.
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

/// An app that was written here.
///
/// # Errors
/// When it has faults, which would be this program's.
pub(super) fn open(folder: &Path) -> anyhow::Result<App> {
    App::open(folder)?.map_err(|faults| anyhow::anyhow!("the app has faults: {}", summary(&faults)))
}
