#![doc = include_str!("../README.md")]

pub mod engine;

use std::{ffi::OsString, process::ExitCode, sync::Arc};

pub use engine::TractEngine;

/// The runner's command line. `args` starts with the program's name; `worker_prefix` is what stands before `worker`
/// when this program is one of several behind one executable.
pub fn main(args: Vec<OsString>, worker_prefix: Vec<OsString>) -> ExitCode {
    vision_runner::program::run(args, worker_prefix, Arc::new(TractEngine))
}
