//! Models, photos, and the two that look at them: a runner and the reference.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use image::RgbImage;
use serde_json::{Map, Value, json};
use vision_protocol::{limits::RunLimits, manifest::Task};
use vision_runner::ipc::WireValue;

use crate::support::{
    models::real_models,
    package::Package,
    worker::{Failed, Worker},
};

/// What the tests of tasks need.
pub(super) struct Lab {
    models: PathBuf,
    python: PathBuf,
    folder: tempfile::TempDir,
}

/// What an app answers with. A picture is kept beside the other values.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) values: Map<String, Value>,
    pub(super) picture: Option<RgbImage>,
}

impl Lab {
    /// `None`, with a word about it, where something is missing.
    pub(super) fn find() -> Option<Self> {
        let models = real_models()?;
        let python = match std::env::var_os("VISION_TEST_PYTHON") {
            Some(python) => PathBuf::from(python),
            None => root().join("target/test-python/bin/python"),
        };
        static WORKS: OnceLock<bool> = OnceLock::new();
        let works = WORKS.get_or_init(|| {
            let output = Command::new(&python).args(["-c", "import onnx, onnxruntime, numpy, PIL"]).output();
            output.is_ok_and(|output| output.status.success())
        });
        if !works {
            let python = python.display();
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "{python} has no ONNX Runtime (tests/run sets it up)"
            );
            eprintln!("skipped: {python} has no ONNX and ONNX Runtime (tests/run sets it up)");
            return None;
        }
        Some(Self { models, python, folder: tempfile::tempdir().expect("a temporary folder") })
    }

    pub(super) fn image(&self, name: &str) -> PathBuf {
        self.models.join("../images").join(name)
    }

    /// A part of a photo, as a file of its own.
    pub(super) fn part(&self, name: &str, [left, top, width, height]: [u32; 4]) -> PathBuf {
        let photo = image::open(self.image(name)).expect("a photo");
        let path = self.file("part.png");
        photo.crop_imm(left, top, width, height).to_rgb8().save(&path).expect("the temporary folder takes files");
        path
    }

    /// A path for a file that is gone in the end.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A model of the test data as an app; `said` is what its manifest says about it.
    pub(super) fn app(&self, task: Task, model: &str, labels: &str, said: &Value) -> Package {
        self.app_of(task, &self.models.join(model), labels, said)
    }

    /// A model that is made for the test as an app.
    pub(super) fn made_app(&self, task: Task, kind: &str, source: Option<&str>, labels: &str, said: &Value) -> Package {
        let path = self.file(&format!("{kind}.onnx"));
        let mut command = Command::new(&self.python);
        command.arg(root().join("tests/reference/made_models.py")).arg(kind).arg(&path);
        command.args(source.map(|source| self.models.join(source)));
        assert!(command.status().expect("Python starts").success(), "{kind} cannot be made");
        self.app_of(task, &path, labels, said)
    }

    fn app_of(&self, task: Task, model: &Path, labels: &str, said: &Value) -> Package {
        let file = self.file("labels.txt");
        fs::write(&file, labels).expect("the temporary folder takes files");
        let package = Package::standard(task, model, Some(&file).filter(|_| !labels.is_empty()).map(PathBuf::as_path));
        package.change_manifest(|manifest| {
            for (key, value) in said.as_object().expect("an object") {
                manifest["Models"][0][key] = value.clone();
            }
        });
        package
    }

    /// The labels of a file of the test data.
    pub(super) fn labels(&self, name: &str) -> String {
        fs::read_to_string(self.models.join(name)).expect("labels")
    }

    /// What the runner and the reference answer for a photo.
    pub(super) fn both(&self, package: &Package, photo: &Path) -> [Answer; 2] {
        [look(package, photo), self.reference(package, &json!({"Image": photo}))]
    }

    /// What the reference answers.
    pub(super) fn reference(&self, package: &Package, inputs: &Value) -> Answer {
        let picture = self.file("picture.png");
        // Of the app before, if there was one.
        let _ = fs::remove_file(&picture);
        let output = Command::new(&self.python)
            .arg(root().join("tests/reference/tasks"))
            .arg(package.folder.path())
            .arg(inputs.to_string())
            .arg(&picture)
            .output()
            .expect("Python starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut values: Map<String, Value> = serde_json::from_slice(&output.stdout).expect("it prints JSON");
        values.retain(|_, value| !value.is_null());
        let picture = picture.exists().then(|| image::open(&picture).expect("a picture").to_rgb8());
        Answer { values, picture }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the runner answers for a photo.
pub(super) fn look(package: &Package, photo: &Path) -> Answer {
    let photo = fs::read(photo).expect("a photo");
    run(package, vec![("Image".to_owned(), WireValue::Picture(0))], &[photo]).expect("an answer")
}

/// What the runner answers, or why it does not.
pub(super) fn run(
    package: &Package,
    inputs: Vec<(String, WireValue)>,
    attachments: &[Vec<u8>],
) -> Result<Answer, Failed> {
    let mut worker = Worker::serve(package, RunLimits::default());
    let done = worker.run(inputs, attachments, 60_000)?;
    for line in &done.logs {
        eprintln!("{line:?}");
    }
    let mut answer = Answer { values: Map::new(), picture: None };
    for (name, value) in done.outputs {
        let value = match value {
            WireValue::Json(value) => value,
            WireValue::Text(text) => json!(text),
            WireValue::Number(number) => json!(number),
            WireValue::Picture(index) => {
                let picture = image::load_from_memory(&done.pictures[index]).expect("a picture");
                answer.picture = Some(picture.to_rgb8());
                continue;
            }
            other => panic!("{name} is {other:?}"),
        };
        answer.values.insert(name, value);
    }
    Ok(answer)
}

/// Holds labels with scores against each other. What the two agree on but for the last digits may change places.
pub(super) fn assert_labels(found: &Value, expected: &Value, tolerance: f64) {
    let (found, expected) = (found.as_array().expect("a list"), expected.as_array().expect("a list"));
    eprintln!("{found:?}");
    assert_eq!(found[0]["label"], expected[0]["label"], "{expected:?}");
    assert_eq!(found.len(), expected.len(), "{found:?}, not {expected:?}");
    for (index, expected) in expected.iter().enumerate() {
        let score = number(&expected["score"]);
        assert!((number(&found[index]["score"]) - score).abs() <= tolerance, "{found:?}, not {expected}");
        let same = found.iter().find(|one| one["label"] == expected["label"]);
        let clear = score > number(&found[found.len() - 1]["score"]) + tolerance;
        assert!(same.is_some() || !clear, "{expected} is not in {found:?}");
    }
}

/// The mean difference of two pictures' channels.
pub(super) fn difference(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let sum: u64 = one.iter().zip(other.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.len() as f64
}

pub(super) fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}
