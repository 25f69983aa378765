//! Workers that die, hang or talk nonsense, and what becomes of their runs.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;

use crate::harness::{Gate, Runner, package};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_worker_is_killed_ends_well_on_the_next_one() {
    let runner = Runner::start().await;
    runner.published(1).await;
    let gate = Gate::open().await;
    let run = runner.hold(1, &gate, None);
    let first = gate.arrival().await;
    first.kill();
    let second = gate.arrival().await;
    assert_ne!(first.pid, second.pid);
    second.release().await;
    assert_eq!(run.await.unwrap().said(), "went on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_while_it_loads_costs_no_run() {
    let runner = Runner::start().await;
    runner.publish(1, package("Stumbling")).await.is(StatusCode::OK);
    let gate = Gate::open().await;
    let run = runner.hold(1, &gate, None);
    gate.arrival().await.kill();
    gate.arrival().await.release().await;
    assert_eq!(run.await.unwrap().said(), "went on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_loses_two_workers_fails_and_the_next_one_is_fine() {
    let runner = Runner::start().await;
    runner.published(1).await;
    for what in ["die", "babble"] {
        runner.run(1, json!({"Do": what})).await.fails(500, "worker-lost", "so did the next one");
        runner.run(1, json!({"Do": "say pid"})).await.said();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_ignores_the_deadline_is_killed_and_its_neighbour_runs_again() {
    let runner = Runner::with(|config| config.fleet.grace = Duration::from_millis(20)).await;
    runner.published(1).await;
    let gate = Gate::open().await;
    runner.run(1, json!({"Do": "say pid"})).await.said();
    let neighbour = runner.hold(1, &gate, None);
    let mut held = gate.arrival().await;
    let endless = Gate::open().await;
    let overdue = runner.hold(1, &endless, Some(300));
    overdue.await.unwrap().fails(504, "deadline", "deadline of 300 ms: it was still computing");
    assert_eq!(held.line().await, "", "the worker lives on");
    let again = gate.arrival().await;
    assert_ne!(again.pid, held.pid);
    again.release().await;
    assert_eq!(neighbour.await.unwrap().said(), "went on");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_apps_do_not_notice() {
    let runner = Runner::start().await;
    runner.published(1).await;
    runner.published(2).await;
    let gate = Gate::open().await;
    let other = runner.hold(2, &gate, None);
    let held = gate.arrival().await;
    runner.run(1, json!({"Do": "die"})).await.fails(500, "worker-lost", "");
    held.release().await;
    assert_eq!(other.await.unwrap().said(), "went on");
}
