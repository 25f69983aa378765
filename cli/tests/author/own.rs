//! `vision new --language`: an app with code of its own.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Room, data, skipped, vision};

#[test]
fn each_language_has_a_template_with_its_kit() {
    let room = Room::new();
    for (language, source) in [("rust", "src/lib.rs"), ("javascript", "app.js"), ("python", "app.py")] {
        let app = room.path(&format!("light-{language}"));
        let said = vision(&["new", &app, "--language", language]).ends(0);
        assert!(said.out.contains("DEVELOPING.md"), "{}", said.out);
        for file in [source, "build", "kit/build", "kit/wit/app.wit"] {
            assert!(!room.read(&format!("light-{language}/{file}")).is_empty(), "{language}: {file}");
        }
        let manifest: Value =
            serde_json::from_slice(&room.read(&format!("light-{language}/app.json"))).expect("a manifest");
        assert_eq!(manifest["Name"], format!("Light {language}"));
        // The template is complete but for what `build` makes.
        let said = vision(&["check", &app, "--json"]).ends(1).json();
        let faults = said["faults"].as_array().expect("a list");
        assert!(faults.iter().all(|fault| fault.to_string().contains("app.wasm")), "{said}");
    }
    let again = vision(&["new", &room.path("light-rust"), "--language", "rust"]).ends(2);
    assert!(again.errors.contains("is there already"), "{}", again.errors);
    let said = vision(&["new", &room.path("x"), "--language", "cobol"]).ends(2);
    assert!(said.errors.contains("must be one of: rust, javascript, python"), "{}", said.errors);
}

#[test]
fn several_models_are_laid_beside_the_code() {
    let Some(data) = data() else { return };
    let room = Room::new();
    let (app, faces) = (room.path("crowd"), data.model("face_detection/ultraface_RFB-320.onnx"));
    let names = data.model("classification/synset.txt");
    let ages = data.model("faceapi/age_gender.onnx");
    let arguments = ["new", &app, "--language", "python", "--labels", &names];
    let said = vision(&[&arguments[..], &["--model", &faces, "--model", &ages, "--model", &ages]].concat()).ends(0);
    assert!(said.out.contains("its model “age_gender” takes image float32 [1, 3, 112, 112]"), "{}", said.out);
    let manifest: Value = serde_json::from_slice(&room.read("crowd/app.json")).expect("a manifest");
    let names: Vec<_> = manifest["Models"].as_array().expect("models").iter().map(|one| one["Name"].clone()).collect();
    assert_eq!(names, [json!("ultraface_RFB_320"), json!("age_gender"), json!("age_gender_3")]);
    assert_eq!(manifest["Models"][0]["Labels"], "assets/labels.txt");
    for (path, from) in [("models/ultraface_RFB-320.onnx", &faces), ("models/age_gender-3.onnx", &ages)] {
        assert!(room.read(&format!("crowd/{path}")) == fs::read(from).expect("a model"), "{path}");
    }
    let none = room.path("none");
    let said = vision(&["new", &none, "--language", "rust", "--model", &data.image("winml_cat.jpg")]).ends(2);
    assert!(said.errors.contains("is not an ONNX model"), "{}", said.errors);
}

#[test]
fn on_a_terminal_the_language_is_asked_for() {
    let room = Room::new();
    let mut script = Command::new("script");
    let command = format!("{} new", env!("CARGO_BIN_EXE_vision"));
    script.args(["-qec", &command, "/dev/null"]).current_dir(room.path(".")).env("TERM", "xterm");
    let Ok(mut script) = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        return skipped("there is no program `script` (Debian's bsdutils)").unwrap_or_default();
    };
    script.stdin.take().expect("a pipe").write_all(b"\njavascript\nasked\n").expect("it listens");
    let output = script.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("The language: rust, javascript, python"), "{text}");
    assert!(!room.read("asked/app.js").is_empty());
}
