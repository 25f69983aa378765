//! What operators and admins do.

pub(crate) mod add_runner;
pub(crate) mod people;
pub(crate) mod runners;
pub(crate) mod set_role;
pub(crate) mod switch_runner;
