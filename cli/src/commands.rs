//! One file per command. Each returns the program's exit code; an error is exit code 2.

pub(crate) mod catalog;
pub(crate) mod check;
pub(crate) mod conform;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod pack;
pub(crate) mod publish;
pub(crate) mod schema;
