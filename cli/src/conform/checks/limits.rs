//! Time, size and number: what a runner does when there is too much of it.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    conform::{
        app::Glue,
        bench::{Bench, Verdict},
        report::Trouble,
    },
    local::{Exchange, Place},
};

/// More than the runs that any runner keeps waiting for one app.
const CROWD: usize = 256;
/// Our runner takes bodies of one MiB; small enough to be in flight when the answer comes.
const LARGE_BODY: usize = 1_300_000;
/// No photo has a terabyte.
const LARGE_PHOTO: u64 = 1 << 40;

pub(super) async fn deadline(bench: &Bench) -> Verdict {
    let app = bench.publish_own(Glue::Endless).await?;
    let body = json!({ "data": app.data, "deadlineMs": 500 }).to_string();
    let begun = Instant::now();
    let run = bench.runner.run(&app.query, body).await;
    run.refuses_with(&[504])?;
    let took = begun.elapsed();
    if took > Duration::from_secs(20) { Err(run.fails(format!("it took {took:?} instead of 500 ms"))) } else { Ok(()) }
}

pub(super) async fn large_body(bench: &Bench) -> Verdict {
    let body = json!({ "data": bench.inputs().data, "remark": " ".repeat(LARGE_BODY) }).to_string();
    too_large(&bench.runner.run(&bench.query(), body).await, "a body of 1.3 MB")
}

pub(super) async fn large_photo(bench: &Bench) -> Verdict {
    too_large(&bench.run(&bench.inputs_at(|_| Place::Huge(LARGE_PHOTO))).await, "a photo of a terabyte")
}

fn too_large(run: &Exchange, what: &str) -> Verdict {
    match run.answered()?.status.as_u16() {
        413 => run.refuses_with(&[413]),
        status => Err(Trouble::not_offered(format!("{what} is answered {status}"))),
    }
}

pub(super) async fn busy(bench: &Bench) -> Verdict {
    let app = bench.publish_own(Glue::Endless).await?;
    let body = json!({ "data": app.data, "deadlineMs": 1_500 }).to_string();
    let crowd = (0..CROWD).map(|_| bench.runner.run(&app.query, body.clone()));
    let runs = futures_util::future::join_all(crowd).await;
    let mut refused = 0;
    for run in &runs {
        let answer = run.answered()?;
        if answer.status.as_u16() != 429 {
            continue;
        }
        refused += 1;
        run.refuses_with(&[429])?;
        let again = answer.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        if again.is_none() {
            return Err(run.fails("expected the header Retry-After, in seconds"));
        }
    }
    if refused > 0 {
        return Ok(());
    }
    Err(Trouble::not_offered(format!("{CROWD} runs at once were all taken")))
}
