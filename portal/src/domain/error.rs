//! What can go wrong, told apart by what the caller may learn of it.

use vision_protocol::fault::Fault;

use crate::{blobs::BlobError, store::StoreError};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
    /// It is not there, or its existence is none of the caller's business.
    #[error("not found")]
    NotFound,
    /// Nobody is logged in, and somebody has to be.
    #[error("log in first")]
    LogInFirst,
    /// No API key came with a request that needs one, or it is not good any more; the text says which.
    #[error("{0}")]
    BadKey(&'static str),
    /// The caller may not do this; the text says what is needed.
    #[error("{0}")]
    Forbidden(String),
    /// What was handed in is not right; every fault at its place (a form field, a parameter, a file of the zip).
    #[error("{}", vision_protocol::fault::summary(.0))]
    Invalid(Vec<Fault>),
    /// It does not fit the present state; the text says why.
    #[error("{0}")]
    Conflict(String),
    /// It is larger than the limit in bytes.
    #[error("is larger than {} MB", .limit >> 20)]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
    },
    /// Too many attempts.
    #[error("too many attempts; try again in {} min", .retry_after_s.div_ceil(60))]
    TooMany {
        /// Seconds to wait.
        retry_after_s: u64,
    },
    /// The portal is about to stop and takes no new work.
    #[error("the marketplace is being restarted; try again in a moment")]
    Stopping,
    /// The caller's upload broke off.
    #[error("the upload broke off: {0}")]
    Upload(String),
    /// The database failed; for the log only.
    #[error("database: {0}")]
    Store(#[from] StoreError),
    /// A file could not be sealed, opened, written or read; for the log only.
    #[error("files: {0}")]
    Blob(#[from] BlobError),
    /// Something else failed; for the log only.
    #[error("{0}")]
    Internal(String),
}

impl DomainError {
    /// One fault at one place.
    pub fn invalid(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault::new(place, message)])
    }

    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }

    /// Whether the text of this error is for the log only.
    pub fn is_internal(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Blob(_) | Self::Internal(_))
    }
}
