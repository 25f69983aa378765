//! Addresses that no person reads: static files, files for runners, health, the manifest's schema, and what makes the
//! marketplace an app of a telephone.

pub(crate) mod fetch_file;
pub(crate) mod health;
pub(crate) mod installed;
pub(crate) mod schema;
pub(crate) mod service_worker;
pub(crate) mod static_file;
pub(crate) mod store_file;
