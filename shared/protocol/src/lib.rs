#![doc = include_str!("../README.md")]

pub mod fault;
pub mod ids;
pub mod limits;
pub mod manifest;
pub mod messages;
pub mod parameters;
pub mod results;
pub mod signed_url;
pub mod traceparent;

pub use fault::Fault;
pub use ids::{AppId, BlobId, Digest, InstallId, KeyId, ReleaseId, RunId, RunnerId, Slug, UserId};
pub use manifest::Manifest;
