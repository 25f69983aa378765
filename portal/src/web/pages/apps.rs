//! An app's page, its icon, and its form.

pub(crate) mod example_file;
pub(crate) mod example_layout;
pub(crate) mod extras;
pub(crate) mod icon;
pub(crate) mod run;
pub(crate) mod show;
