//! Prints where the time of loading a model goes, and what a batch costs per item: milliseconds, least of several.
//!
//! `cargo run --release -p runner-tract --example loading -- model.onnx…`
#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::{path::Path, time::Instant};

use runner_tract::TractEngine;
use tract_onnx::prelude::*;
use vision_runner::engine::{Engine, Tensor as Plain};

const TIMES: usize = 5;

fn main() -> TractResult<()> {
    println!("{:44}     read    parse     type  clutter optimise     plan    engine", "model");
    for file in std::env::args().skip(1) {
        let path = Path::new(&file);
        let mut least = [f64::MAX; 7];
        for _ in 0..TIMES {
            // A model whose batch is open has no plan of its own: it is measured below.
            let Ok(phases) = phases(path) else { break };
            for (least, now) in least.iter_mut().zip(phases) {
                *least = least.min(now);
            }
        }
        if least[0] == f64::MAX {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let [a, b, c, d, e, f, g] = least;
        println!("{name:44} {a:8.2} {b:8.2} {c:8.2} {d:8.2} {e:8.2} {f:8.2}  {g:8.2}");
    }
    for file in std::env::args().skip(1) {
        batches(Path::new(&file))?;
    }
    Ok(())
}

fn phases(path: &Path) -> TractResult<[f64; 7]> {
    let mut laps = [0.0; 7];
    let mut mark = Instant::now();
    let mut lap = |index: usize| {
        laps[index] = mark.elapsed().as_secs_f64() * 1e3;
        mark = Instant::now();
    };
    let onnx = onnx().with_ignore_output_shapes(true);
    let proto = onnx.proto_model_for_path(path)?;
    lap(0);
    let model = onnx.parse(&proto, None)?.model;
    lap(1);
    let model = model.into_typed()?;
    lap(2);
    let model = model.into_decluttered()?;
    lap(3);
    let model = model.into_optimized()?;
    lap(4);
    let plan = model.into_runnable()?;
    lap(5);
    drop(plan);
    lap(6);
    TractEngine.load(path).map_err(|error| TractError::msg(error.to_string()))?;
    lap(6);
    Ok(laps)
}

fn batches(path: &Path) -> TractResult<()> {
    let model = TractEngine.load(path).map_err(|error| TractError::msg(error.to_string()))?;
    if !model.inputs().iter().chain(model.outputs()).all(|port| port.shape.first() == Some(&0)) {
        return Ok(());
    }
    print!("{}: ms per item of", path.display());
    for batch in [1, 2, 4, 8, 16, 32] {
        let mut inputs = Vec::new();
        for port in model.inputs() {
            let mut shape = port.shape.clone();
            shape[0] = batch;
            inputs.push((port.name.clone(), Plain::zeros(shape, port.element).map_err(TractError::msg)?));
        }
        let mut least = f64::MAX;
        for _ in 0..20 {
            let began = Instant::now();
            model.infer(inputs.clone()).map_err(|error| TractError::msg(error.to_string()))?;
            least = least.min(began.elapsed().as_secs_f64() * 1e3);
        }
        print!(" {batch}: {:.3}", least / batch as f64);
    }
    println!();
    Ok(())
}
