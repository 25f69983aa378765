//! What stands in the documents: what they tell people to type, and what they show.

use std::{env, fs, path::Path, process::Command};

use super::{command::Vision, data::TestData, data::read, python::tests_folder};

/// A document, by its name.
pub(crate) fn text(name: &str) -> String {
    let path = tests_folder().join("../docs").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of a language, such as `json`, in a document or a part of one.
pub(crate) fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    let parts = text.split(fence.as_str()).skip(1);
    // A block's closing fence may be followed by a block of another language.
    parts.map(|part| part.split_once("\n```").expect("a block ends").0).collect()
}

/// What follows a heading, up to the next one of its rank or above.
pub(crate) fn section<'t>(text: &'t str, heading: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("there is no {heading}"));
    let rank = heading.bytes().take_while(|byte| *byte == b'#').count();
    let ends = (1..=rank).filter_map(|rank| rest.find(&format!("\n{} ", "#".repeat(rank))));
    &rest[..ends.min().unwrap_or(rest.len())]
}

/// Puts the files of `docs/first-app.md` where somebody works.
pub(crate) fn lay_out(vision: &Vision, data: &TestData) {
    for (name, from) in [
        ("yolox_nano.onnx", data.model("detection/yolox_nano_416.onnx")),
        ("coco.names", data.model("detection/coco.names")),
        ("dog.jpg", data.image("darknet_dog.jpg")),
        ("horses.jpg", data.image("darknet_horses.jpg")),
    ] {
        fs::write(vision.home().join(name), read(&from)).expect("written");
    }
}

/// Types all that a document tells to type, one block after the other into one shell: what was printed.
#[track_caller]
pub(crate) fn type_all(name: &str, vision: &Vision, environment: &[(&str, &str)]) -> String {
    let text = text(name);
    let script = blocks(&text, "sh").join("\n");
    assert!(!script.is_empty(), "{name} tells to type nothing");
    let programs = Path::new(env!("CARGO_BIN_EXE_portal")).parent().expect("a folder");
    let path = format!("{}:{}", programs.display(), env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("bash");
    shell.args(["-e", "-x", "-o", "pipefail", "-c", &script]).current_dir(vision.home());
    let output = shell.env("HOME", vision.home()).env("PATH", path).envs(environment.iter().copied()).output();
    let output = output.expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{name}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}
