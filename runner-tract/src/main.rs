//! The runner as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    runner_tract::main(std::env::args_os().collect(), Vec::new())
}
