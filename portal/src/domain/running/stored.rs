//! How inputs and outcomes are written down before they are sealed.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use vision_protocol::{
    ids::{BlobId, RunId},
    messages::{LogLine, PictureFacts, Timings},
};

use super::super::{DomainError, Result};
use crate::{blobs::keys::UserKey, state::Portal, store::StoreError};

/// A value of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StoredValue {
    /// A file of the run.
    File(BlobId),
    /// Anything else.
    Plain(Value),
}

/// A value with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Named {
    /// The parameter or result variable.
    pub(super) name: String,
    /// The value.
    pub(super) value: StoredValue,
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// What the app answered, in the order of the manifest.
    pub(super) results: Vec<Named>,
    /// Where the time went.
    pub(super) timings: Option<Timings>,
    /// What the app logged.
    pub(super) logs: Vec<LogLine>,
    /// Why it failed.
    pub(super) error: Option<String>,
    /// What the pictures were like: counted, and not kept.
    #[serde(skip)]
    pub(super) facts: Vec<PictureFacts>,
}

impl Outcome {
    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self { error: Some(reason.into()), ..Self::default() }
    }
}

/// The column of a run that something is sealed for.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Inputs,
    Outcome,
}

impl Column {
    fn context(self, run: RunId) -> String {
        match self {
            Self::Inputs => format!("run/{run}/inputs"),
            Self::Outcome => format!("run/{run}/outcome"),
        }
    }

    pub(super) fn seal(self, portal: &Portal, key: &UserKey, run: RunId, value: &impl Serialize) -> Result<Vec<u8>> {
        let text = serde_json::to_vec(value).map_err(DomainError::internal)?;
        Ok(key.seal_column(&self.context(run), &text, &*portal.random))
    }

    pub(super) fn open<T: DeserializeOwned>(self, key: &UserKey, run: RunId, sealed: &[u8]) -> Result<T> {
        let text = key.open_column(&self.context(run), sealed)?;
        Ok(serde_json::from_slice(&text).map_err(|_| StoreError::Corrupt("inputs or outcome of a run"))?)
    }
}

/// The results in a sealed outcome that are no files, by name.
pub(in crate::domain) fn plain_results(key: &UserKey, run: RunId, sealed: &[u8]) -> Result<Vec<(String, Value)>> {
    let outcome: Outcome = Column::Outcome.open(key, run, sealed)?;
    let plain = outcome.results.into_iter().filter_map(|named| match named.value {
        StoredValue::Plain(value) => Some((named.name, value)),
        StoredValue::File(_) => None,
    });
    Ok(plain.collect())
}
