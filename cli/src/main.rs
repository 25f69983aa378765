//! The program `vision`.

use std::process::ExitCode;

fn main() -> ExitCode {
    vision_cli::run(std::env::args_os())
}
