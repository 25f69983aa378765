//! Takes the form that begins a run: files go straight into the sealed store, chunk by chunk.

use vision_protocol::{
    fault::Fault,
    ids::{ReleaseId, RunId},
    parameters::ParameterType,
};

use super::{
    error::WebError,
    fields::{DISCARD_FIELD, FIELD_PREFIX, KEPT_PREFIX, Typed},
    forms::{self, Parts},
};
use crate::{
    domain::{
        DomainError,
        accounts::User,
        running::{self, Accepted, RunDraft},
    },
    state::Portal,
};

/// Bytes of one field that is no file.
const TEXT_LIMIT: usize = 256 << 10;

/// Fields of one form.
const FIELD_LIMIT: usize = 500;

/// What became of the form.
pub(crate) enum Outcome {
    /// The run, or the batch, is accepted.
    Accepted(Accepted),
    /// Something is not right; what was typed can be shown again.
    Refused { faults: Vec<Fault>, typed: Typed },
}

/// Where to go once a form is accepted.
pub(crate) fn address(accepted: Accepted) -> String {
    match accepted.batch {
        Some(batch) => format!("/runs/batches/{batch}"),
        None => format!("/runs/{}", accepted.run),
    }
}

/// Begins a run of `release` with what the form holds.
pub(crate) async fn take(
    portal: &Portal,
    user: &User,
    release: ReleaseId,
    form: &mut Parts,
) -> Result<Outcome, WebError> {
    let taken = fill(portal, user, release, form).await;
    if !matches!(taken, Ok(Outcome::Accepted(_))) {
        form.drain().await;
    }
    taken
}

async fn fill(portal: &Portal, user: &User, release: ReleaseId, form: &mut Parts) -> Result<Outcome, WebError> {
    let mut draft = running::begin(portal, user, release).await?;
    let mut faults = Vec::new();
    let mut typed = Typed::new();
    let mut kept: Vec<(String, RunId)> = Vec::new();
    let mut fields = 0;
    while let Some(mut field) = form.next().await? {
        fields += 1;
        if fields > FIELD_LIMIT {
            return Err(WebError::BadForm("It has too many fields.".to_owned()));
        }
        let whole = field.name().unwrap_or_default().to_owned();
        if whole == DISCARD_FIELD {
            draft.discard();
            typed.insert(whole, "on".to_owned());
            continue;
        }
        if let Some(name) = whole.strip_prefix(KEPT_PREFIX) {
            let text = forms::text(&mut field, TEXT_LIMIT).await?;
            // An empty one is a form that keeps nothing.
            kept.extend(text.parse().ok().map(|run| (name.to_owned(), run)));
            continue;
        }
        let Some(name) = whole.strip_prefix(FIELD_PREFIX).map(ToOwned::to_owned) else { continue };
        if kind(&draft, &name) == Some(ParameterType::Image) {
            match draft.file(&name, &mut field).await {
                Err(error @ DomainError::TooLarge { .. }) => faults.push(Fault::new(name, error.to_string())),
                other => other?,
            }
        } else {
            let text = forms::text(&mut field, TEXT_LIMIT).await?;
            draft.text(&name, &text);
            typed.insert(name, text);
        }
    }
    unchecked_boxes(&mut draft, &typed);
    for (name, run) in kept {
        draft.keep(&name, run).await?;
    }
    if !faults.is_empty() {
        return Ok(Outcome::Refused { faults, typed });
    }
    match draft.submit_all().await {
        Ok(accepted) => Ok(Outcome::Accepted(accepted)),
        Err(DomainError::Invalid(faults)) => Ok(Outcome::Refused { faults, typed }),
        Err(error) => Err(error.into()),
    }
}

fn kind(draft: &RunDraft, name: &str) -> Option<ParameterType> {
    draft.manifest().app_parameters.iter().find(|parameter| parameter.name == name).map(|p| p.parameter_type)
}

/// A browser does not send a check box that is off; to an app it means no.
fn unchecked_boxes(draft: &mut RunDraft, typed: &Typed) {
    let absent: Vec<String> = draft
        .manifest()
        .app_parameters
        .iter()
        .filter(|p| p.parameter_type == ParameterType::Boolean && !typed.contains_key(&p.name))
        .map(|p| p.name.clone())
        .collect();
    for name in absent {
        draft.text(&name, "off");
    }
}
