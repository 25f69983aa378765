//! The runners against bare engines and against other servers of models, in one run.
//!
//! Five models on one photo, each through: the bare engines (tract, ONNX Runtime), `/run` of both runners, and the same
//! service in FastAPI, LitServe and BentoML over ONNX Runtime (`peers/`), at one caller and at eight. `just compare`
//! builds everything, sets the peers up and writes a table and a chart to `target/compare/`.
//!
//!     VISION_TEST_DATA=… cargo bench --workspace --bench compare [-- MODEL…]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "compare/bare.rs"]
mod bare;
#[path = "compare/chart.rs"]
mod chart;
#[expect(dead_code, reason = "the soak test uses the rest")]
mod common;
#[path = "compare/models.rs"]
mod models;
#[path = "compare/peers.rs"]
mod peers;
#[path = "compare/report.rs"]
mod report;

use std::{
    env, fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};

use common::{
    figures::{Figures, measure},
    processes::{Peak, Tree},
    runner::Runner,
};
use models::Model;
use peers::{PEERS, Peer};
use report::{Compared, Row};

const PHOTO: &str = "images/darknet_dog.jpg";
const CALLERS: [usize; 2] = [1, 8];
const WINDOW: Duration = Duration::from_secs(6);

/// Where everything lies.
struct Places {
    data: PathBuf,
    programs: PathBuf,
    python: PathBuf,
}

fn main() -> Result<()> {
    let wanted: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the folder of the project")?;
    let data = env::var_os("VISION_TEST_DATA").context("VISION_TEST_DATA names no folder of models and photos")?;
    let programs = env::current_exe()?.ancestors().nth(2).context("the folder of the programs")?.to_owned();
    let python = root.join("target/peers/bin");
    let places = Places { data: PathBuf::from(data), programs, python };
    let photo = fs::read(places.data.join(PHOTO))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut compared = Vec::new();
    for model in models::all()?.into_iter().filter(|model| wanted.is_empty() || wanted.contains(&model.name)) {
        println!("\n{}", model.name);
        let one = runtime.block_on(compare(&model, &places, &photo))?;
        report::print(&one);
        compared.push(one);
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let into = root.join("target/compare");
    report::write(&compared, cores, &into)?;
    println!("\nwritten to {}", into.display());
    Ok(())
}

async fn compare(model: &Model, places: &Places, photo: &[u8]) -> Result<Compared> {
    let file = places.data.join("models").join(&model.file);
    let input = model.input(&image::load_from_memory(photo)?.into_rgb8())?;
    let onnx_runtime = bare::onnx_runtime()?;
    let alone = || -> Result<[Vec<Duration>; 3]> {
        let tract = bare::infer(&runner_tract::TractEngine, &file, &input)?;
        Ok([bare::decode(photo)?, tract, bare::infer(&onnx_runtime, &file, &input)?])
    };
    let before = alone()?;
    let mut rows = Vec::new();
    let package = model.package(&places.data)?;
    for (name, program, arguments) in [
        ("/run, tract", "runner-tract", &["serve"][..]),
        ("/run, ONNX Runtime", "runner-gpu", &["serve", "--device", "cpu"][..]),
    ] {
        let arguments: Vec<_> = arguments.iter().map(Into::into).collect();
        let runner = Runner::start(&places.programs.join(program), &arguments, package.clone(), photo.to_owned()).await;
        rows.extend(measured(name, runner.pid(), async || runner.run().await).await);
    }
    // Once more, so that a machine that changes its pace changes it for both.
    let after = alone()?;
    for peer in PEERS {
        let server = Peer::start(peer, model, &places.python, &places.data, photo.to_owned()).await?;
        rows.extend(measured(peer.name, server.pid(), async || server.run().await).await);
    }
    let mut after = after.into_iter();
    let [decode, tract, onnx] =
        before.map(|times| Figures::new(times.into_iter().chain(after.next().unwrap_or_default())));
    let bare = vec![("tract".to_owned(), tract), ("ONNX Runtime".to_owned(), onnx)];
    Ok(Compared { model: model.name.clone(), decode, bare, rows })
}

/// One service at one caller and at several.
async fn measured(name: &str, pid: u32, call: impl AsyncFn()) -> Vec<Row> {
    for _ in 0..10 {
        call().await;
    }
    let mut rows = Vec::new();
    for callers in CALLERS {
        let (tree, peak) = (Tree(pid), Peak::watch(pid));
        let before = tree.cpu_seconds();
        let (times, rate) = measure(callers, WINDOW, &call).await;
        let cpu = (tree.cpu_seconds() - before) / times.count() as f64;
        rows.push(Row { service: name.to_owned(), callers, times, rate, cpu, memory: peak.bytes() });
    }
    rows
}
