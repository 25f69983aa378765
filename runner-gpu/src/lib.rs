#![doc = include_str!("../README.md")]

mod device;
mod engine;

use std::{ffi::OsString, process::ExitCode, sync::Arc};

pub use device::{Device, ParseDeviceError};
pub use engine::{OnnxRuntime, StartError};

/// Runs the program. `arguments` begins with its name.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    let (device, arguments) = match Device::from_arguments(arguments) {
        Ok(split) => split,
        Err(error) => return refuse(&error.to_string()),
    };
    // A worker is started with the same device as its supervisor.
    let worker_prefix = vec!["--device".into(), device.to_string().into()];
    match OnnxRuntime::start(device) {
        Ok(engine) => vision_runner::program::run(arguments, worker_prefix, Arc::new(engine)),
        Err(error) => refuse(&error.to_string()),
    }
}

#[expect(clippy::print_stderr, reason = "there is no log before the program has started")]
fn refuse(message: &str) -> ExitCode {
    eprintln!("runner-gpu: {message}");
    ExitCode::from(2)
}
