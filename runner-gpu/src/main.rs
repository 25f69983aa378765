//! The program `runner-gpu`.

use std::process::ExitCode;

fn main() -> ExitCode {
    runner_gpu::main(std::env::args_os().collect(), Vec::new())
}
