//! Bounded queues, deadlines, callers who go, and workers that give way to others.

use std::time::Duration;

use futures_util::{StreamExt, stream::FuturesUnordered};
use reqwest::StatusCode;
use serde_json::json;

use crate::harness::{Gate, Runner};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_when_to_come_again() {
    let runner = Runner::with(|config| (config.fleet.parallel, config.fleet.queue) = (1, 1)).await;
    runner.published(1).await;
    runner.published(2).await;
    let gate = Gate::open().await;
    let mut runs: FuturesUnordered<_> = (0..5).map(|_| runner.hold(1, &gate, None)).collect();
    for _ in 0..3 {
        let busy = runs.next().await.unwrap().unwrap();
        busy.fails(429, "busy", "waiting already");
        assert_eq!(busy.headers["retry-after"], "1");
    }
    runner.run(2, json!({"Do": "say pid"})).await.said();
    for _ in 0..2 {
        gate.arrival().await.release().await;
        assert_eq!(runs.next().await.unwrap().unwrap().said(), "went on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_counts_towards_the_deadline() {
    let runner = Runner::with(|config| config.fleet.parallel = 1).await;
    runner.published(1).await;
    let gate = Gate::open().await;
    let first = runner.hold(1, &gate, None);
    let held = gate.arrival().await;
    let second = runner.hold(1, &gate, Some(50)).await.unwrap();
    second.fails(504, "deadline", "deadline of 50 ms: it was still waiting in the queue");
    held.release().await;
    assert_eq!(first.await.unwrap().said(), "went on");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shortest_deadline_counts() {
    let runner = Runner::with(|config| {
        config.fleet.grace = Duration::from_millis(10);
        config.run_limits.deadline_ms = 60;
    })
    .await;
    runner.published(1).await;
    let gate = Gate::open().await;
    // The start of a worker counts, and is not undone: at the latest the second of these is computed.
    for deadline in [None, Some(100_000), Some(40)] {
        runner.hold(1, &gate, deadline).await.unwrap().fails(504, "deadline", "did not end by its deadline of ");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_given_up_when_its_caller_goes() {
    let runner = Runner::with(|config| (config.fleet.parallel, config.fleet.queue) = (1, 0)).await;
    runner.published(1).await;
    let gate = Gate::open().await;
    let call = runner.hold(1, &gate, None);
    let mut held = gate.arrival().await;
    call.abort();
    assert_eq!(held.line().await, "cancelled");
    runner.run(1, json!({"Do": "say pid"})).await.fails(429, "busy", "");
    held.release().await;
    let free = async {
        loop {
            let answer = runner.run(1, json!({"Do": "say pid"})).await;
            if answer.status == StatusCode::OK {
                return answer;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), free).await.unwrap().said();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_unused_for_longest_gives_way() {
    let runner = Runner::start().await;
    for release in 1..=3 {
        runner.published(release).await;
    }
    let pid = async |release: i64| runner.run(release, json!({"Do": "say pid"})).await.said().to_owned();
    let (one, two) = (pid(1).await, pid(2).await);
    assert_eq!(pid(1).await, one);
    pid(3).await;
    assert_eq!(pid(1).await, one, "the one used last was ended");
    assert_ne!(pid(2).await, two);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_waits_until_a_worker_is_idle() {
    let runner = Runner::with(|config| config.fleet.workers = 1).await;
    runner.published(1).await;
    runner.published(2).await;
    let gate = Gate::open().await;
    let busy = runner.hold(1, &gate, None);
    let held = gate.arrival().await;
    let late = runner.run_body(2, json!({"data": [{"Name": "Do", "Value": "say pid"}], "deadlineMs": 50})).await;
    late.fails(504, "deadline", "starting its worker");
    let waiting = runner.hold(2, &gate, None);
    held.release().await;
    assert_eq!(busy.await.unwrap().said(), "went on");
    gate.arrival().await.release().await;
    assert_eq!(waiting.await.unwrap().said(), "went on");
}
