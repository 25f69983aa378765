//! Accepting runs: one, one of an earlier run's inputs, or a batch.

use vision_protocol::ids::{BlobId, ReleaseId, RunId};

use super::{
    JobKind, begin,
    draft::RunDraft,
    own,
    stored::{Column, Named, StoredValue},
};
use crate::{
    blobs,
    domain::{DomainError, Result, accounts::User, files},
    state::{News, Portal},
    store::{BatchId, BlobRole, NewBlob, NewRun, Together},
};

/// Runs that were accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The run, or the first one.
    pub run: RunId,
    /// The batch, if there are several.
    pub batch: Option<BatchId>,
}

impl RunDraft {
    /// Accepts the run: from here on it will be finished, or failed with a reason. Of a batch, the first.
    ///
    /// # Errors
    /// `Invalid` with every fault, each at its parameter's name; `Stopping`.
    pub async fn submit(self) -> Result<RunId> {
        Ok(self.submit_all().await?.run)
    }

    /// Accepts the run or, if several photos were given, one run for each.
    ///
    /// # Errors
    /// As [`RunDraft::submit`].
    pub async fn submit_all(mut self) -> Result<Accepted> {
        let inputs = self.checked()?;
        accept(&mut self, &inputs).await
    }

    /// What the runs read, each with its own files: one for each photo of a batch, otherwise one.
    fn runs(&self, inputs: &[Named]) -> Vec<(Vec<Named>, Vec<BlobId>)> {
        let is_batch = self.files.len() > 1 && self.files.iter().all(|(name, _)| *name == self.files[0].0);
        if !is_batch {
            return vec![(inputs.to_vec(), self.files.iter().map(|(_, file)| *file).collect())];
        }
        let of_photo = |(name, file): &(String, BlobId)| {
            let mut inputs = inputs.to_vec();
            inputs.iter_mut().filter(|input| input.name == *name).for_each(|i| i.value = StoredValue::File(*file));
            (inputs, vec![*file])
        };
        self.files.iter().map(of_photo).collect()
    }
}

/// Writes the runs down. Afterwards their files are the runs'.
async fn accept(draft: &mut RunDraft, inputs: &[Named]) -> Result<Accepted> {
    let portal = draft.portal.clone();
    if portal.stopping.is_cancelled() {
        return Err(DomainError::Stopping);
    }
    let now = portal.now();
    let mut sealed = Vec::new();
    for (inputs, files) in draft.runs(inputs) {
        let id = RunId::generate();
        sealed.push((id, Column::Inputs.seal(&portal, &draft.key, id, &inputs)?, files));
    }
    let runs: Vec<NewRun<'_>> = sealed
        .iter()
        .map(|(id, inputs, files)| NewRun { id: *id, user: draft.user.id, release: draft.release, inputs, files, now })
        .collect();
    let batch = (runs.len() > 1).then(BatchId::generate);
    let together = Together { batch, discard: draft.discard };
    if !portal.store.create_runs(&runs, together).await? {
        return Err(DomainError::Conflict("The files of this run are gone; fill it in again.".to_owned()));
    }
    draft.files.clear();
    for run in &runs {
        tracing::info!(run.id = %run.id, release.id = %draft.release, user.id = %draft.user.id, "run accepted");
        portal.tell(News::Run(run.id));
        portal.queue.wake(JobKind::ExecuteRun);
    }
    Ok(Accepted { run: runs[0].id, batch })
}

/// A file of an earlier run, sealed anew: each run owns its files, so that deleting one never takes another's.
pub(super) async fn copy(draft: &RunDraft, name: &str, old: BlobId) -> Result<BlobId> {
    let portal = &draft.portal;
    let content = blobs::open_stream(&portal.objects, &draft.key, old).await?;
    let id = BlobId::generate();
    let new = NewBlob { id, user: draft.user.id, run: None, role: BlobRole::Input, name, now: portal.now() };
    files::create(portal, &draft.key, &new, u64::MAX, content).await?;
    Ok(id)
}

/// Runs the same release on the same inputs once more. What was not to be kept is not kept this time either.
///
/// # Errors
/// `NotFound`; `Conflict` if the release cannot be run any more; `Stopping`.
pub async fn again(portal: &Portal, viewer: &User, id: RunId) -> Result<RunId> {
    let release = ReleaseId(own(portal, viewer, id).await?.release_id);
    again_on(portal, viewer, id, release).await
}

/// Runs another release on the inputs of a run of one's own. It must ask for the same parameters.
///
/// # Errors
/// As [`again`].
pub async fn again_on(portal: &Portal, viewer: &User, id: RunId, release: ReleaseId) -> Result<RunId> {
    let row = own(portal, viewer, id).await?;
    let mut draft = begin(portal, viewer, release).await?;
    draft.discard = row.keep_ms == Some(0);
    let mut inputs: Vec<Named> = Column::Inputs.open(&draft.key, id, &row.inputs)?;
    for input in &mut inputs {
        if let StoredValue::File(old) = input.value {
            let new = copy(&draft, &input.name, old).await?;
            draft.files.push((input.name.clone(), new));
            input.value = StoredValue::File(new);
        }
    }
    Ok(accept(&mut draft, &inputs).await?.run)
}
