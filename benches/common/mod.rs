//! What the benchmarks share.

pub(crate) mod figures;
pub(crate) mod processes;
pub(crate) mod runner;
