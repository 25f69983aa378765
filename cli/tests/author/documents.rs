//! What the documents tell people to type, typed; and what the program tells about itself.

use std::{env, fs, path::Path, process::Command};

use serde_json::Value;

use crate::support::{Data, Room, data, labels, vision};

/// The files of the first app, and what was made of them.
fn desk(data: &Data) -> Room {
    let room = Room::new();
    for (name, from) in [
        ("yolox_nano.onnx", data.model("detection/yolox_nano_416.onnx")),
        ("coco.names", data.model("detection/coco.names")),
        ("dog.jpg", data.image("darknet_dog.jpg")),
        ("horses.jpg", data.image("darknet_horses.jpg")),
    ] {
        room.write(name, fs::read(from).expect("test data"));
    }
    room
}

/// Types all that a document tells to type, one block after the other into one shell: what was printed.
#[track_caller]
fn type_all(document: &str, room: &Room) -> String {
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(document);
    let text = fs::read_to_string(text).expect("the document");
    let blocks: Vec<&str> =
        text.split("```sh\n").skip(1).map(|block| block.split_once("\n```").expect("a block ends").0).collect();
    assert!(blocks.len() >= 3, "{document}: {blocks:?}");
    let program = Path::new(env!("CARGO_BIN_EXE_vision")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("bash");
    shell.args(["-e", "-x", "-o", "pipefail", "-c", &blocks.join("\n")]).current_dir(room.path(".")).env("PATH", &path);
    let output = shell.output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{document}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn every_command_of_the_first_app_and_of_its_tests_runs() {
    let Some(data) = data() else { return };
    let room = desk(&data);
    type_all("first-app.md", &room);
    assert!(room.read("everyday-objects.zip").starts_with(b"PK"));

    let said = type_all("testing.md", &room);
    assert!(said.contains("2 of 2 examples are good") && said.contains("making the result"), "{said}");
    assert!(said.contains("horses pass"), "the script that reads the tests: {said}");
    let expected: Value =
        serde_json::from_slice(&room.read("everyday-objects/examples/horses/expected.json")).expect("JSON");
    assert_eq!(labels(&expected["Result"]["boxes"]["boxes"])[0], "horse");
    assert!(room.read("everyday-objects-tested.zip").starts_with(b"PK"));
}

#[test]
fn every_command_of_the_guide_to_parameters_runs() {
    let Some(data) = data() else { return };
    let room = desk(&data);
    let said = type_all("parameters.md", &room);
    assert!(said.contains("Street count 1.0.0: no faults") && said.contains("In the street: "), "{said}");
}

#[test]
fn shells_and_manuals_know_the_commands() {
    let room = Room::new();
    for shell in ["bash", "zsh", "fish"] {
        let said = vision(&["completions", shell]).ends(0);
        assert!(said.out.contains("inspect") && !said.out.contains("measure-model"), "{shell}: {}", said.out);
    }
    let folder = room.path("man");
    vision(&["man", &folder]).ends(0);
    let page = String::from_utf8(room.read("man/vision-run.1")).expect("text");
    assert!(page.contains("NAME=VALUE"), "{page}");
    assert!(!Path::new(&room.path("man/vision-measure-model.1")).exists());
    let help = vision(&["--help"]).ends(0);
    assert!(help.out.contains("Exit codes: 0") && !help.out.contains("runner-tract"), "{}", help.out);
}
