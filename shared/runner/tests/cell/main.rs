//! Hostile native code in a worker's cell: an engine whose “models” are attempts to get out. This program is the
//! supervisor's own worker, so what it tries, it tries from where a taken-over engine would stand.
//!
//! It has a `main` of its own: a worker goes into its cell with a single thread, which the usual test harness is not.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made ends its test")]
#![expect(unsafe_code, reason = "hostile code does not keep to safe Rust")]

mod attempts;
mod engine;
mod supervised;
mod ways_out;

use std::{env, ffi::OsString, panic, process::ExitCode, sync::Arc};

use vision_runner::program;

type Test = (&'static str, fn());

const TESTS: &[Test] = &[
    ("outside_a_cell_the_attempts_succeed", ways_out::outside_a_cell_the_attempts_succeed),
    ("the_start_up_check_tells_what_holds", ways_out::the_start_up_check_tells_what_holds),
    (
        "a_machine_that_gives_no_cell_is_refused_unless_told",
        ways_out::a_machine_that_gives_no_cell_is_refused_unless_told,
    ),
    ("every_way_out_is_refused_to_a_user_of_its_own", ways_out::every_way_out_is_refused_to_a_user_of_its_own),
    ("every_way_out_is_refused_without_root", ways_out::every_way_out_is_refused_without_root),
];

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().collect();
    match args.get(1).and_then(|command| command.to_str()) {
        Some("worker" | "cell-check") => program::run(args, Vec::new(), Arc::new(engine::Hostile)),
        Some("attempt") => ways_out::attempt_freely(args[2].to_str().unwrap()),
        Some("as-user") => {
            ways_out::try_all_ways();
            ExitCode::SUCCESS
        }
        _ => test(&args[1..]),
    }
}

/// As the usual harness does it: all tests, or those whose names contain one of the words given.
fn test(args: &[OsString]) -> ExitCode {
    let words: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).filter(|arg| !arg.starts_with('-')).collect();
    let chosen = TESTS.iter().filter(|(name, _)| words.is_empty() || words.iter().any(|word| name.contains(word)));
    let list = args.iter().any(|arg| arg == "--list");
    let mut failed = false;
    for (name, test) in chosen {
        if list {
            say(&format!("{name}: test"));
            continue;
        }
        let passed = panic::catch_unwind(test).is_ok();
        say(&format!("test {name} ... {}", if passed { "ok" } else { "FAILED" }));
        failed |= !passed;
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

#[expect(clippy::print_stdout, reason = "as the usual harness does")]
fn say(line: &str) {
    println!("{line}");
}
