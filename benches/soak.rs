//! Half an hour at 80 % load while workers are killed at random: no accepted run may be lost, memory may not grow, and
//! the slowest hundredth may not take more than three times as long as the median.
//!
//!     VISION_TEST_DATA=… cargo bench --workspace --bench soak [-- MINUTES]
//!
//! Runs of SqueezeNet arrive evenly, whether or not earlier ones are done. (Were they to arrive by chance, a queue before
//! two cores at 80 % would by itself let one in a hundred wait more than three times as long as half of them.) What
//! 80 % are is measured again now and then, as the machine may be shared; what it gave to others stands beside each minute.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[expect(dead_code, reason = "the comparison uses the rest")]
mod common;
#[path = "compare/models.rs"]
#[expect(dead_code, reason = "the comparison uses the rest")]
mod models;

use std::{
    env, fs,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use rand::RngExt as _;
use reqwest::StatusCode;
use rustix::process::{Pid, Signal, kill_process};

use common::{
    figures::{Figures, measure},
    processes::{Stolen, Tree},
    runner::Runner,
};

const LOAD: f64 = 0.8;
const CALLERS: usize = 8;
const BETWEEN_KILLS: Duration = Duration::from_secs(45);
/// Minutes after which the capacity is measured again.
const STRETCH: usize = 5;
/// Memory may still grow in these first minutes: pools and caches fill.
const SETTLING: usize = 5;

/// What became of the runs.
#[derive(Default)]
struct Tally {
    minute: Vec<Duration>,
    all: Vec<Duration>,
    refused: usize,
    lost: Vec<String>,
}

fn main() -> Result<ExitCode> {
    let minutes = env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(30);
    let data = env::var_os("VISION_TEST_DATA").context("VISION_TEST_DATA names no folder of models and photos")?;
    let data = PathBuf::from(data);
    let program = env::current_exe()?.ancestors().nth(2).context("the folder of the programs")?.join("runner-tract");
    let model = models::all()?.into_iter().next().context("models.json is empty")?;
    let photo = fs::read(data.join("images/darknet_dog.jpg"))?;
    let package = model.package(&data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let runner = Arc::new(Runner::start(&program, &["serve".into()], package, photo).await);
        soak(&runner, minutes).await
    })
}

async fn soak(runner: &Arc<Runner>, minutes: usize) -> Result<ExitCode> {
    measure(CALLERS, Duration::from_secs(3), async || runner.run().await).await;
    println!("minute   runs/s   load   p50 ms   p99 ms   refused   lost   kills   MiB   stolen");
    let tally = Arc::new(Mutex::new(Tally::default()));
    let kills = Arc::new(Mutex::new(0));
    let killing = tokio::spawn(kill_workers(runner.pid(), kills.clone()));
    let mut memory = Vec::new();
    for stretch in (1..=minutes).collect::<Vec<_>>().chunks(STRETCH) {
        let (_, capacity) = measure(CALLERS, Duration::from_secs(10), async || runner.run().await).await;
        let arriving = tokio::spawn(arrive(runner.clone(), capacity * LOAD, tally.clone()));
        for minute in stretch {
            let stolen = Stolen::now();
            tokio::time::sleep(Duration::from_secs(60)).await;
            let bytes = Tree(runner.pid()).memory_bytes();
            memory.push(bytes);
            let mut tally = tally.lock().expect("nobody panics");
            let times = Figures::new(std::mem::take(&mut tally.minute));
            let (p50, p99) = (times.quantile(0.5), times.quantile(0.99));
            let (refused, lost) = (tally.refused, tally.lost.len());
            let rate = times.count() as f64 / 60.0;
            let (load, kills, stolen) = (rate / capacity, kills.lock().expect("nobody panics"), stolen.since());
            println!(
                "{minute:>6} {rate:>8.1} {load:>6.2} {p50:>8.1} {p99:>8.1} {refused:>9} {lost:>6} {kills:>7} {:>5} {stolen:>7.1}%",
                bytes >> 20
            );
        }
        arriving.abort();
        // What has been sent is answered before the next measurement.
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    killing.abort();
    let tally = tally.lock().expect("nobody panics");
    Ok(judge(&tally, &memory))
}

async fn arrive(runner: Arc<Runner>, rate: f64, tally: Arc<Mutex<Tally>>) {
    let mut due = Instant::now();
    loop {
        due += Duration::from_secs_f64(1.0 / rate);
        tokio::time::sleep_until(due.into()).await;
        let (request, tally) = (runner.request(), tally.clone());
        tokio::spawn(async move {
            let begun = Instant::now();
            let ended = match request.send().await {
                Ok(answer) if answer.status() == StatusCode::OK => {
                    answer.bytes().await.map(|_| true).map_err(|e| e.to_string())
                }
                Ok(answer) if answer.status() == StatusCode::TOO_MANY_REQUESTS => Ok(false),
                Ok(answer) => Err(format!("{}: {}", answer.status(), answer.text().await.unwrap_or_default())),
                Err(error) => Err(error.to_string()),
            };
            let mut tally = tally.lock().expect("nobody panics");
            match ended {
                Ok(true) => {
                    tally.minute.push(begun.elapsed());
                    tally.all.push(begun.elapsed());
                }
                Ok(false) => tally.refused += 1,
                Err(error) => tally.lost.push(error),
            }
        });
    }
}

/// Kills one of the processes below the supervisor now and then: a worker, or one that waits to become one.
async fn kill_workers(supervisor: u32, kills: Arc<Mutex<usize>>) {
    loop {
        let pause = BETWEEN_KILLS.mul_f64(rand::rng().random_range(0.2..1.8));
        tokio::time::sleep(pause).await;
        let workers = Tree(supervisor).pids().split_off(1);
        if workers.is_empty() {
            continue;
        }
        let chosen = workers[rand::rng().random_range(0..workers.len())];
        let pid = i32::try_from(chosen).ok().and_then(Pid::from_raw);
        if pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok()) {
            *kills.lock().expect("nobody panics") += 1;
        }
    }
}

fn judge(tally: &Tally, memory: &[u64]) -> ExitCode {
    let times = Figures::new(tally.all.iter().copied());
    let (p50, p99) = (times.quantile(0.5), times.quantile(0.99));
    println!("\n{} runs, p50 {p50:.1} ms, p99 {p99:.1} ms", times.count());
    for lost in tally.lost.iter().take(10) {
        println!("lost: {lost}");
    }
    let settled = memory.iter().take(SETTLING).max().copied().unwrap_or(0);
    let last = memory.iter().rev().take(SETTLING).max().copied().unwrap_or(0);
    let verdicts = [
        ("no accepted run lost", tally.lost.is_empty()),
        ("memory of the last minutes within 10 % of the first", last as f64 <= settled as f64 * 1.1),
        ("p99 within 3 times p50", p99 <= 3.0 * p50),
    ];
    for (what, met) in verdicts {
        println!("{what}: {}", if met { "met" } else { "MISSED" });
    }
    if verdicts.iter().all(|(_, met)| *met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
