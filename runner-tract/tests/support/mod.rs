//! What the tests of the worker share.

pub(crate) mod glue;
pub(crate) mod models;
pub(crate) mod package;
pub(crate) mod worker;
