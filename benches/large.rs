//! A large marketplace: fills a database, and asks a portal on it for every page.
//!
//! ```text
//! large seed [folder]      10,000 apps, 1,000 authors, 100,000 people, 1,000,000 runs
//! large measure [folder]   p50 and p95 of every page, one caller
//! ```
//!
//! The database is the one that `DATABASE_URL` names, or SQLite in the folder (`target/large`). `just seed-large` and
//! `just measure-large` build and start it.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[expect(dead_code, reason = "other benchmarks use the rest")]
#[path = "common/figures.rs"]
mod figures;
#[path = "large/measure.rs"]
mod measure;
#[path = "large/names.rs"]
mod names;
#[path = "large/seed.rs"]
mod seed;
#[expect(dead_code, unused_imports, unused_macros, reason = "the end-to-end tests use the rest")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::{path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    // `cargo bench` adds a flag of its own.
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let command = arguments.next().unwrap_or_default();
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/large".to_owned()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let database = std::env::var("DATABASE_URL").ok();
    match command.as_str() {
        "seed" => runtime.block_on(seed::seed(&folder, database.as_deref(), &seed::Size::large())),
        "measure" => {
            for page in runtime.block_on(measure::every_page(&folder, database.as_deref(), 40)) {
                println!("{page}");
            }
        }
        // A test run of all targets starts it without a word.
        _ => println!("say seed or measure"),
    }
    ExitCode::SUCCESS
}
