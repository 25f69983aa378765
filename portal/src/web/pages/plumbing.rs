//! Addresses that no person reads: static files, files for runners, health, the manifest's schema.

pub(crate) mod fetch_file;
pub(crate) mod health;
pub(crate) mod schema;
pub(crate) mod static_file;
pub(crate) mod store_file;
