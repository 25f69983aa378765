//! How fast models are on a device: `figures [DEVICE] [FOLDER OF MODELS]`, by default `cpu` and `$VISION_TEST_DATA/models`.
//! The library is found as the program finds it.
//!
//! One caller on one thread. A batch is what one call brings; models whose first dimension is closed have none.

#[path = "../tests/suite/support/rewrite.rs"]
mod rewrite;

use std::{
    env,
    error::Error,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use runner_gpu::{Device, OnnxRuntime};
use vision_runner::engine::{Engine, Model, Tensor};

const BATCHES: [usize; 3] = [1, 8, 32];
/// How long each figure is measured.
const SPAN: Duration = Duration::from_secs(2);

const MODELS: [&str; 8] = [
    "classification/squeezenet_fp32_from_fp16.onnx",
    "classification/shufflenet-v2-12_fp32_from_int8.onnx",
    "classification/shufflenet-v2-12-int8.onnx",
    "detection/yolox_nano_416.onnx",
    "face_detection/ultraface_RFB-320.onnx",
    "segmentation/deeplab_v3_1_default_1_op13.onnx",
    "reid/person-reidentification-retail-0248.onnx",
    "super_resolution/super_resolution.onnx",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let device: Device = arguments.next().as_deref().unwrap_or("cpu").parse()?;
    let folder = match arguments.next() {
        Some(folder) => PathBuf::from(folder),
        None => {
            PathBuf::from(env::var_os("VISION_TEST_DATA").ok_or("VISION_TEST_DATA names no folder")?).join("models")
        }
    };
    let mut out = io::stdout();
    let begun = Instant::now();
    let engine = OnnxRuntime::start(device)?;
    engine.probe()?;
    writeln!(out, "{device}: ready in {:.0} ms, {} MiB resident\n", ms(begun.elapsed()), resident())?;
    writeln!(out, "| model | loaded, ms | MiB more | first run, ms | median, ms | items/s at 1 | at 8 | at 32 |")?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    let scratch = scratch()?;
    for file in MODELS {
        writeln!(out, "| {file} | {} |", row(&engine, &folder.join(file))?)?;
    }
    let squeezenet = fs::read(folder.join(MODELS[0]))?;
    let open = rewrite::opened(&squeezenet);
    for (name, bytes) in [("its batch left open", &open), ("in 16 bits, its batch left open", &rewrite::halved(&open))]
    {
        fs::write(&scratch, bytes)?;
        writeln!(out, "| SqueezeNet, {name} | {} |", row(&engine, &scratch)?)?;
    }
    fs::remove_file(&scratch)?;
    for fact in engine.device_facts() {
        writeln!(out, "{} {:?} {}", fact.name, fact.labels, fact.value)?;
    }
    Ok(())
}

fn row(engine: &OnnxRuntime, file: &Path) -> Result<String, Box<dyn Error>> {
    let (before, begun) = (resident(), Instant::now());
    let model = engine.load(file)?;
    let loaded = ms(begun.elapsed());
    let begun = Instant::now();
    run(&*model, 1)?;
    let first = ms(begun.elapsed());
    let memory = resident().saturating_sub(before);
    let open = model.inputs().iter().all(|port| port.shape.first() == Some(&0));
    let mut rates = String::new();
    let mut median = 0.0;
    for items in BATCHES {
        if items > 1 && !open {
            rates += " | –";
            continue;
        }
        let times = times(&*model, items)?;
        let each = times.iter().sum::<f64>() / times.len() as f64;
        if items == 1 {
            median = times[times.len() / 2];
        }
        rates += &format!(" | {:.0}", items as f64 / each * 1e3);
    }
    Ok(format!("{loaded:.0} | {memory} | {first:.1} | {median:.2}{rates}"))
}

/// Milliseconds of each call, sorted.
fn times(model: &dyn Model, items: usize) -> Result<Vec<f64>, Box<dyn Error>> {
    for _ in 0..3 {
        run(model, items)?;
    }
    let (begun, mut times) = (Instant::now(), Vec::new());
    while begun.elapsed() < SPAN {
        let call = Instant::now();
        run(model, items)?;
        times.push(ms(call.elapsed()));
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

fn run(model: &dyn Model, items: usize) -> Result<(), Box<dyn Error>> {
    let zeros = model.inputs().iter().map(|port| {
        let mut shape: Vec<usize> = port.shape.iter().map(|&side| side.max(1)).collect();
        if port.shape.first() == Some(&0) {
            shape[0] = items;
        }
        Ok((port.name.clone(), Tensor::zeros(shape, port.element)?))
    });
    model.infer(zeros.collect::<Result<_, String>>()?)?;
    Ok(())
}

fn scratch() -> io::Result<PathBuf> {
    Ok(env::temp_dir().join(format!("figures-{}.onnx", std::process::id())))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// MiB of this process in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}
