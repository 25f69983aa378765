//! Results that are kept for the person whom they were given to.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Answer, Gate, Runner, named, package_with, parameters};

fn app(result: &Value, deterministic: bool) -> Vec<u8> {
    package_with(&json!({
        "Name": "Same", "Version": "1.0.0", "Deterministic": deterministic,
        "AppParameters": parameters(), "ResultVariables": [result],
    }))
}

async fn keeping() -> Runner {
    let runner = Runner::with(|config| config.result_cache_bytes = 1 << 20).await;
    let text = json!({"ResultType": "Text", "Name": "said"});
    runner.publish(1, app(&text, true)).await.is(StatusCode::OK);
    runner.publish(2, app(&text, false)).await.is(StatusCode::OK);
    runner.publish(3, app(&json!({"ResultType": "Image", "Name": "picture"}), true)).await.is(StatusCode::OK);
    runner
}

async fn ask(runner: &Runner, release: i64, caller: Option<&str>, inputs: Value) -> Answer {
    runner.run_body(release, json!({"data": named(inputs), "caller": caller})).await
}

/// Whether a run is answered without being computed: what is computed comes by at the gate.
async fn is_kept(runner: &Runner, gate: &Gate, release: i64, caller: Option<&str>, photo: &str) -> bool {
    let asked = ask(runner, release, caller, json!({"Do": "hold", "Gate": gate.address, "Image": photo}));
    tokio::pin!(asked);
    let (answer, computed) = tokio::select! {
        answer = &mut asked => (answer, false),
        held = gate.arrival() => {
            held.release().await;
            (asked.await, true)
        }
    };
    assert_eq!(answer.said(), "went on");
    assert_eq!(answer.body["cached"].as_bool().unwrap_or_default(), !computed);
    assert!(answer.body["timings"]["totalMs"].as_f64().unwrap() > 0.0);
    !computed
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_person_gets_the_same_answer_without_computing() {
    let runner = keeping().await;
    let gate = Gate::open().await;
    let anna = Some("anna");
    let photo = |signature| runner.portal.photo(signature);
    assert!(!is_kept(&runner, &gate, 1, anna, &photo("first")).await);
    assert!(is_kept(&runner, &gate, 1, anna, &photo("second")).await, "a photo is known by its bytes, not its address");
    assert!(!is_kept(&runner, &gate, 1, Some("ben"), &photo("first")).await, "another person's result is given");
    assert!(!is_kept(&runner, &gate, 1, None, &photo("first")).await, "a nobody's result is given");
    assert!(!is_kept(&runner, &gate, 1, None, &photo("first")).await, "a result is kept for nobody");
    assert!(!is_kept(&runner, &gate, 2, anna, &photo("first")).await);
    assert!(!is_kept(&runner, &gate, 2, anna, &photo("first")).await, "the app does not say that it is deterministic");
    assert!(!is_kept(&runner, &gate, 1, anna, &runner.portal.url("large")).await, "another photo's result is given");
    let other = Gate::open().await;
    assert!(!is_kept(&runner, &other, 1, anna, &photo("first")).await, "another text's result is given");
    let metrics = runner.page("/metrics").await;
    for line in ["vision_result_cache_hits_total{release=\"1\"} 1", "vision_result_cache_misses_total{release=\"1\"} 4"]
    {
        assert!(metrics.lines().any(|shown| shown == line), "{line} is not in {metrics}");
    }
    assert!(!metrics.contains("vision_result_cache_hits_total{release=\"2\"}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_kept_and_go_where_the_portal_wants_them_this_time() {
    let runner = keeping().await;
    let inputs = || json!({"Do": "give back", "Image": runner.portal.url("photo")});
    let first = ask(&runner, 3, Some("anna"), inputs()).await;
    let again = ask(&runner, 3, Some("anna"), inputs()).await;
    assert_eq!(first.is(StatusCode::OK).body["result"], again.is(StatusCode::OK).body["result"]);
    assert_eq!((&first.body["cached"], &again.body["cached"]), (&Value::Null, &json!(true)));
    let slot = runner.portal.url("slot");
    let body = json!({"data": named(inputs()), "caller": "anna", "uploads": [slot]});
    let put = runner.run_body(3, body).await;
    assert_eq!((&put.body["cached"], &put.body["result"]["picture"]), (&json!(true), &json!(slot)), "{put:?}");
    assert_eq!(runner.portal.stored.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_not_kept() {
    let runner = keeping().await;
    for _ in 0..2 {
        ask(&runner, 1, Some("anna"), json!({"Do": "fail"})).await.fails(500, "app-failed", "no cat");
    }
    assert!(runner.page("/metrics").await.contains("vision_result_cache_hits_total{release=\"1\"} 0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_unless_the_operator_wants_it() {
    let runner = Runner::start().await;
    let text = json!({"ResultType": "Text", "Name": "said"});
    runner.publish(1, app(&text, true)).await.is(StatusCode::OK);
    let gate = Gate::open().await;
    let photo = runner.portal.url("photo");
    for _ in 0..2 {
        assert!(!is_kept(&runner, &gate, 1, Some("anna"), &photo).await);
    }
}
