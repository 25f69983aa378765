//! Filling in a run, and accepting it.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde_json::Value;
use vision_protocol::{
    fault::Fault,
    ids::{BlobId, ReleaseId, RunId},
    manifest::Manifest,
    messages::NamedValue,
    parameters::{Parameter, ParameterType, check_inputs},
};

use super::{
    JobKind, own, runnable,
    stored::{Column, Named, StoredValue},
};
use crate::{
    blobs::{self, keys::UserKey},
    domain::{DomainError, Result, accounts::User, catalog, files, work::remove_blob},
    state::{News, Portal},
    store::{BlobRole, NewBlob, NewRun},
};

/// A run that is being filled in. Dropped without [`RunDraft::submit`], its files are removed.
pub struct RunDraft {
    portal: Portal,
    user: User,
    key: UserKey,
    release: ReleaseId,
    manifest: Manifest,
    values: Vec<NamedValue>,
    files: Vec<(String, BlobId)>,
    faults: Vec<Fault>,
}

/// Begins a run of a published release, or of a draft by its author.
///
/// # Errors
/// `NotFound`; `Conflict` while it is being checked or after it was rejected; `Stopping`.
pub async fn begin(portal: &Portal, user: &User, release: ReleaseId) -> Result<RunDraft> {
    if portal.stopping.is_cancelled() {
        return Err(DomainError::Stopping);
    }
    let row = runnable(portal, user, release).await?;
    let account = portal.store.user(user.id).await?.ok_or(DomainError::LogInFirst)?;
    Ok(RunDraft {
        key: portal.master.user_key(user.id, &account.data_key)?,
        portal: portal.clone(),
        user: user.clone(),
        release,
        manifest: catalog::manifest(&row.manifest)?,
        values: Vec::new(),
        files: Vec::new(),
        faults: Vec::new(),
    })
}

impl RunDraft {
    /// The manifest of the release, for the form's fields.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.manifest.app_parameters.iter().find(|parameter| parameter.name == name)
    }

    fn is_given(&self, name: &str) -> bool {
        self.values.iter().any(|value| value.name == name) || self.files.iter().any(|(given, _)| given == name)
    }

    fn fault(&mut self, name: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(name, message));
    }

    /// Takes the text of one form field. What is wrong with it is said by [`RunDraft::submit`].
    pub fn text(&mut self, name: &str, value: &str) {
        let Some(parameter) = self.parameter(name) else {
            return self.fault(name, "the app has no such parameter");
        };
        if parameter.parameter_type == ParameterType::Image {
            if !value.trim().is_empty() {
                self.fault(name, "must be a file");
            }
            return;
        }
        match parameter.parse_text(value) {
            // A checkbox behind a hidden field comes twice: the last one counts.
            Ok(Some(value)) => {
                self.values.retain(|given| given.name != name);
                self.values.push(NamedValue { name: name.to_owned(), value });
            }
            Ok(None) => {}
            Err(message) => self.fault(name, message),
        }
    }

    /// Takes one file, sealing it chunk by chunk on its way into the object store. An empty file counts as not
    /// given; what is no picture is refused by [`RunDraft::submit`].
    ///
    /// # Errors
    /// `TooLarge`; `Upload` if the stream breaks.
    pub async fn file<S, E>(&mut self, name: &str, mut stream: S) -> Result<()>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
        E: std::fmt::Display,
    {
        let limit = self.portal.config.limits.runs().input_bytes;
        let first = loop {
            match stream.next().await {
                None => return Ok(()),
                Some(piece) => match piece.map_err(|error| DomainError::Upload(error.to_string()))? {
                    piece if piece.is_empty() => {}
                    piece => break piece,
                },
            }
        };
        let problem = match self.parameter(name).map(|parameter| parameter.parameter_type) {
            None => Some("the app has no such parameter"),
            Some(ParameterType::Image) if self.is_given(name) => Some("is given more than once"),
            Some(ParameterType::Image) => None,
            Some(_) => Some("takes no file"),
        };
        if let Some(problem) = problem {
            self.fault(name, problem);
            return drain(stream, limit).await;
        }
        let id = BlobId::generate();
        let now = self.portal.now();
        let new = NewBlob { id, user: self.user.id, run: None, role: BlobRole::Input, name, now };
        let whole = futures_util::stream::iter([Ok(first)]).chain(stream);
        match files::create(&self.portal, &self.key, &new, limit, whole).await {
            Ok(()) => self.files.push((name.to_owned(), id)),
            Err(DomainError::Invalid(faults)) => {
                faults.into_iter().for_each(|fault| self.fault(name, fault.message));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What the person gave, with defaults filled in.
    ///
    /// # Errors
    /// Every fault.
    fn checked(&mut self) -> Result<Vec<Named>> {
        for parameter in &self.manifest.app_parameters {
            // A browser does not send a box that is not ticked.
            let absent = !self.values.iter().any(|value| value.name == parameter.name);
            if parameter.parameter_type == ParameterType::Boolean && absent {
                self.values.push(NamedValue { name: parameter.name.clone(), value: Value::Bool(false) });
            }
        }
        let mut data = self.values.clone();
        for (name, id) in &self.files {
            // Only the form of an address is checked; the real one is made for each attempt.
            data.push(NamedValue { name: name.clone(), value: Value::String(format!("http://portal/files/{id}")) });
        }
        if let Err(faults) = check_inputs(&self.manifest.app_parameters, &data) {
            for fault in faults {
                if !self.faults.iter().any(|known| known.place == fault.place) {
                    self.faults.push(fault);
                }
            }
        }
        if !self.faults.is_empty() {
            return Err(DomainError::Invalid(std::mem::take(&mut self.faults)));
        }
        let parameters = self.manifest.app_parameters.iter();
        Ok(parameters
            .filter_map(|parameter| {
                let name = parameter.name.clone();
                if let Some((_, id)) = self.files.iter().find(|(given, _)| *given == name) {
                    return Some(Named { name, value: StoredValue::File(*id) });
                }
                let given = self.values.iter().find(|value| value.name == name).map(|value| &value.value);
                let value = given.or(parameter.default.as_ref())?.clone();
                Some(Named { name, value: StoredValue::Plain(value) })
            })
            .collect())
    }

    /// Accepts the run: from here on it will be finished, or failed with a reason.
    ///
    /// # Errors
    /// `Invalid` with every fault, each at its parameter's name; `Stopping`.
    pub async fn submit(mut self) -> Result<RunId> {
        let inputs = self.checked()?;
        accept(&mut self, &inputs).await
    }
}

/// Writes the run down. Afterwards its files are the run's.
async fn accept(draft: &mut RunDraft, inputs: &[Named]) -> Result<RunId> {
    let portal = draft.portal.clone();
    if portal.stopping.is_cancelled() {
        return Err(DomainError::Stopping);
    }
    let id = RunId::generate();
    let files: Vec<BlobId> = draft.files.iter().map(|(_, file)| *file).collect();
    let new = NewRun {
        id,
        user: draft.user.id,
        release: draft.release,
        inputs: &Column::Inputs.seal(&portal, &draft.key, id, &inputs)?,
        files: &files,
        now: portal.now(),
    };
    if !portal.store.create_run(&new).await? {
        return Err(DomainError::Conflict("The files of this run are gone; fill it in again.".to_owned()));
    }
    draft.files.clear();
    tracing::info!(run.id = %id, release.id = %draft.release, user.id = %draft.user.id, "run accepted");
    portal.queue.wake(JobKind::ExecuteRun);
    portal.tell(News::Run(id));
    Ok(id)
}

async fn drain<S, E>(mut stream: S, limit: u64) -> Result<()>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let mut size = 0;
    while let Some(piece) = stream.next().await {
        size += piece.map_err(|error| DomainError::Upload(error.to_string()))?.len() as u64;
        if size > limit {
            return Err(DomainError::TooLarge { limit });
        }
    }
    Ok(())
}

impl Drop for RunDraft {
    fn drop(&mut self) {
        let files = std::mem::take(&mut self.files);
        // Outside a runtime, or if this fails, they are swept up later.
        if let (false, Ok(runtime)) = (files.is_empty(), tokio::runtime::Handle::try_current()) {
            let portal = self.portal.clone();
            runtime.spawn(async move {
                for (_, file) in files {
                    if let Err(error) = remove_blob(&portal, file).await {
                        tracing::warn!(blob.id = %file, %error, "a file of an abandoned form is left for later");
                    }
                }
            });
        }
    }
}

/// Runs the same release on the same inputs once more.
///
/// # Errors
/// `NotFound`; `Conflict` if the release cannot be run any more; `Stopping`.
pub async fn again(portal: &Portal, viewer: &User, id: RunId) -> Result<RunId> {
    let row = own(portal, viewer, id).await?;
    let mut draft = begin(portal, viewer, ReleaseId(row.release_id)).await?;
    let mut inputs: Vec<Named> = Column::Inputs.open(&draft.key, id, &row.inputs)?;
    for input in &mut inputs {
        if let StoredValue::File(old) = input.value {
            // Each run owns its files, so that deleting one run never takes another's: sealed anew.
            let content = blobs::open_stream(&portal.objects, &draft.key, old).await?;
            let (new, now) = (BlobId::generate(), portal.now());
            let row = NewBlob { id: new, user: viewer.id, run: None, role: BlobRole::Input, name: &input.name, now };
            files::create(portal, &draft.key, &row, u64::MAX, content).await?;
            draft.files.push((input.name.clone(), new));
            input.value = StoredValue::File(new);
        }
    }
    accept(&mut draft, &inputs).await
}
