//! `/run`: inputs, results, and everything that a request can do wrong.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Answer, PHOTO, Portal, Runner, TOKEN, named, package_with, parameters};

#[tokio::test(flavor = "multi_thread")]
async fn inputs_reach_the_worker_and_the_answer_comes_back() {
    let runner = Runner::start().await;
    runner.published(1).await;
    let photo = runner.portal.url("photo");
    let answer = runner.run(1, json!({"Do": "say inputs", "Age": 4.5, "Image": photo, "Second": photo})).await;
    let expected =
        format!("Age=Number(4.5) Do=Text(\"say inputs\") Image=Picture(0) Second=Picture(1) [{0}, {0}]", PHOTO.len());
    assert_eq!(answer.said(), expected);
    let timings = &answer.body["timings"];
    assert_eq!(timings["runningModelMs"], 0.01);
    let stages =
        ["appLoadingMs", "preProcessingMs", "loadingModelMs", "runningModelMs", "generatingResultMs", "miscMs"];
    let sum: f64 = stages.iter().map(|stage| timings[stage].as_f64().unwrap()).sum();
    assert!((sum - timings["totalMs"].as_f64().unwrap()).abs() < 0.01, "{timings}");
    assert_eq!(timings["appLoadingMs"], 0.0, "the worker that proved the package is warm: {timings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_no_run_are_refused() {
    let runner = Runner::with(|config| config.run_limits.body_bytes = 10_000).await;
    runner.published(1).await;
    let send = async |query: &str, body: String| {
        let request = runner.client.post(format!("{}/run{query}", runner.base)).bearer_auth(TOKEN).body(body);
        Answer::of(request.send().await.unwrap()).await
    };
    let good = || json!({"data": named(json!({"Do": "say pid"}))}).to_string();
    send("?cvappid=1", good()).await.is(StatusCode::OK);
    send("", good()).await.fails(400, "bad-request", "cvappid");
    send("?cvappid=one", good()).await.fails(400, "bad-request", "integer");
    send("?cvappid=2", good()).await.fails(400, "not-published", "release 2");
    send("?cvappid=1", "{".to_owned()).await.fails(400, "bad-request", "EOF");
    send("?cvappid=1", "{}".to_owned()).await.fails(400, "bad-request", "missing field `data`");
    send("?cvappid=1", " ".repeat(1 << 20)).await.fails(413, "too-large", "larger than 10000 bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_the_inputs_is_listed() {
    let runner = Runner::start().await;
    runner.published(1).await;
    let answer = runner.run(1, json!({"Age": 200, "Image": "no address", "Colour": "red"})).await;
    answer.fails(400, "invalid-input", "Age: must be at most 150");
    let mut places: Vec<_> =
        answer.body["faults"].as_array().unwrap().iter().map(|fault| fault["place"].as_str().unwrap()).collect();
    places.sort_unstable();
    assert_eq!(places, ["Age", "Colour", "Do", "Image"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_fetched_from_the_portal_and_nowhere_else() {
    let runner = Runner::with(|config| config.run_limits.input_bytes = 1 << 20).await;
    runner.published(1).await;
    let stranger = Portal::start();
    let run = async |url: String| runner.run(1, json!({"Do": "say inputs", "Image": url})).await;
    run(stranger.url("photo")).await.fails(400, "input-unavailable", "fetches nothing from http://127.0.0.1:");
    let disguised = runner.portal.url("photo").replace("127.0.0.1", "localhost");
    run(disguised).await.fails(400, "input-unavailable", "“Image”");
    run(runner.portal.url("moved")).await.fails(400, "input-unavailable", "302");
    run(runner.portal.url("missing")).await.fails(400, "input-unavailable", "404");
    let refused = run(runner.portal.url("refused")).await;
    refused.fails(400, "input-unavailable", "403");
    assert!(!refused.body.to_string().contains("secret"), "a signed URL is told: {refused:?}");
    run(runner.portal.url("large")).await.fails(413, "too-large", "“Image” is larger than 1048576 bytes");
}

fn picture_app() -> Vec<u8> {
    package_with(&json!({
        "Name": "Pictures", "Version": "1.0.0", "AppParameters": parameters(),
        "ResultVariables": [{"ResultType": "Image", "Name": "picture"}],
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_go_where_the_portal_wants_them() {
    let runner = Runner::start().await;
    runner.publish(1, picture_app()).await.is(StatusCode::OK);
    let run = async |uploads: &[String]| {
        let inputs = named(json!({"Do": "give back", "Image": runner.portal.url("photo")}));
        runner.run_body(1, json!({"data": inputs, "uploads": uploads})).await
    };
    let inline = run(&[]).await;
    let uri = inline.is(StatusCode::OK).body["result"]["picture"].as_str().unwrap();
    assert!(uri.starts_with("data:image/png;base64,iVBORw0KGgo"), "{uri}");
    let slot = runner.portal.url("slot");
    assert_eq!(
        run(std::slice::from_ref(&slot)).await.is(StatusCode::OK).body["result"]["picture"],
        Value::String(slot)
    );
    let stored = runner.portal.stored.lock().unwrap().clone();
    assert_eq!(stored, [("/files/slot".to_owned(), "image/png".to_owned(), PHOTO.len())]);
    run(&[runner.portal.url("refused")]).await.fails(500, "internal", "store the picture “picture”");
    run(&[Portal::start().url("slot")]).await.fails(400, "bad-request", "sends nothing to");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_app_does_wrong_is_told() {
    let runner = Runner::with(|config| config.run_limits.result_bytes = 10_000).await;
    runner.published(1).await;
    let run = async |what: &str| runner.run(1, json!({"Do": what})).await;
    let failed = run("fail").await;
    failed.fails(500, "app-failed", "no cat on this photo");
    assert_eq!(failed.body["logs"][0]["message"], "so far, so good");
    assert!(failed.body["timings"]["totalMs"].as_f64().unwrap() > 0.0);
    run("say nothing").await.fails(500, "app-failed", "result “said”: is missing");
    run("say much").await.fails(500, "limit-exceeded", "may answer with 10000");
    let picture = runner.run(1, json!({"Do": "give back", "Image": runner.portal.url("photo")})).await;
    picture.fails(500, "app-failed", "“picture”: is not among the ResultVariables");
}
