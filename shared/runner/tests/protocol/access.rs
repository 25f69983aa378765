//! Who may ask, and what stands where.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{Answer, Runner, TOKEN};

#[tokio::test(flavor = "multi_thread")]
async fn without_the_token_nothing_is_done() {
    let runner = Runner::start().await;
    for path in ["/publish", "/run?cvappid=1"] {
        let url = format!("{}{path}", runner.base);
        let none = Answer::of(runner.client.post(&url).body("x").send().await.unwrap()).await;
        none.fails(401, "unauthorized", "Authorization: Bearer");
        assert_eq!(none.headers["www-authenticate"], "Bearer");
        for wrong in ["", "test-toke", "test-tokem", "test-token2"] {
            let request = runner.client.post(&url).bearer_auth(wrong).body("x");
            Answer::of(request.send().await.unwrap()).await.fails(401, "unauthorized", "bearer token");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_are_open() {
    let runner = Runner::start().await;
    runner.published(1).await;
    runner.run(1, json!({"Do": "say pid"})).await.said();
    for (path, part) in [
        ("/health/live", "live"),
        ("/health/ready", "ready"),
        ("/metrics", "vision_runs_total{release=\"1\",outcome=\"done\"} 1"),
        ("/metrics", "vision_run_stage_seconds_bucket{release=\"1\",stage=\"infer\",le=\"0.0025\"} 1"),
        ("/metrics", "vision_resident_bytes{process=\"workers\"}"),
    ] {
        let response = runner.client.get(format!("{}{path}", runner.base)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let text = response.text().await.unwrap();
        assert!(text.contains(part), "{path}: {text}");
        assert!(!text.contains(TOKEN));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_addresses_and_methods_are_named() {
    let runner = Runner::start().await;
    for (method, path, status) in [
        (Method::GET, "/", 404),
        (Method::POST, "/runs", 404),
        (Method::GET, "/run", 405),
        (Method::PUT, "/publish", 405),
    ] {
        let request = runner.client.request(method, format!("{}{path}", runner.base));
        Answer::of(request.send().await.unwrap()).await.fails(status, "bad-request", "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_request_id_comes_back() {
    let runner = Runner::start().await;
    let get = |id: &'static str| {
        let request = runner.client.get(format!("{}/health/live", runner.base)).header("x-request-id", id);
        async move { request.send().await.unwrap().headers()["x-request-id"].to_str().unwrap().to_owned() }
    };
    assert_eq!(get("run-7.a_b").await, "run-7.a_b");
    let replaced = get("not a sound id; it is replaced").await;
    assert_eq!(replaced.len(), 36, "{replaced}");
}
