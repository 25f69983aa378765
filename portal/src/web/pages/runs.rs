//! One's own runs.

pub(crate) mod again;
pub(crate) mod delete;
pub(crate) mod events;
pub(crate) mod file;
pub(crate) mod history;
pub(crate) mod layout;
pub(crate) mod show;
