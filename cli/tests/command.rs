//! The command line as an author calls it.

use std::process::Command;

fn vision(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_vision")).args(arguments).output().expect("vision starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().expect("an exit code"), text)
}

fn sample(name: &str) -> String {
    format!("{}/../sample-apps/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_sample_app_is_checked_and_packed() {
    let folder = tempfile::tempdir().expect("a folder");
    let zip = folder.path().join("digits.zip");
    let zip = zip.to_str().expect("a UTF-8 path");
    let (code, text) = vision(&["pack", &sample("digit-reader"), "--output", zip, "--json"]);
    assert_eq!(code, 0, "{text}");
    let answer: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(answer["file"], zip);
    assert!(answer["bytes"].as_u64() > Some(1_000), "{text}");
    let (code, text) = vision(&["check", zip]);
    assert_eq!((code, text.contains("no faults")), (0, true), "{text}");
}

#[test]
fn faults_are_listed_with_their_places_and_exit_code_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest =
        r#"{"Name":"x","Version":"1.0.0","Task":"detection","Models":[{"Name":"m","File":"models/none.onnx"}]}"#;
    std::fs::write(folder.path().join("app.json"), manifest).expect("written");
    let (code, text) = vision(&["check", "--json", folder.path().to_str().expect("a UTF-8 path")]);
    assert_eq!(code, 1, "{text}");
    let answer: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert!(answer["faults"].to_string().contains("models/none.onnx"), "{text}");
}

#[test]
fn a_file_that_is_not_there_is_exit_code_2() {
    let (code, text) = vision(&["check", "/nowhere/app.zip"]);
    assert_eq!((code, text.contains("/nowhere/app.zip")), (2, true), "{text}");
}
