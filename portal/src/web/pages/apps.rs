//! An app's page, its icon, and its form.

pub(crate) mod icon;
pub(crate) mod run;
pub(crate) mod show;
