//! Prints where the time of one run goes: SqueezeNet on a 768 x 576 JPEG, through a worker, one run after the other.
//! The least of many runs is what the work takes; the median also has what else the machine did.
//!
//! `VISION_TEST_DATA=… cargo bench --workspace --bench stages`
#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod support;

use std::{path::Path, time::Instant};

use anyhow::{Context, Error, Result, anyhow};
use runner_tract::TractEngine;
use serde_json::json;
use support::{models::real_models, package::Package, worker::Worker};
use vision_protocol::limits::RunLimits;
use vision_runner::{
    engine::{Data, Engine, Tensor},
    ipc::WireValue,
};

const RUNS: usize = 100;

fn main() -> Result<()> {
    let models = real_models().context("VISION_TEST_DATA must be set")?;
    let photos = [std::fs::read(models.join("../images/darknet_dog.jpg"))?];
    let model_file = models.join("classification/squeezenet_fp32_from_fp16.onnx");

    let bare = bare_tract(&model_file, &photos[0])?;
    let decode = spread(|| {
        timed(|| image::load_from_memory(&photos[0]).map(|image| drop(image.into_rgb8())).map_err(Into::into))
    })?;

    let package = Package::classification(&model_file, Some(&models.join("classification/synset.txt")));
    package.change_manifest(|manifest| {
        manifest["Models"][0]["Input"] = json!({"Channels": "BGR"});
        manifest["Models"][0]["Output"] = json!({"Head": "Softmax"});
    });
    let mut worker = Worker::serve(&package, RunLimits { handles: 64, ..RunLimits::default() });
    let mut stages: [Vec<f64>; 6] = Default::default();
    for run in 0..RUNS + 10 {
        let began = Instant::now();
        let inputs = vec![("Image".to_owned(), WireValue::Picture(0))];
        let done = worker.run(inputs, &photos, 20_000).map_err(|failed| anyhow!(failed.message))?;
        let (t, whole) = (done.timings, began.elapsed().as_secs_f64() * 1e3);
        if run >= 10 {
            let figures =
                [t.app_loading_ms, t.pre_processing_ms, t.running_model_ms, t.generating_result_ms, t.total_ms, whole];
            for (list, figure) in stages.iter_mut().zip(figures) {
                list.push(figure);
            }
        }
    }
    println!("ms of {RUNS} runs                        least   median");
    let names = [
        "making an instance",
        "decode, crop, resize, to tensor",
        "running the model",
        "generating the result",
        "total in the worker",
        "total over the socket",
    ];
    let figures = stages.map(Spread::of);
    for (name, spread) in
        ["bare tract", "bare decode"].into_iter().zip([bare, decode]).chain(names.into_iter().zip(figures))
    {
        println!("{name:32} {:9.3}{:9.3}", spread.least, spread.median);
    }
    let [.., whole] = figures;
    let around = |part: fn(&Spread) -> f64| part(&whole) - part(&figures[2]) - part(&decode);
    println!("{:32} {:9.3}{:9.3}", "around model and decode", around(|s| s.least), around(|s| s.median));
    Ok(())
}

fn bare_tract(file: &Path, photo: &[u8]) -> Result<Spread> {
    let model = TractEngine.load(file)?;
    let input = &model.inputs()[0];
    let seen = image::load_from_memory(photo)?.thumbnail_exact(224, 224).into_rgb8();
    let numbers = (0..3).flat_map(|plane| seen.pixels().map(move |pixel| f32::from(pixel[2 - plane]))).collect();
    let seen = Tensor::new(input.shape.as_slice(), Data::Float32(numbers)).map_err(Error::msg)?;
    spread(|| timed(|| Ok(model.infer(vec![(input.name.clone(), seen.clone())]).map(drop)?)))
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

#[derive(Clone, Copy)]
struct Spread {
    least: f64,
    median: f64,
}

impl Spread {
    fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        Self { least: figures[0], median: figures[figures.len() / 2] }
    }
}

fn spread(mut measure: impl FnMut() -> Result<f64>) -> Result<Spread> {
    Ok(Spread::of((0..RUNS).map(|_| measure()).collect::<Result<_>>()?))
}
