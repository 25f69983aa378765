//! What our runner adds to the protocol's table.

use serde_json::{Map, Value, json};

use crate::{
    conform::{
        app::{Glue, release_of},
        bench::{Bench, Verdict},
        checks::publish,
        report::Trouble,
    },
    local::Exchange,
};

const STAGES: [&str; 6] =
    ["appLoadingMs", "preProcessingMs", "loadingModelMs", "runningModelMs", "generatingResultMs", "miscMs"];
const LEVELS: [&str; 4] = ["debug", "info", "warn", "error"];

pub(super) async fn executes(bench: &Bench) -> Verdict {
    bench.executes_glue().await
}

pub(super) async fn result_image(bench: &Bench) -> Verdict {
    if !bench.built_in {
        return Err(Trouble::not_offered("shown with the built-in app only"));
    }
    bench.executes_glue().await?;
    let run = bench.run(&bench.inputs()).await;
    let picture = run.result()?.get("Image").and_then(Value::as_str).unwrap_or_default();
    if picture.starts_with("data:image/") && picture.contains(";base64,") {
        return Ok(());
    }
    Err(run.fails("expected the result “Image” as data:image/…;base64,…"))
}

pub(super) async fn bearer(bench: &Bench) -> Verdict {
    if !bench.runner.has_token() {
        return Err(Trouble::not_offered("no --token was given"));
    }
    let run = async |token| {
        let body = json!({ "data": bench.inputs().data }).to_string();
        bench.runner.run_as_stranger(&bench.query(), body, token).await
    };
    let without = run(None).await;
    if without.answered()?.status.as_u16() == 200 {
        return Err(Trouble::not_offered("a run without the token is executed"));
    }
    without.refuses_with(&[401])?;
    run(Some("another-token")).await.refuses_with(&[401])
}

pub(super) async fn other_package(bench: &Bench) -> Verdict {
    let other = Glue::Trap.text_app().map_err(|error| Trouble::not_offered(error.to_string()))?;
    let published = bench.runner.publish(Some(&bench.release.to_string()), Some(&other.zip), None).await;
    if published.publishes().is_ok() {
        publish::sound(bench).await?;
        return Err(Trouble::not_offered("packages under an id can change"));
    }
    published.refuses()
}

pub(super) async fn package_faults(bench: &Bench) -> Verdict {
    let manifest = json!({ "Name": "", "Version": "one", "Colour": "red" }).to_string();
    let mut zip = Vec::new();
    vision_package::pack_files([("app.json", manifest.as_bytes())], &mut zip)
        .map_err(|error| Trouble::not_offered(error.to_string()))?;
    let published = bench.runner.publish(Some(&release_of(&zip).to_string()), Some(&zip), None).await;
    if published.publishes().is_ok() {
        return Err(Trouble::not_offered("packages are not checked when they are published"));
    }
    published.refuses()?;
    faults(&published)
}

pub(super) async fn network(bench: &Bench) -> Verdict {
    let app = Glue::Sockets.text_app().map_err(|error| Trouble::not_offered(error.to_string()))?;
    let published = bench.runner.publish(Some(&release_of(&app.zip).to_string()), Some(&app.zip), None).await;
    if published.publishes().is_ok() {
        return Err(Trouble::not_offered("components are not checked when they are published"));
    }
    published.refuses()
}

pub(super) async fn input_faults(bench: &Bench) -> Verdict {
    let run = bench.run_body(&json!({ "data": [{ "Name": "NoSuchInput", "Value": 1 }] })).await;
    run.refuses()?;
    faults(&run)
}

/// `faults`: a list of `{"place", "message"}`.
fn faults(exchange: &Exchange) -> Verdict {
    let Some(faults) = exchange.object()?.get("faults") else {
        return Err(Trouble::not_offered("no faults beside the message"));
    };
    let text = |fault: &Value, key: &str| fault.get(key).is_some_and(Value::is_string);
    let sound = |fault: &Value| text(fault, "place") && text(fault, "message");
    match faults.as_array() {
        Some(list) if !list.is_empty() && list.iter().all(sound) => Ok(()),
        _ => Err(exchange.fails("expected \"faults\", a list of {\"place\", \"message\"}")),
    }
}

pub(super) async fn codes(bench: &Bench) -> Verdict {
    let good = json!({ "data": bench.inputs().data }).to_string();
    let unknown = format!("?cvappid={}", release_of(b"nothing is published under the number of this"));
    for (query, body, expected) in [
        (unknown, good.clone(), "not-published"),
        (bench.query(), json!({ "data": [] }).to_string(), "invalid-input"),
        (bench.query(), "{".to_owned(), "bad-request"),
    ] {
        let run = bench.runner.run(&query, body).await;
        match run.object()?.get("code").and_then(Value::as_str) {
            None => return Err(Trouble::not_offered("no code beside the message")),
            Some(code) if code == expected => {}
            Some(code) => return Err(run.fails(format!("the code is “{code}”; expected “{expected}”"))),
        }
    }
    Ok(())
}

pub(super) async fn timings(bench: &Bench) -> Verdict {
    let run = bench.run(&bench.inputs()).await;
    run.result()?;
    let Some(timings) = run.object()?.get("timings") else {
        return Err(Trouble::not_offered("no timings beside the result"));
    };
    let none = Map::new();
    let timings = timings.as_object().unwrap_or(&none);
    let stage = |name: &str| timings.get(name).and_then(Value::as_f64).filter(|ms| *ms >= 0.0);
    let stages: Option<Vec<f64>> = STAGES.into_iter().map(stage).collect();
    let (Some(stages), Some(total)) = (stages, stage("totalMs")) else {
        return Err(run.fails(format!("expected \"timings\" with the numbers {} and totalMs", STAGES.join(", "))));
    };
    let sum: f64 = stages.iter().sum();
    if (sum - total).abs() > 1.0 + total / 20.0 {
        return Err(run.fails(format!("the stages add up to {sum:.1} ms; totalMs says {total:.1}")));
    }
    Ok(())
}

pub(super) async fn logs(bench: &Bench) -> Verdict {
    let app = bench.publish_own(Glue::Logs).await?;
    let run = bench.runner.run(&app.query, json!({ "data": app.data }).to_string()).await;
    run.result()?;
    let Some(logs) = run.object()?.get("logs") else {
        return Err(Trouble::not_offered("no logs beside the result"));
    };
    let sound = |line: &Value| {
        let level = line.get("level").and_then(Value::as_str);
        level.is_some_and(|level| LEVELS.contains(&level))
            && line.get("atMs").is_some_and(Value::is_number)
            && line.get("message").is_some_and(Value::is_string)
    };
    match logs.as_array() {
        Some(lines) if !lines.is_empty() && lines.iter().all(sound) => Ok(()),
        _ => Err(run.fails("expected \"logs\", a list of {\"level\", \"atMs\", \"message\"}")),
    }
}

pub(super) async fn trap(bench: &Bench) -> Verdict {
    let app = bench.publish_own(Glue::Trap).await?;
    bench.runner.run(&app.query, json!({ "data": app.data }).to_string()).await.refuses_with(&[500])
}

pub(super) async fn request_id(bench: &Bench) -> Verdict {
    let asked = bench.runner.get("health/live").await;
    match asked.answered()?.header("x-request-id") {
        None => Err(Trouble::not_offered("no x-request-id in the answer")),
        Some(id) if id == crate::local::REQUEST_ID => Ok(()),
        Some(id) => Err(asked.fails(format!("the x-request-id is “{id}”, not the one that was sent"))),
    }
}

pub(super) async fn live(bench: &Bench) -> Verdict {
    found(&bench.runner.get("health/live").await)
}

pub(super) async fn ready(bench: &Bench) -> Verdict {
    found(&bench.runner.get("health/ready").await)
}

pub(super) async fn metrics(bench: &Bench) -> Verdict {
    let asked = bench.runner.get("metrics").await;
    found(&asked)?;
    let answer = asked.answered()?;
    if !answer.header("content-type").unwrap_or_default().starts_with("text/plain") {
        return Err(asked.fails("expected the Content-Type text/plain"));
    }
    let mut samples = answer.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    let is_sample = |line: &str| line.rsplit_once(' ').is_some_and(|(_, value)| value.parse::<f64>().is_ok());
    match samples.find(|line| !is_sample(line)) {
        Some(line) => Err(asked.fails(format!("this line is no sample: {line}"))),
        None if answer.text.contains("# TYPE ") => Ok(()),
        None => Err(asked.fails("expected samples with their # TYPE")),
    }
}

/// 200, or 404 where there is no such thing.
fn found(asked: &Exchange) -> Verdict {
    match asked.answered()?.status.as_u16() {
        200 => Ok(()),
        status @ (404 | 405 | 501) => Err(Trouble::not_offered(format!("it is answered {status}"))),
        status => Err(asked.fails(format!("the status is {status}; expected 200"))),
    }
}
