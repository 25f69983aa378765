//! The worker through its socket, with the tract engine behind it: packages proved and served.

#[path = "worker/held_out.rs"]
mod held_out;
#[path = "worker/kits.rs"]
mod kits;
#[path = "worker/pictures.rs"]
mod pictures;
#[path = "worker/reading.rs"]
mod reading;
#[path = "worker/sample_pictures/mod.rs"]
mod sample_pictures;
mod support;
#[path = "worker/tasks/mod.rs"]
mod tasks;

use serde_json::json;
use support::{
    glue::{answer, component, refusal},
    models::real_models,
    package::{Package, packed_example},
    worker::{Worker, prove},
};
use vision_protocol::{
    limits::RunLimits,
    messages::{ErrorCode, LogLevel},
};
use vision_runner::ipc::{FromWorker, WireValue};

fn text(value: &str) -> (String, WireValue) {
    ("answer".to_owned(), WireValue::Text(value.to_owned()))
}

#[test]
fn a_run_answers_and_accounts_for_its_time() {
    let package = Package::with_glue(&component(&answer(""), ""));
    let mut worker = Worker::serve(&package, RunLimits::default());
    let done = worker.run(vec![], &[], 5_000).unwrap();
    assert_eq!(done.outputs, [text("done")]);
    let t = done.timings;
    let parts = t.app_loading_ms
        + t.pre_processing_ms
        + t.loading_model_ms
        + t.running_model_ms
        + t.generating_result_ms
        + t.misc_ms;
    assert!(t.total_ms > 0.0 && (parts - t.total_ms).abs() < 0.1, "{t:?}");
}

#[test]
fn an_endless_loop_ends_at_its_deadline_while_others_run() {
    let package = Package::with_glue(&component(&answer("(loop $again (br $again))"), ""));
    let mut worker = Worker::serve(&package, RunLimits::default());
    let failed = worker.run(vec![], &[], 150).unwrap_err();
    assert_eq!(
        (failed.code, failed.message.as_str()),
        (ErrorCode::Deadline, "the run did not end before its deadline")
    );
    assert!((140.0..1_000.0).contains(&failed.timings.total_ms), "{:?}", failed.timings);
    // Cancelled long before its deadline.
    worker.start(7, vec![], &[], 60_000);
    worker.cancel(7);
    assert_eq!(worker.answer().unwrap_err().message, "the run was cancelled");
}

#[test]
fn memory_beyond_the_limit_fails_the_run_by_name() {
    let greedy = answer("(loop $again (drop (memory.grow (i32.const 16))) (br $again))");
    let package = Package::with_glue(&component(&greedy, ""));
    let mut worker = Worker::serve(&package, RunLimits::default());
    let failed = worker.run(vec![], &[], 20_000).unwrap_err();
    assert_eq!(
        (failed.code, failed.message.as_str()),
        (ErrorCode::LimitExceeded, "the app needs more than its 64 MiB of memory")
    );
}

#[test]
fn a_manifest_may_ask_for_less_memory() {
    let package = Package::with_glue(&component(&answer("(drop (memory.grow (i32.const 200)))"), ""));
    package.change_manifest(|manifest| manifest["Limits"] = json!({"MemoryMiB": 8}));
    let mut worker = Worker::serve(&package, RunLimits::default());
    let failed = worker.run(vec![], &[], 5_000).unwrap_err();
    assert_eq!(failed.message, "the app needs more than its 8 MiB of memory");
}

#[test]
fn a_crash_names_its_reason_and_function() {
    let package = Package::with_glue(&component(
        &answer("(call $divide)"),
        "(func $divide (drop (i32.div_u (i32.const 1) (i32.const 0))))",
    ));
    let mut worker = Worker::serve(&package, RunLimits::default());
    let failed = worker.run(vec![], &[], 5_000).unwrap_err();
    assert_eq!(failed.code, ErrorCode::AppFailed);
    assert!(
        failed.message.contains("integer divide by zero") && failed.message.contains("divide"),
        "{}",
        failed.message
    );
    let deep = Package::with_glue(&component(&answer("(call $deeper)"), "(func $deeper (call $deeper))"));
    let failed = Worker::serve(&deep, RunLimits::default()).run(vec![], &[], 5_000).unwrap_err();
    assert!(failed.message.contains("too deeply"), "{}", failed.message);
}

#[test]
fn the_glues_own_words_reach_the_caller() {
    let package = Package::with_glue(&component(&refusal("no face found"), ""));
    let failed = Worker::serve(&package, RunLimits::default()).run(vec![], &[], 5_000).unwrap_err();
    assert_eq!((failed.code, failed.message.as_str()), (ErrorCode::AppFailed, "no face found"));
}

#[test]
fn logs_are_kept_up_to_their_limit() {
    let chatty = answer(
        "(local $left i32) (local.set $left (i32.const 1000))
         (loop $again
           (call $log (i32.const 2) (i32.const 112) (i32.const 6))
           (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))",
    );
    let log = r#"(import "vision:app/logging@0.1.0" "log" (func $log (param i32 i32 i32)))"#;
    let package = Package::with_glue(&component(&chatty.replace("(module", &format!("(module {log}")), ""));
    let limits = RunLimits { log_bytes: 400, ..RunLimits::default() };
    let done = Worker::serve(&package, limits).run(vec![], &[], 5_000).unwrap();
    assert!((5..15).contains(&done.logs.len()), "{}", done.logs.len());
    assert_eq!((done.logs[0].level, done.logs[0].message.as_str()), (LogLevel::Warn, "answer"));
    assert!(done.logs.last().unwrap().message.contains("more than 400 bytes were logged"));
}

#[test]
fn a_file_that_is_no_picture_is_the_inputs_fault() {
    let package = Package::with_glue(&component(&answer(""), ""));
    let mut worker = Worker::serve(&package, RunLimits::default());
    let inputs = vec![("Image".to_owned(), WireValue::Picture(0))];
    let failed = worker.run(inputs, &[b"%PDF-1.7".to_vec()], 5_000).unwrap_err();
    assert_eq!(failed.code, ErrorCode::InvalidInput);
    assert!(failed.message.starts_with("Image: the file is not a picture"), "{}", failed.message);
}

#[test]
fn examples_are_held_against_what_they_expect() {
    let package = Package::with_glue(&component(&answer(""), ""));
    packed_example(&package, &json!({}), Some(&json!({"Tolerance": 0, "Result": {"answer": "done"}})));
    assert!(matches!(prove(&package), FromWorker::Ready { warnings, .. } if warnings.is_empty()));
    packed_example(&package, &json!({}), Some(&json!({"Tolerance": 0, "Result": {"answer": "dome"}})));
    let FromWorker::Refused { faults } = prove(&package) else { panic!("expected a refusal") };
    assert_eq!(faults[0].place, "examples/first");
    assert!(faults[0].message.contains("answer: expected \"dome\", found \"done\""), "{}", faults[0]);
}

#[test]
fn a_missing_result_is_found_when_proving() {
    let package = Package::with_glue(&component(&answer(""), ""));
    package.change_manifest(|manifest| {
        manifest["ResultVariables"] = json!([{"ResultType": "Number", "Name": "answer"}]);
    });
    packed_example(&package, &json!({}), None);
    let FromWorker::Refused { faults } = prove(&package) else { panic!("expected a refusal") };
    assert!(faults[0].message.contains("result “answer”: expected a number"), "{}", faults[0]);
}

#[test]
fn a_model_that_tract_cannot_load_is_refused_by_operator_and_node() {
    let Some(models) = real_models() else { return };
    let package = Package::classification(&models.join("classification/shufflenet-v2-12-int8.onnx"), None);
    let FromWorker::Refused { faults } = prove(&package) else { panic!("expected a refusal") };
    let text = faults[0].to_string();
    assert!(text.starts_with("models/model.onnx: operator com.microsoft.QLinearAdd (node “"), "{text}");
}

#[test]
fn squeezenet_knows_a_cat_without_code() {
    let Some(models) = real_models() else { return };
    let labels = models.join("classification/synset.txt");
    let package = Package::classification(&models.join("classification/squeezenet_fp32_from_fp16.onnx"), Some(&labels));
    package.change_manifest(|manifest| {
        manifest["Models"][0]["Input"] = json!({"Channels": "BGR"});
        manifest["Models"][0]["Output"] = json!({"Head": "Softmax"});
    });
    let photo = std::fs::read(models.join("../images/winml_cat.jpg")).unwrap();
    let verdict = prove(&package);
    assert!(matches!(verdict, FromWorker::Ready { .. }), "{verdict:?}");
    let mut worker = Worker::serve(&package, RunLimits::default());
    let inputs = vec![("Image".to_owned(), WireValue::Picture(0))];
    let done = worker.run(inputs, &[photo], 20_000).unwrap();
    let WireValue::Json(labels) = &done.outputs[0].1 else { panic!("{:?}", done.outputs) };
    let top = labels[0]["label"].as_str().unwrap();
    assert!(top.contains("cat"), "{labels}");
    assert_eq!(labels.as_array().unwrap().len(), 5);
    assert!(done.timings.running_model_ms > 0.0 && done.timings.pre_processing_ms > 0.0, "{:?}", done.timings);
}

#[test]
fn yolox_finds_dog_car_and_bicycle_without_code() {
    let Some(models) = real_models() else { return };
    let package =
        Package::detection(&models.join("detection/yolox_nano_416.onnx"), &models.join("detection/coco.names"));
    let photo = std::fs::read(models.join("../images/darknet_dog.jpg")).unwrap();
    let verdict = prove(&package);
    assert!(matches!(verdict, FromWorker::Ready { .. }), "{verdict:?}");
    let mut worker = Worker::serve(&package, RunLimits::default());
    let inputs = vec![("Image".to_owned(), WireValue::Picture(0))];
    let done = worker.run(inputs, &[photo], 20_000).unwrap();
    let WireValue::Json(found) = &done.outputs[0].1 else { panic!("{:?}", done.outputs) };
    let boxes = found["boxes"].as_array().unwrap();
    for (label, score) in [("dog", 0.83), ("car", 0.81), ("bicycle", 0.81)] {
        let hit = boxes.iter().find(|b| b["label"] == label).unwrap_or_else(|| panic!("no {label} in {found}"));
        assert!((hit["score"].as_f64().unwrap() - score).abs() < 0.02, "{hit}");
    }
}
