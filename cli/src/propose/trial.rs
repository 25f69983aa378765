//! Several ways to use a model, tried on a photo by a runner: the surest one is taken.

mod sureness;

use std::{collections::BTreeMap, io::Cursor};

use anyhow::Context;
use image::{DynamicImage, ImageDecoder, ImageReader, codecs::jpeg::JpegEncoder};
use serde::Serialize;

use super::Proposal;
use crate::{
    local::{self, Failure, Input, Session},
    progress::Progress,
};

pub(crate) use sureness::is_measurable;

/// Releases of candidates; the app itself is published under another id.
const FIRST_RELEASE: i64 = 1_000;
/// How much surer a later proposal must be than an earlier one.
const MARGIN: f64 = 0.02;
const QUALITY: u8 = 95;

/// What all proposals have in common.
pub(crate) struct Candidate<'a> {
    /// The model's file.
    pub(crate) model: &'a [u8],
    /// One label per line.
    pub(crate) labels: Option<&'a str>,
}

/// A proposal that was tried.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tried {
    /// The proposal.
    pub(crate) proposal: Proposal,
    /// How sure it is of the photo, 0 to 1; where a mirror image would say the same, on average with that and the
    /// photo's middle. Of a picture that it makes: how like the photo that is.
    pub(crate) confidence: f64,
    /// What it is so sure of.
    pub(crate) answer: String,
    /// Whether it is about as sure as the surest.
    pub(crate) close: bool,
    /// Whether it is taken.
    pub(crate) chosen: bool,
}

/// Tries all proposals, which are for one task, on a photo; one of them is chosen.
///
/// # Errors
/// When no proposal runs at all, with the runner's words about the first.
pub(crate) async fn choose(
    session: &Session,
    candidate: &Candidate<'_>,
    proposals: Vec<Proposal>,
    photo: &[u8],
) -> Result<Vec<Tried>, Failure> {
    let progress = Progress::of(proposals.len(), "trying the ways to use the model on the photo");
    let (mut tried, mut refused) = (Vec::new(), None);
    for (release, proposal) in (FIRST_RELEASE..).zip(proposals) {
        progress.say(&proposal.preprocessing);
        match tried_on(session, release, candidate, &proposal, photo).await {
            Ok((confidence, answer)) => tried.push(Tried { proposal, confidence, answer, close: false, chosen: false }),
            Err(Failure::Refused(refusal)) => refused = refused.or(Some(Failure::Refused(refusal))),
            Err(failure) => return Err(failure),
        }
        progress.step();
    }
    let best = tried.iter().map(|one| one.confidence).fold(0.0, f64::max);
    for one in &mut tried {
        one.close = one.confidence >= best - MARGIN;
    }
    match (tried.iter_mut().find(|one| one.close), refused) {
        (Some(chosen), _) => chosen.chosen = true,
        (None, Some(refused)) => return Err(refused),
        (None, None) => {}
    }
    Ok(tried)
}

async fn tried_on(
    session: &Session,
    release: i64,
    candidate: &Candidate<'_>,
    proposal: &Proposal,
    photo: &[u8],
) -> Result<(f64, String), Failure> {
    const LABELS: &str = "assets/labels.txt";
    let model = proposal.model("model", "models/model.onnx", candidate.labels.map(|_| LABELS));
    let with_labels = model.labels.is_some();
    let manifest = proposal.manifest("Candidate", model).to_json();
    let mut files = vec![("app.json", manifest.as_bytes()), ("models/model.onnx", candidate.model)];
    files.extend(candidate.labels.filter(|_| with_labels).map(|labels| (LABELS, labels.as_bytes())));
    let (package, manifest) = local::completed(&files)?;
    session.publish(release, &package).await?;
    let upright = upright(photo)?;
    let views = if sureness::is_of_mirrors(proposal.task) { views(photo, &upright)? } else { vec![photo.to_vec()] };
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for view in &views {
        let inputs = [(manifest.app_parameters[0].name.clone(), Input::Photo(view.clone()))];
        let ran = session.run(release, &manifest, &inputs).await?;
        for (label, score) in sureness::of(proposal.task, &ran, &upright) {
            *sums.entry(label).or_default() += score / views.len() as f64;
        }
    }
    let best = sums.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
    Ok(best.map_or((0.0, "nothing".to_owned()), |(label, confidence)| (confidence, label)))
}

/// The photo as people see it.
fn upright(photo: &[u8]) -> anyhow::Result<DynamicImage> {
    let reader = ImageReader::new(Cursor::new(photo)).with_guessed_format()?;
    let mut decoder = reader.into_decoder().context("the photo cannot be read")?;
    let orientation = decoder.orientation().context("the photo cannot be read")?;
    let mut picture = DynamicImage::from_decoder(decoder).context("the photo cannot be read")?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// The photo, its mirror image and its middle. Numbers that a network was not made for give answers that are sure, and
/// another one for each of these.
fn views(photo: &[u8], picture: &DynamicImage) -> anyhow::Result<Vec<Vec<u8>>> {
    let (width, height) = (picture.width(), picture.height());
    let middle = picture.crop_imm(width / 12, height / 12, (width - width / 6).max(1), (height - height / 6).max(1));
    Ok(vec![photo.to_vec(), encoded(&picture.fliph())?, encoded(&middle)?])
}

fn encoded(picture: &DynamicImage) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    picture.to_rgb8().write_with_encoder(encoder).context("the photo cannot be written")?;
    Ok(bytes)
}
