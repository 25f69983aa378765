//! Where the time of one run goes: SqueezeNet on a JPEG of 768 × 576, in one go.
//!
//! The same photo through the bare engine, through `/run` of a runner, and through the whole portal (from the form that
//! is sent to the event that says “done”), each with one caller and with eight. `just bench` builds and starts it.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[expect(dead_code, reason = "the comparison uses the rest")]
mod common;
#[path = "whole_run/marketplace.rs"]
mod marketplace;
#[expect(dead_code, unused_imports, unused_macros, reason = "the end-to-end tests use the rest")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    hint::black_box,
    path::Path,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use tract_onnx::prelude::*;
use vision_protocol::messages::Timings;

use common::{
    figures::{Figures, measure},
    runner::Runner,
};
use marketplace::Marketplace;
use support::{
    data::{TestData, read},
    packages,
};

const MODEL: &str = "classification/squeezenet_fp32_from_fp16.onnx";
const PHOTO: &str = "darknet_dog.jpg";
const CALLERS: usize = 8;
const WINDOW: Duration = Duration::from_secs(8);
/// Milliseconds around the model call: the targets.
const AROUND_RUN: f64 = 5.0;
const AROUND_PORTAL: f64 = 15.0;

fn main() -> ExitCode {
    let data = match TestData::find() {
        Ok(data) => data,
        Err(missing) => {
            eprintln!("nothing to measure: {}", missing.0);
            return ExitCode::FAILURE;
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let cores = thread::available_parallelism().map_or(1, usize::from);
    println!("SqueezeNet on {PHOTO}, {cores} cores; milliseconds\n");
    println!("                              p50      p99     mean   runs/s");
    let (bare, bare_rate) = bare_model(&data, cores);
    row("bare tract, one thread", &bare, None);
    println!("{:<26}{:>34.1}", format!("bare tract, {cores} threads"), bare_rate);
    let (run, stages) = runtime.block_on(through_runner(&data));
    let portal = runtime.block_on(through_portal(&data));
    breakdown(&run, &stages);
    println!();
    let model = stages.running_model_ms;
    verdict("/run, one caller", run.mean() - model, AROUND_RUN);
    verdict("portal, one caller", portal.mean() - model, AROUND_PORTAL);
    ExitCode::SUCCESS
}

/// Prints one line of the table.
fn row(what: &str, figures: &Figures, rate: Option<f64>) {
    let rate = rate.map_or_else(String::new, |rate| format!("{rate:.1}"));
    let (p50, p99, mean) = (figures.quantile(0.5), figures.quantile(0.99), figures.mean());
    println!("{what:<26}{p50:>7.2}  {p99:>7.2}  {mean:>7.2}  {rate:>7}");
}

fn verdict(what: &str, around: f64, target: f64) {
    let word = if around <= target { "met" } else { "MISSED" };
    println!("around the model, {what}: {around:.1} ms (target {target} ms: {word})");
}

/// The model alone: times of one thread, and runs per second of one thread per core.
fn bare_model(data: &TestData, cores: usize) -> (Figures, f64) {
    let model = onnx().model_for_path(data.model(MODEL)).expect("the model loads");
    let plan = model.into_optimized().expect("it is optimised").into_runnable().expect("it can be run");
    let input: Tensor = tract_ndarray::Array4::<f32>::from_elem((1, 3, 224, 224), 100.0).into();
    let infer = || black_box(plan.run(tvec![input.clone().into()]).expect("it runs"));
    for _ in 0..10 {
        infer();
    }
    let mut times = Vec::new();
    for _ in 0..100 {
        let begun = Instant::now();
        infer();
        times.push(begun.elapsed());
    }
    let window = Duration::from_secs(3);
    let begun = Instant::now();
    let count: usize = thread::scope(|scope| {
        let count_runs = || {
            let mut count = 0;
            while begun.elapsed() < window {
                infer();
                count += 1;
            }
            count
        };
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(count_runs)).collect();
        threads.into_iter().map(|thread| thread.join().expect("it runs")).sum()
    });
    (Figures::new(times), count as f64 / begun.elapsed().as_secs_f64())
}

async fn through_runner(data: &TestData) -> (Figures, Timings) {
    let program = Path::new(env!("CARGO_BIN_EXE_portal"));
    let arguments = ["runner-tract", "serve"].map(Into::into);
    let runner = Runner::start(program, &arguments, packages::squeezenet(data), read(&data.image(PHOTO))).await;
    for _ in 0..10 {
        runner.run().await;
    }
    runner.forget();
    let (one, rate) = measure(1, WINDOW, async || runner.run().await).await;
    let stages = runner.mean_timings();
    row("/run, 1 caller", &one, Some(rate));
    let (eight, rate) = measure(CALLERS, WINDOW, async || runner.run().await).await;
    row(&format!("/run, {CALLERS} callers"), &eight, Some(rate));
    (one, stages)
}

async fn through_portal(data: &TestData) -> Figures {
    let market = Marketplace::start(packages::squeezenet(data), read(&data.image(PHOTO))).await;
    for _ in 0..10 {
        market.run().await;
    }
    let (one, rate) = measure(1, WINDOW, async || market.run().await).await;
    row("portal, 1 caller", &one, Some(rate));
    let (eight, rate) = measure(CALLERS, WINDOW, async || market.run().await).await;
    row(&format!("portal, {CALLERS} callers"), &eight, Some(rate));
    one
}

/// The six stages, as the runner reports them, and what its callers see beyond.
fn breakdown(run: &Figures, stages: &Timings) {
    println!("\n/run, one caller, where the time goes (means)");
    for (stage, time) in [
        ("app loading", stages.app_loading_ms),
        ("pre-processing", stages.pre_processing_ms),
        ("loading model", stages.loading_model_ms),
        ("running model", stages.running_model_ms),
        ("generating result", stages.generating_result_ms),
        ("misc (fetching, queue)", stages.misc_ms),
        ("HTTP between caller and runner", run.mean() - stages.total_ms),
    ] {
        println!("  {stage:<32}{time:>8.2}");
    }
}
