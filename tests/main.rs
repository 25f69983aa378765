//! End-to-end tests: each starts the real portal, with its own data folder, on a free port of the loopback.
//!
//! One program for all of them, so that the harness in [`support`] is compiled and linked once. What a test needs
//! beyond the repository is looked for at run time: a test that lacks something says 'skipped: …', and fails when
//! `CI=true`.

#[expect(dead_code, reason = "the benchmarks use the rest")]
#[path = "../benches/common/figures.rs"]
mod figures;
#[path = "../benches/large/measure.rs"]
mod measure;
#[path = "../benches/large/names.rs"]
mod names;
#[path = "../benches/large/seed.rs"]
mod seed;
mod support;

mod admin;
mod browser;
mod catalog;
mod convert;
mod crash;
mod dev_page;
mod documents;
mod editor;
mod every_page;
mod examples;
mod feedback;
mod finding;
mod guides;
mod hostile;
mod installed;
mod kept_results;
mod large;
mod layouts;
mod lifecycle;
mod limits;
mod postgres;
mod privacy;
mod publishing;
mod runs;
mod strangers_path;
mod third_party;
mod traces;
mod uploads;
mod without_scripts;
