//! How long the first run of a release takes: after its publication, after its worker was given up, and with no process
//! started ahead. Prints the figures.

use std::{fs, path::Path, time::Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use vision_protocol::manifest::Task;

use crate::{
    digit_reader,
    models::real_models,
    program::{Runner, portal},
    release, wait_until, with,
};

/// What a first run may take on a machine that has its cores to itself.
const FIRST_RUN_MS: f64 = 300.0;
/// The machine may be busy with other tests; the quickest of some runs says what the runner itself needs.
const TRIES: usize = 5;

fn squeezenet(models: &Path) -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let manifest = json!({
        "Name": "SqueezeNet", "Version": "1.0.0", "Task": Task::Classification.name(),
        "Models": [{
            "Name": "model", "File": "models/model.onnx", "Labels": "assets/labels.txt",
            "Input": {"Channels": "BGR"}, "Output": {"Head": "Softmax"},
        }],
    });
    fs::write(folder.path().join("app.json"), manifest.to_string()).unwrap();
    for (from, to) in [("squeezenet_fp32_from_fp16.onnx", "models/model.onnx"), ("synset.txt", "assets/labels.txt")] {
        let to = folder.path().join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(models.join("classification").join(from), to).unwrap();
    }
    release(folder.path())
}

/// A run, and the milliseconds that its caller waited.
async fn timed(runner: &Runner, number: i64, photo: &str) -> (f64, Value) {
    let began = Instant::now();
    let answer = runner.run(number, photo).await;
    let took = began.elapsed().as_secs_f64() * 1e3;
    assert!(answer["result"].is_object(), "{answer}");
    (took, answer)
}

#[expect(clippy::print_stdout, reason = "the figures are of interest by themselves")]
fn quickest(what: &str, runs: Vec<(f64, Value)>) -> f64 {
    let (took, answer) = runs.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    println!("{what}: {took:.1} ms, of these {}", answer["timings"]);
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn first_runs_compile_nothing_and_are_quick() {
    let Some(models) = real_models() else { return };
    let portal = portal(fs::read(models.join("../images/winml_cat.jpg")).unwrap());
    let photo = format!("{portal}/photo");
    let package = squeezenet(&models);
    let mut figures = Vec::new();
    for (spares, what) in [("1", "with a spare"), ("0", "with no spare")] {
        let runner = Runner::start(with(&["--workers", "1", "--spares", spares]), &portal);
        let settled = |count: usize| wait_until("no spare is started", || runner.workers().len() == count);
        let spare: usize = spares.parse().unwrap();
        runner.publish(1_000, digit_reader()).await;
        let (mut published, mut evicted) = (Vec::new(), Vec::new());
        for number in 1..=TRIES as i64 {
            settled(1 + spare);
            let began = Instant::now();
            let answer = runner.publish(number, package.clone()).await;
            assert_eq!(answer["hasError"], false, "{answer}");
            println!("publication, {what}: {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
            published.push(timed(&runner, number, &photo).await);
        }
        for _ in 0..TRIES {
            timed(&runner, 1_000, &photo).await;
            settled(1 + spare);
            evicted.push(timed(&runner, 1, &photo).await);
        }
        figures.push(quickest(&format!("first run after a publication, {what}"), published));
        figures.push(quickest(&format!("first run after an eviction, {what}"), evicted));
        let warm = timed(&runner, 1, &photo).await;
        quickest("and the second", vec![warm]);
    }
    assert!(figures.iter().all(|took| *took <= FIRST_RUN_MS), "{figures:?}");
}
