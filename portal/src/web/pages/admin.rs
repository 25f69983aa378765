//! What operators and admins do.

pub(crate) mod add_runner;
pub(crate) mod catalog;
pub(crate) mod install;
pub(crate) mod install_entry;
pub(crate) mod install_events;
pub(crate) mod people;
pub(crate) mod runners;
pub(crate) mod set_role;
pub(crate) mod switch_runner;
