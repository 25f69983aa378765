//! Bounded queues, deadlines, callers who go, and workers that give way to others.

use std::time::Duration;

use futures_util::{StreamExt, stream::FuturesUnordered};
use reqwest::StatusCode;
use serde_json::json;

use crate::harness::{Answer, Gate, Runner, named};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_when_to_come_again() {
    // What its models compute together makes four runs of one.
    let runner = Runner::with(|config| (config.fleet.parallel, config.fleet.queue) = (1, 1)).await;
    runner.published(1).await;
    runner.published(2).await;
    let gate = Gate::open().await;
    let mut runs: FuturesUnordered<_> = (0..8).map(|_| runner.hold(1, &gate, None)).collect();
    for _ in 0..3 {
        let busy = runs.next().await.unwrap().unwrap();
        busy.fails(429, "busy", "waiting already");
        assert_eq!(busy.headers["retry-after"], "2");
    }
    runner.run(2, json!({"Do": "say pid"})).await.said();
    for _ in 0..5 {
        gate.arrival().await.release().await;
        assert_eq!(runs.next().await.unwrap().unwrap().said(), "went on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longer_the_line_the_later_one_should_come_again() {
    for (waiting, seconds) in [(0, "7"), (2, "21"), (9, "60")] {
        let runner = Runner::with(|config| {
            (config.fleet.slots, config.fleet.queue) = (1, waiting);
            config.fleet.expected_run = Duration::from_secs(7);
        })
        .await;
        runner.published(1).await;
        let gate = Gate::open().await;
        let mut runs: FuturesUnordered<_> = (0..waiting + 2).map(|_| runner.hold(1, &gate, None)).collect();
        let busy = runs.next().await.unwrap().unwrap();
        busy.fails(429, "busy", "waiting already");
        assert_eq!(busy.headers["retry-after"], seconds, "with {waiting} waiting");
    }
}

/// One run at a time, and one that has its inputs ready.
async fn single() -> Runner {
    Runner::with(|config| (config.fleet.slots, config.fleet.queue) = (1, 20)).await
}

/// Lets all go on, and tells at which gates they came by, one after the other.
async fn order<const N: usize>(gates: [(&'static str, &Gate); 2]) -> [&'static str; N] {
    let [(first, one), (second, other)] = gates;
    let mut order = [""; N];
    for came in &mut order {
        let (name, held) = tokio::select! {
            held = one.arrival() => (first, held),
            held = other.arrival() => (second, held),
        };
        *came = name;
        held.release().await;
    }
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn one_persons_many_runs_do_not_come_before_anothers_one() {
    let runner = single().await;
    runner.published(1).await;
    let (anna, ben) = (Gate::open().await, Gate::open().await);
    let mut runs = vec![runner.hold_for("anna", 1, &anna)];
    let first = anna.arrival().await;
    for waiting in 1..=4 {
        runs.push(runner.hold_for("anna", 1, &anna));
        runner.shows(&format!("vision_runs_waiting{{release=\"1\"}} {waiting}")).await;
    }
    runs.push(runner.hold_for("ben", 1, &ben));
    runner.shows("vision_runs_waiting{release=\"1\"} 5").await;
    first.release().await;
    // The first of them had its inputs before he came, the second was in line before him.
    assert_eq!(order([("anna", &anna), ("ben", &ben)]).await, ["anna", "anna", "ben", "anna", "anna"]);
    for run in runs {
        assert_eq!(run.await.unwrap().said(), "went on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_apps_many_runs_do_not_come_before_anothers_one() {
    let runner = single().await;
    runner.published(1).await;
    runner.published(2).await;
    let (one, other) = (Gate::open().await, Gate::open().await);
    let mut runs = vec![runner.hold(1, &one, None)];
    let first = one.arrival().await;
    for waiting in 1..=4 {
        runs.push(runner.hold(1, &one, None));
        runner.shows(&format!("vision_runs_waiting{{release=\"1\"}} {waiting}")).await;
    }
    runs.push(runner.hold(2, &other, None));
    runner.shows("vision_runs_waiting{release=\"2\"} 1").await;
    first.release().await;
    assert_eq!(order([("one", &one), ("other", &other)]).await, ["one", "one", "other", "one", "one"]);
    for run in runs {
        assert_eq!(run.await.unwrap().said(), "went on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_cannot_fill_the_line() {
    let runner = Runner::with(|config| (config.fleet.slots, config.fleet.queue) = (1, 4)).await;
    runner.published(1).await;
    let gate = Gate::open().await;
    let mut runs: FuturesUnordered<_> = (0..4).map(|_| runner.hold_for("anna", 1, &gate)).collect();
    runs.next().await.unwrap().unwrap().fails(429, "busy", "3 runs of this app are in hand for you already");
    runs.push(runner.hold_for("ben", 1, &gate));
    for _ in 0..4 {
        gate.arrival().await.release().await;
        assert_eq!(runs.next().await.unwrap().unwrap().said(), "went on");
    }
    let body = json!({"data": [{"Name": "Do", "Value": "say pid"}], "caller": "x".repeat(129)});
    runner.run_body(1, body).await.fails(400, "bad-request", "caller: must have at most 128 bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_lines_together_have_a_bound() {
    let runner = Runner::with(|config| config.fleet.held = 2).await;
    let gate = Gate::open().await;
    let mut runs = Vec::new();
    for release in [1, 2] {
        runner.published(release).await;
        runs.push((runner.hold(release, &gate, None), gate.arrival().await));
    }
    runner.published(3).await;
    runner.run(3, json!({"Do": "say pid"})).await.fails(429, "busy", "this runner has 2 runs in hand already");
    for (run, held) in runs {
        held.release().await;
        assert_eq!(run.await.unwrap().said(), "went on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_while_he_waits_costs_nothing() {
    let runner = single().await;
    runner.published(1).await;
    let gate = Gate::open().await;
    let running = runner.hold(1, &gate, None);
    let held = gate.arrival().await;
    let mut waiting = Vec::new();
    for (place, signature) in ["next", "goes", "overdue", "stays"].into_iter().enumerate() {
        let inputs = named(json!({"Do": "say inputs", "Image": runner.portal.photo(signature)}));
        let deadline_ms = (signature == "overdue").then_some(1_000);
        let request = runner.request(1, &json!({"data": inputs, "deadlineMs": deadline_ms}));
        waiting.push(tokio::spawn(async { Answer::of(request.send().await.unwrap()).await }));
        runner.shows(&format!("vision_runs_waiting{{release=\"1\"}} {}", place + 1)).await;
    }
    let [next, goes, overdue, stays] = waiting.try_into().unwrap();
    goes.abort();
    overdue.await.unwrap().fails(504, "deadline", "waiting in the queue");
    runner.shows("vision_runs_waiting{release=\"1\"} 2").await;
    held.release().await;
    assert_eq!(running.await.unwrap().said(), "went on");
    for run in [next, stays] {
        assert!(run.await.unwrap().said().contains("Image=Picture(0)"));
    }
    assert_eq!(*runner.portal.fetched.lock().unwrap(), ["next", "stays"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_counts_towards_the_deadline() {
    let runner = Runner::with(|config| config.fleet.slots = 1).await;
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
    let runner = Runner::with(|config| (config.fleet.slots, config.fleet.queue) = (1, 0)).await;
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
