//! `/metrics`, `/health/ready`, and the spans of a traced run.

use std::{
    collections::{HashMap, HashSet},
    fs,
    time::Duration,
};

use serde_json::{Value, json};

use crate::harness::{Answer, Runner, TOKEN, named};

/// The samples of a page in Prometheus' text format, which is checked on the way.
fn samples(page: &str) -> HashMap<String, f64> {
    let (mut kinds, mut helped, mut samples) = (HashMap::new(), HashSet::new(), HashMap::new());
    for line in page.lines().filter(|line| !line.is_empty()) {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, text) = help.split_once(' ').unwrap();
            assert!(!text.is_empty() && helped.insert(name), "{line}");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(kinds.insert(name, kind).is_none(), "a family stands in two places: {line}");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| name.strip_suffix(suffix).filter(|family| kinds.get(family) == Some(&"histogram")));
            let family = family.unwrap_or(name);
            let kind = kinds.get(family).unwrap_or_else(|| panic!("no TYPE before {line}"));
            assert!(helped.contains(family), "no HELP before {line}");
            assert!(name.starts_with("vision_"), "{line}");
            assert!(*kind != "counter" || name.ends_with("_total"), "{line}");
            assert!(!["_ms", "_milliseconds", "_mib"].iter().any(|unit| family.ends_with(unit)), "{line}");
            assert!(samples.insert(series.to_owned(), value.parse().unwrap()).is_none(), "twice: {line}");
        }
    }
    samples
}

/// The counts of a histogram's buckets, in order.
fn buckets(page: &str, labels: &str) -> Vec<u64> {
    let lines = page.lines().filter(|line| line.starts_with(labels));
    lines.map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_of_prometheus_form_and_tell_releases_apart() {
    let runner = Runner::start().await;
    for release in [1, 2] {
        runner.published(release).await;
        runner.run(release, json!({"Do": "say pid"})).await.said();
    }
    runner.run(1, json!({"Do": "fail"})).await.fails(500, "app-failed", "");
    runner.run(1, json!({"Do": "say inputs", "Image": runner.portal.url("photo")})).await.said();
    let page = runner.page("/metrics").await;
    assert!(!page.contains(TOKEN));
    let samples = samples(&page);
    for (series, value) in [
        ("vision_runs_total{release=\"1\",outcome=\"done\"}", 2.0),
        ("vision_runs_total{release=\"1\",outcome=\"app-failed\"}", 1.0),
        ("vision_runs_total{release=\"2\",outcome=\"done\"}", 1.0),
        ("vision_run_seconds_count{release=\"1\"}", 2.0),
        ("vision_runs_waiting{release=\"1\"}", 0.0),
        ("vision_runs_running{release=\"1\"}", 0.0),
        ("vision_run_slots", 8.0),
        ("vision_result_cache_bytes", 0.0),
    ] {
        assert_eq!(samples.get(series), Some(&value), "{series}: {page}");
    }
    for stage in ["queue", "fetch", "decode", "preprocess", "load", "infer", "postprocess"] {
        let count = format!("vision_run_stage_seconds_count{{release=\"1\",stage=\"{stage}\"}}");
        assert_eq!(samples.get(&count), Some(&2.0), "{count}");
        let sum = format!("vision_run_stage_seconds_sum{{release=\"1\",stage=\"{stage}\"}}");
        assert!((0.0..60.0).contains(&samples[&sum]), "{sum}");
        let counts = buckets(&page, &format!("vision_run_stage_seconds_bucket{{release=\"1\",stage=\"{stage}\""));
        assert!(counts.is_sorted() && counts.last() == Some(&2), "{counts:?}");
    }
    assert!(samples["vision_worker_resident_bytes{release=\"1\"}"] > 100_000.0);
    assert!(samples.contains_key("vision_batch_size_count{release=\"1\"}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_has_left_is_shown_no_more() {
    let runner = Runner::start().await;
    for release in [1, 2] {
        runner.published(release).await;
        runner.run(release, json!({"Do": "say pid"})).await.said();
    }
    assert!(runner.page("/metrics").await.contains("vision_runs_total{release=\"1\""));
    // As after an update of the program that compiled it.
    let compiled = runner.data.path().join("packages/1/.compiled/app.cwasm");
    fs::remove_file(&compiled).unwrap();
    fs::write(&compiled, "by another version").unwrap();
    runner.run(1, json!({"Do": "die"})).await.fails(400, "not-published", "published again");
    let page = runner.page("/metrics").await;
    assert!(
        page.contains("vision_runs_total{release=\"2\"") && page.contains("vision_worker_resident_bytes{release=\"2\"")
    );
    assert!(
        !page.contains("vision_runs_total{release=\"1\"") && !page.contains("vision_run_seconds_bucket{release=\"1\"")
    );
    assert!(!page.contains("vision_worker_resident_bytes{release=\"1\""), "{page}");
}

async fn readiness(runner: &Runner) -> Answer {
    Answer::of(runner.client.get(format!("{}/health/ready", runner.base)).send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_says_what_is_wrong() {
    let runner = Runner::start().await;
    let become_ready = async { while readiness(&runner).await.status != 200 {} };
    tokio::time::timeout(Duration::from_secs(20), become_ready).await.expect("it never becomes ready");
    let ready = readiness(&runner).await;
    assert_eq!(ready.body["checks"], json!({"cell": "ok", "data": "ok", "worker": "ok"}), "{ready:?}");
    fs::remove_dir_all(runner.data.path().join("incoming")).unwrap();
    let unready = readiness(&runner).await;
    assert_eq!((unready.status.as_u16(), &unready.body["status"]), (503, &json!("unready")));
    let fault = unready.body["checks"]["data"].as_str().unwrap();
    assert!(fault.starts_with("the data folder cannot be written") && !fault.contains('/'), "{fault}");
    assert_eq!(unready.body["checks"]["worker"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_workers_a_runner_is_not_ready() {
    let runner = Runner::with(|config| config.worker.program = "/nowhere/at-all".into()).await;
    let told = async {
        loop {
            let answer = readiness(&runner).await;
            assert_eq!(answer.status, 503, "{answer:?}");
            if answer.body["checks"]["worker"].as_str().unwrap().contains("No such file") {
                return answer;
            }
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(20), told).await.expect("it never says why");
    assert_eq!((&answer.body["checks"]["data"], &answer.body["status"]), (&json!("ok"), &json!("unready")));
    assert_eq!(runner.page("/health/live").await, r#"{"status":"live"}"#);
}

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7";

#[tokio::test(flavor = "multi_thread")]
async fn a_traced_run_tells_its_spans() {
    let runner = Runner::start().await;
    runner.published(1).await;
    let body = json!({"data": named(json!({"Do": "say inputs", "Image": runner.portal.url("photo")}))});
    let traced = async |flags: &str, body: &Value| {
        let request = runner.request(1, body).header("traceparent", format!("{TRACE}-{flags}"));
        Answer::of(request.send().await.unwrap()).await
    };
    let answer = traced("01", &body).await;
    let spans = answer.body["spans"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    let at = |span: &Value| (span["startMs"].as_f64().unwrap(), span["durationMs"].as_f64().unwrap());
    let of = |process: &str| spans.iter().filter(|span| span["process"] == process).collect::<Vec<_>>();
    let names =
        |spans: &[&Value]| spans.iter().map(|span| span["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let supervisor = of("supervisor");
    assert_eq!(names(&supervisor), ["admission", "queue", "fetch", "queue", "start", "compute", "store"]);
    let worker = of("worker");
    assert_eq!(names(&worker), ["queue", "decode", "load", "preprocess", "infer", "postprocess"]);
    let (begin, took) = at(supervisor[5]);
    for span in &worker {
        let (start, duration) = at(span);
        assert!(start >= begin && start + duration <= begin + took + 0.001, "{span} is not within {}", supervisor[5]);
    }
    let total = answer.body["timings"]["totalMs"].as_f64().unwrap();
    assert!(supervisor.iter().all(|span| at(span).0 + at(span).1 <= total + 5.0), "{answer:?}");
    let text = answer.body["spans"].to_string();
    assert!(!text.contains("signature") && !text.contains("http"), "{text}");
    assert_eq!(traced("00", &body).await.body["spans"], Value::Null, "spans of a trace that nobody records");
    assert_eq!(runner.run_body(1, body).await.body["spans"], Value::Null);
    let failed = traced("01", &json!({"data": named(json!({"Do": "fail"}))})).await;
    failed.fails(500, "app-failed", "");
    assert!(failed.body["spans"].as_array().unwrap().iter().any(|span| span["name"] == "compute"), "{failed:?}");
    traced("01", &json!({"data": []})).await.fails(400, "invalid-input", "");
}
