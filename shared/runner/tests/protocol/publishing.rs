//! `/publish`: what is taken, what is refused, and what stays on disk.

use std::{fs, path::Path, time::Duration};

use reqwest::{StatusCode, multipart};
use serde_json::json;
use vision_runner::supervisor::{self, StartError};

use crate::harness::{Answer, Runner, TOKEN, config, package};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_stored_once_and_never_changes() {
    let runner = Runner::start().await;
    let first = runner.publish(7, package("Plain")).await;
    assert_eq!(first.is(StatusCode::OK).body["hasError"], false);
    assert_eq!(first.body["warnings"][0]["message"], "computes slowly");
    let again = runner.publish(7, package("Plain")).await;
    assert_eq!(again.is(StatusCode::OK).body, json!({"hasError": false}));
    runner.publish(7, package("Other")).await.fails(400, "already-published", "release 7");
    let data = runner.data.path();
    assert_eq!(names(&data.join("packages")), ["7"]);
    assert_eq!(names(&data.join("packages/7")), [".compiled", "app.json", "app.wasm", "package.sha256"]);
    assert!(names(&data.join("incoming")).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_the_same_time_leave_one() {
    let runner = Runner::start().await;
    let (a, b) = tokio::join!(runner.publish(7, package("Plain")), runner.publish(7, package("Other")));
    let mut answers = [a.status.as_u16(), b.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [200, 400], "{a:?} {b:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_reach_the_author() {
    let runner = Runner::with(|config| config.fleet.prove_timeout = Duration::from_millis(300)).await;
    let answer = runner.publish(1, b"not a zip".to_vec()).await;
    answer.fails(400, "invalid-package", "not a zip");
    assert_eq!(answer.body["faults"].as_array().unwrap().len(), 1);
    let refused = runner.publish(1, package("Faulty")).await;
    refused.fails(400, "invalid-package", "models/a.onnx: operator QLinearAdd (node “add_1”)");
    assert_eq!(refused.body["faults"][0]["place"], "models/a.onnx");
    runner.publish(1, package("Endless")).await.fails(400, "invalid-package", "took longer than 300ms");
    runner.run(1, json!({"Do": "say pid"})).await.fails(400, "not-published", "release 1");
    assert!(names(&runner.data.path().join("packages")).is_empty());
    assert!(names(&runner.data.path().join("incoming")).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_ends_its_process_is_refused() {
    let runner = Runner::start().await;
    runner.publish(1, package("Crashing")).await.fails(400, "invalid-package", "was ended by signal 6");
    runner.published(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_for_another_engine_is_refused() {
    let runner = Runner::start().await;
    let manifest = json!({
        "Name": "Elsewhere", "Version": "1.0.0", "Runner": {"Engine": "onnxruntime"},
        "ResultVariables": [{"ResultType": "Text", "Name": "said"}],
    });
    let answer = runner.publish(1, crate::harness::package_with(&manifest)).await;
    answer.fails(400, "invalid-package", "asks for the engine “onnxruntime”; this runner has “test”");
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_are_no_publication_are_refused() {
    let runner = Runner::with(|config| config.package_limits.zipped_bytes = 1 << 20).await;
    let send = async |form: multipart::Form| {
        let request = runner.client.post(format!("{}/publish", runner.base)).bearer_auth(TOKEN).multipart(form);
        Answer::of(request.send().await.unwrap()).await
    };
    let file = || multipart::Part::bytes(package("Plain"));
    let form = multipart::Form::new;
    send(form().part("SourceFile", file())).await.fails(400, "bad-request", "CvappId is missing");
    send(form().text("CvappId", "7")).await.fails(400, "bad-request", "SourceFile is missing");
    send(form().text("CvappId", "seven").part("SourceFile", file())).await.fails(400, "bad-request", "an integer");
    let twice = form().text("CvappId", "7").part("SourceFile", file()).part("SourceFile", file());
    send(twice).await.fails(400, "bad-request", "more than once");
    let large = form().part("SourceFile", multipart::Part::bytes(vec![0; 4 << 20])).text("CvappId", "7");
    send(large).await.fails(413, "too-large", "larger than 1048576 bytes");
    let unknown = form().text("Note", "x").part("SourceFile", file()).text("CvappId", "7");
    send(unknown).await.is(StatusCode::OK);
    let plain = runner.client.post(format!("{}/publish", runner.base)).bearer_auth(TOKEN).body("x");
    Answer::of(plain.send().await.unwrap()).await.fails(400, "bad-request", "multipart");
    assert!(names(&runner.data.path().join("incoming")).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_outlive_the_supervisor() {
    let runner = Runner::start().await;
    runner.published(7).await;
    let second = supervisor::start(config(runner.data.path(), &runner.portal));
    assert!(matches!(second, Err(StartError::Data(_))), "two supervisors share a folder");
    let data = runner.stop().await;
    fs::create_dir(data.path().join("incoming/package-half-done")).unwrap();
    let runner = Runner::over(data, |_| {}).await;
    assert!(names(&runner.data.path().join("incoming")).is_empty());
    runner.run(7, json!({"Do": "say pid"})).await.said();
    runner.publish(7, package("Other")).await.fails(400, "already-published", "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_this_version_cannot_use_is_asked_for_again() {
    let runner = Runner::with(|config| config.fleet.workers = 1).await;
    runner.published(7).await;
    runner.published(8).await;
    fs::write(runner.data.path().join("packages/7/.compiled/app.cwasm"), "by another version").unwrap();
    runner.run(7, json!({"Do": "say pid"})).await.fails(400, "not-published", "published again");
    runner.published(7).await;
    runner.run(7, json!({"Do": "say pid"})).await.said();
}
