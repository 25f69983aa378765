//! What the documents tell people to type, typed; and what the program tells about itself.

use std::{env, fs, path::Path, process::Command};

use crate::support::{Room, data, vision};

#[test]
fn every_command_of_the_first_app_runs() {
    let Some(data) = data() else { return };
    let room = Room::new();
    for (name, from) in [
        ("yolox_nano.onnx", data.model("detection/yolox_nano_416.onnx")),
        ("coco.names", data.model("detection/coco.names")),
        ("dog.jpg", data.image("darknet_dog.jpg")),
        ("horses.jpg", data.image("darknet_horses.jpg")),
    ] {
        room.write(name, fs::read(from).expect("test data"));
    }
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/first-app.md");
    let document = fs::read_to_string(document).expect("the document");
    let commands: Vec<&str> =
        document.split("```sh\n").skip(1).map(|block| block.split_once("```").expect("a block ends").0).collect();
    assert!(commands.len() >= 6, "{commands:?}");
    let program = Path::new(env!("CARGO_BIN_EXE_vision")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), env::var("PATH").unwrap_or_default());
    for block in commands {
        let mut shell = Command::new("bash");
        shell.args(["-e", "-c", block]).current_dir(room.path(".")).env("PATH", &path);
        let output = shell.output().expect("a shell");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{block}\n{text}");
    }
    assert!(room.read("everyday-objects.zip").starts_with(b"PK"));
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
