//! Filling in a run.

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
    BATCH_PHOTOS, own, runnable,
    stored::{Column, Named, StoredValue},
    submit::copy,
};
use crate::{
    blobs::{
        keys::UserKey,
        metadata::{self, CleanError},
    },
    domain::{DomainError, Result, accounts::User, catalog, files, site, work::remove_blob},
    state::Portal,
    store::{BlobRole, NewBlob},
};

/// A run that is being filled in. Dropped without [`RunDraft::submit`], its files are removed.
pub struct RunDraft {
    pub(super) portal: Portal,
    pub(super) user: User,
    pub(super) key: UserKey,
    pub(super) release: ReleaseId,
    manifest: Manifest,
    values: Vec<NamedValue>,
    /// In the order in which they came.
    pub(super) files: Vec<(String, BlobId)>,
    pub(super) discard: bool,
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
        discard: false,
        faults: Vec::new(),
    })
}

/// Whether an app takes many photos in one go, each as a run of its own: it has to ask for exactly one.
pub fn takes_batches(parameters: &[Parameter]) -> bool {
    parameters.iter().filter(|parameter| parameter.parameter_type == ParameterType::Image).count() == 1
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
        let fault = Fault::new(name, message);
        // Of ten photos too many, one is told of.
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
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

    /// Takes one file: what a camera wrote beside the picture is taken out, and the rest sealed, chunk by chunk on its
    /// way into the object store. An empty file counts as not given; what is no picture, or a damaged one, is refused
    /// by [`RunDraft::submit`]. A second file for the only picture that an app takes makes the run one of a batch.
    ///
    /// # Errors
    /// `TooLarge`; `Upload` if the stream breaks.
    pub async fn file<S, E>(&mut self, name: &str, mut stream: S) -> Result<()>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
        E: std::fmt::Display,
    {
        let limit = site::current(&self.portal).await?.runs(&self.portal.config.limits).input_bytes;
        let first = loop {
            match stream.next().await {
                None => return Ok(()),
                Some(piece) => match piece.map_err(|error| DomainError::Upload(error.to_string()))? {
                    piece if piece.is_empty() => {}
                    piece => break piece,
                },
            }
        };
        if let Some(problem) = self.refusal(name) {
            self.fault(name, problem);
            return drain(stream, limit).await;
        }
        let mut whole = futures_util::stream::iter([Ok(first)]).chain(stream);
        let sealed = self.seal(name, limit, &mut whole).await;
        match sealed {
            Ok(id) => self.files.push((name.to_owned(), id)),
            Err(DomainError::Invalid(faults)) => {
                let which = self.which(name);
                faults.into_iter().for_each(|fault| self.fault(name, format!("{which}{}", fault.message)));
                return drain(whole, limit).await;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Why one more file cannot be taken for a parameter.
    fn refusal(&self, name: &str) -> Option<String> {
        match self.parameter(name).map(|parameter| parameter.parameter_type) {
            None => Some("the app has no such parameter".to_owned()),
            Some(ParameterType::Image) if self.files.len() >= BATCH_PHOTOS => {
                Some(format!("takes at most {BATCH_PHOTOS} photos at a time"))
            }
            Some(ParameterType::Image) if self.is_given(name) && !takes_batches(&self.manifest.app_parameters) => {
                Some("is given more than once".to_owned())
            }
            Some(ParameterType::Image) => None,
            Some(_) => Some("takes no file".to_owned()),
        }
    }

    /// The words that say which of several photos is meant.
    fn which(&self, name: &str) -> String {
        match self.files.iter().filter(|(given, _)| given == name).count() {
            0 => String::new(),
            before => format!("photo {}: ", before + 1),
        }
    }

    async fn seal<S, E>(&self, name: &str, limit: u64, stream: &mut S) -> Result<BlobId>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
        E: std::fmt::Display,
    {
        let id = BlobId::generate();
        let now = self.portal.now();
        let new = NewBlob { id, user: self.user.id, run: None, role: BlobRole::Input, name, now };
        let mut damage = None;
        let cleaned = metadata::clean(stream).map(|piece| {
            piece.inspect_err(|error| {
                if let CleanError::Damaged(damaged) = error {
                    damage = Some(*damaged);
                }
            })
        });
        let sealed = files::create(&self.portal, &self.key, &new, limit, cleaned).await;
        match damage {
            Some(damaged) => Err(DomainError::invalid("", damaged.to_string())),
            None => sealed.map(|()| id),
        }
    }

    /// Takes a photo of an earlier run of one's own, unless another one is given. That it is not there any more is
    /// said by [`RunDraft::submit`].
    ///
    /// # Errors
    /// The database's or the object store's.
    pub async fn keep(&mut self, name: &str, run: RunId) -> Result<()> {
        let is_image = self.parameter(name).is_some_and(|p| p.parameter_type == ParameterType::Image);
        if !is_image || self.is_given(name) {
            return Ok(());
        }
        let row = match own(&self.portal, &self.user, run).await {
            Ok(row) => row,
            Err(DomainError::NotFound) => {
                self.fault(name, "the photo of that run is gone; choose one");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let inputs: Vec<Named> = Column::Inputs.open(&self.key, run, &row.inputs)?;
        match inputs.into_iter().find(|input| input.name == name).map(|input| input.value) {
            Some(StoredValue::File(old)) => {
                let new = copy(self, name, old).await?;
                self.files.push((name.to_owned(), new));
            }
            _ => self.fault(name, "that run had no photo here; choose one"),
        }
        Ok(())
    }

    /// Has the run deleted soon after it was looked at, whatever the person has chosen for all others.
    pub fn discard(&mut self) {
        self.discard = true;
    }

    /// What the person gave, with defaults filled in.
    ///
    /// # Errors
    /// Every fault.
    pub(super) fn checked(&mut self) -> Result<Vec<Named>> {
        for parameter in &self.manifest.app_parameters {
            // A browser does not send a box that is not ticked.
            let absent = !self.values.iter().any(|value| value.name == parameter.name);
            if parameter.parameter_type == ParameterType::Boolean && absent {
                self.values.push(NamedValue { name: parameter.name.clone(), value: Value::Bool(false) });
            }
        }
        let mut data = self.values.clone();
        for (index, (name, id)) in self.files.iter().enumerate() {
            // Of a batch, one photo stands for all.
            if self.files[..index].iter().any(|(earlier, _)| earlier == name) {
                continue;
            }
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
