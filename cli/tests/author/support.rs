//! The program, the models and photos of `VISION_TEST_DATA`, and apps made of them for a while.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What the program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) errors: String,
}

impl Said {
    /// The one JSON document that it printed.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Fails unless it ended so.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.errors);
        self
    }
}

/// Starts the program.
pub(crate) fn vision(arguments: &[&str]) -> Said {
    vision_with(arguments, &[])
}

/// Starts the program with something in its environment.
pub(crate) fn vision_with(arguments: &[&str], environment: &[(&str, &str)]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_vision"))
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("vision starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("an exit code");
    Said { code, out: text(&output.stdout), errors: text(&output.stderr) }
}

/// Where models and photos are; `None` says that the test is skipped.
pub(crate) fn data() -> Option<Data> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = env::var_os("VISION_TEST_DATA").map(|folder| repository.join(folder));
    match folder.filter(|folder| folder.join("models").is_dir()) {
        Some(folder) => Some(Data(folder)),
        None => skipped("VISION_TEST_DATA names no folder of models and photos"),
    }
}

/// ONNX Runtime's library; `None` says that the test is skipped.
pub(crate) fn onnx_runtime() -> Option<()> {
    match env::var_os("ORT_DYLIB_PATH") {
        Some(_) => Some(()),
        None => skipped("ORT_DYLIB_PATH names no ONNX Runtime"),
    }
}

/// The name of a model of a form that no real model at hand has, made by tests/reference; `None` says that the test is
/// skipped.
pub(crate) fn made_model(room: &Room, kind: &str, source: Option<&str>) -> Option<String> {
    let Some(python) = env::var_os("VISION_TEST_PYTHON") else {
        return skipped("VISION_TEST_PYTHON names no Python with the package onnx");
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/reference/made_models.py");
    let file = room.path(&format!("{kind}.onnx"));
    let output = Command::new(python).arg(script).args([kind, &file]).args(source).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(file)
}

/// Says that a test is skipped; fails it where everything must be there.
pub(crate) fn skipped<T>(why: &str) -> Option<T> {
    assert!(env::var("CI").as_deref() != Ok("true"), "CI=true, but {why}");
    writeln!(std::io::stderr(), "skipped: {why}").ok();
    None
}

/// The folder of models and photos.
pub(crate) struct Data(PathBuf);

impl Data {
    pub(crate) fn model(&self, name: &str) -> String {
        text(&self.0.join("models").join(name))
    }

    pub(crate) fn image(&self, name: &str) -> String {
        text(&self.0.join("images").join(name))
    }
}

/// A folder for a while.
pub(crate) struct Room(TempDir);

impl Room {
    pub(crate) fn new() -> Self {
        Self(TempDir::with_prefix("vision-author-").expect("a temporary folder"))
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> String {
        text(&self.0.path().join(name))
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("a folder");
        fs::write(&path, content).expect("written");
        text(&path)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// An app `app/` of one model and its labels, without code.
    pub(crate) fn app(&self, task: &str, model: &str, labels: Option<&str>, input: &Value, output: &Value) -> String {
        let mut described = json!({ "Name": "net", "File": "models/net.onnx", "Input": input, "Output": output });
        if let Some(labels) = labels {
            self.write("app/assets/labels.txt", fs::read(labels).expect("labels"));
            described["Labels"] = "assets/labels.txt".into();
        }
        self.write("app/models/net.onnx", fs::read(model).expect("a model"));
        let manifest = json!({ "Name": "An App", "Version": "1.0.0", "Task": task, "Models": [described] });
        self.write("app/app.json", manifest.to_string());
        self.path("app")
    }

    /// The app that finds everyday objects.
    pub(crate) fn yolox(&self, data: &Data) -> String {
        self.app(
            "detection",
            &data.model("detection/yolox_nano_416.onnx"),
            Some(&data.model("detection/coco.names")),
            &json!({ "Channels": "BGR", "Fit": "Letterbox" }),
            &json!({ "Head": "YOLOX" }),
        )
    }
}

/// A sample app of the repository, copied.
pub(crate) fn sample(name: &str, room: &Room) -> String {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if from.is_dir() {
                copy(&from, &to);
            } else {
                fs::copy(&from, &to).expect("copied");
            }
        }
    }
    let to = room.path("sample");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-apps").join(name), Path::new(&to));
    to
}

/// Labels of boxes or labels, in their order.
pub(crate) fn labels(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    list.iter().map(|one| one["label"].as_str().expect("a label")).collect()
}

fn text(path: &Path) -> String {
    path.to_str().expect("a UTF-8 path").to_owned()
}
