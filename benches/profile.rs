//! Where each tenth of a millisecond of a run goes: a model (SqueezeNet) on a JPEG, one caller, from the spans that the
//! runner's processes tell of a traced run. Means of many runs.
//!
//!     VISION_TEST_DATA=… cargo bench --workspace --bench profile [-- MODEL]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "compare/bare.rs"]
mod bare;
#[expect(dead_code, reason = "the comparison uses the rest")]
mod common;
#[path = "compare/models.rs"]
#[expect(dead_code, reason = "the comparison uses the rest")]
mod models;

use std::{
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use vision_protocol::messages::{Process, Span};
use vision_runner::engine::Engine;

use common::{figures::Figures, runner::Runner};
use models::Model;

const RUNS: usize = 300;
/// What a run passes through, in its order.
const SUPERVISOR: [&str; 6] = ["admission", "queue", "fetch", "start", "compute", "store"];
const WORKER: [&str; 6] = ["queue", "decode", "load", "preprocess", "infer", "postprocess"];

fn main() -> Result<()> {
    let data = env::var_os("VISION_TEST_DATA").context("VISION_TEST_DATA names no folder of models and photos")?;
    let data = PathBuf::from(data);
    let programs = env::current_exe()?.ancestors().nth(2).context("the folder of the programs")?.to_owned();
    let wanted = env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let model = models::all()?.into_iter().find(|model| wanted.as_ref().is_none_or(|name| *name == model.name));
    let model = model.context("models.json has no such model")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let onnx_runtime = bare::onnx_runtime()?;
    for (name, program, arguments, engine) in [
        ("tract", "runner-tract", &["serve"][..], &runner_tract::TractEngine as &dyn Engine),
        ("ONNX Runtime", "runner-gpu", &["serve", "--device", "cpu"][..], &onnx_runtime),
    ] {
        println!("\n{name}, milliseconds");
        runtime.block_on(profile(&model, &data, &programs.join(program), arguments, engine))?;
    }
    Ok(())
}

async fn profile(model: &Model, data: &Path, program: &Path, arguments: &[&str], engine: &dyn Engine) -> Result<()> {
    let photo = fs::read(data.join("images/darknet_dog.jpg"))?;
    let input = model.input(&image::load_from_memory(&photo)?.into_rgb8())?;
    let file = data.join("models").join(&model.file);
    let mut decoding = bare::decode(&photo)?;
    let mut alone = bare::infer(engine, &file, &input)?;
    let arguments: Vec<_> = arguments.iter().map(Into::into).collect();
    let runner = Runner::start(program, &arguments, model.package(data)?, photo.clone()).await;
    for _ in 0..20 {
        runner.traced().await;
    }
    let mut times: HashMap<(Process, String), f64> = HashMap::new();
    let (mut totals, mut whole) = (0.0, Vec::new());
    for _ in 0..RUNS {
        let begun = Instant::now();
        let (spans, total_ms) = runner.traced().await;
        whole.push(begun.elapsed());
        totals += total_ms / RUNS as f64;
        for Span { process, name, duration_ms, .. } in spans {
            *times.entry((process, name)).or_default() += duration_ms / RUNS as f64;
        }
    }
    drop(runner);
    // Once more, so that a machine that changes its pace changes it for both.
    decoding.extend(bare::decode(&photo)?);
    alone.extend(bare::infer(engine, &file, &input)?);
    print(&times, totals, &whole, Figures::new(decoding).quantile(0.5), Figures::new(alone).quantile(0.5));
    Ok(())
}

fn print(times: &HashMap<(Process, String), f64>, totals: f64, whole: &[Duration], decoding: f64, alone: f64) {
    let time = |process, name: &str| times.get(&(process, name.to_owned())).copied().unwrap_or_default();
    let whole = Figures::new(whole.iter().copied());
    let row = |what: &str, ms: f64| println!("  {what:<52}{ms:>8.2}");
    row("whole, as its caller sees it (mean)", whole.mean());
    row("  HTTP between caller and supervisor, JSON", whole.mean() - totals);
    let mut told = 0.0;
    for name in SUPERVISOR {
        let ms = time(Process::Supervisor, name);
        told += ms;
        row(&format!("  supervisor: {name}"), ms);
        if name == "compute" {
            let within = WORKER.map(|name| (name, time(Process::Worker, name)));
            within.iter().for_each(|(name, ms)| row(&format!("    worker: {name}"), *ms));
            row("    socket, waking up", ms - within.iter().map(|(_, ms)| ms).sum::<f64>());
        }
    }
    row("  supervisor: the rest", totals - told);
    let median = whole.quantile(0.5);
    println!();
    row("whole, median", median);
    row("  the engine's call alone, median", alone);
    row("  decoding alone, median", decoding);
    row("  beyond both", median - alone - decoding);
}
