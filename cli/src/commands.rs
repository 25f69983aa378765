//! One file per command. Each returns the program's exit code; an error is exit code 2.

pub(crate) mod catalog;
pub(crate) mod check;
pub(crate) mod compare_models;
pub(crate) mod completions;
pub(crate) mod conform;
pub(crate) mod convert;
pub(crate) mod dev;
pub(crate) mod feedback;
mod given;
pub(crate) mod inspect;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
pub(crate) mod measure_model;
pub(crate) mod new;
pub(crate) mod pack;
pub(crate) mod publish;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod test;
