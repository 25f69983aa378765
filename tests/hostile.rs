//! Input that was made to do harm: archives, components, models, pictures and bodies of runs. Each ends in its own
//! error, soon and in little memory, and the next good run succeeds.
//!
//! The scripts in `tests/hostile/` make the files anew for each test. All answers are left in `target/hostile/` for
//! people to read: an author must understand them.

mod components;
mod runner;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

use crate::support::{
    archives::archive,
    data::read,
    glue, packages,
    python::{self, Reference, tests_folder},
    require,
};
use components::{Case, End};
use runner::{Expected, Runner, good_photo};

/// A folder below target/ with what a script made.
struct Corpus {
    folder: PathBuf,
    expected: BTreeMap<String, Expected>,
}

/// An empty folder below target/, but for the good app's photo.
fn folder(name: &str) -> PathBuf {
    let folder = tests_folder().join("../target/hostile").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("an old folder can be removed");
    }
    fs::create_dir_all(&folder).expect("target/ takes folders");
    fs::write(folder.join("good.jpg"), good_photo()).expect("target/ takes files");
    folder
}

impl Corpus {
    /// Lets a script make its files.
    fn make(python: &Path, script: &str, folder: PathBuf, more: &[&str]) -> Self {
        let script = tests_folder().join("hostile").join(script);
        let output = Command::new(python).arg(&script).arg(&folder).args(more).output().expect("Python starts");
        assert!(output.status.success(), "{}:\n{}", script.display(), String::from_utf8_lossy(&output.stderr));
        let expected = serde_json::from_slice(&read(&folder.join("expected.json"))).expect("the script's own form");
        Self { folder, expected }
    }

    /// Each file with what is expected of it.
    fn files(&self) -> impl Iterator<Item = (&str, Vec<u8>, &Expected)> {
        self.expected.iter().map(|(name, expected)| (name.as_str(), read(&self.folder.join(name)), expected))
    }
}

fn answers(name: &str) -> PathBuf {
    tests_folder().join("../target/hostile").join(format!("{name}-answers.txt"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_archives_are_refused() {
    let python = require!(python::plain());
    let folder = folder("archives");
    let component = folder.join("good.wasm");
    fs::write(&component, glue::instant()).expect("target/ takes files");
    let corpus = Corpus::make(&python, "archives.py", folder.clone(), &[&component.display().to_string()]);
    assert!(corpus.expected.len() > 100, "only {} archives", corpus.expected.len());
    let runner = Runner::start(&folder).await;
    for (name, content, expected) in corpus.files() {
        let (_, answer) = runner.publish(content).await;
        runner.judge(name, &answer, expected).await;
    }
    runner.finish(&answers("archives"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_components_are_refused_or_stopped() {
    let runner = Runner::start(&folder("components")).await;
    for Case { name, component, result, end } in components::all() {
        let manifest = json!({
            "Name": "Hostile", "Version": "1.0.0",
            "AppParameters": [{ "ParameterType": "Number", "Name": "Age" }],
            "ResultVariables": [{ "ResultType": result, "Name": "answer" }]
        });
        let package = archive(&[("app.json", &packages::bytes(&manifest)), ("app.wasm", &component)]);
        let (id, published) = runner.publish(package).await;
        if let End::Refused(words) = end {
            runner.judge(name, &published, &Expected::refused(400, "invalid-package", words)).await;
            continue;
        }
        runner.judge(&format!("{name}, published"), &published, &Expected::good()).await;
        let answer = runner.run(id, br#"{"data": [{"Name": "Age", "Value": 3}]}"#.to_vec()).await;
        let expected = match end {
            End::Fails(status, code, words) => Expected::refused(status, code, words),
            End::Good | End::Refused(_) => Expected::good(),
        };
        runner.judge(name, &answer, &expected).await;
    }
    runner.finish(&answers("components"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_models_are_refused() {
    let python = require!(Reference::find());
    let corpus = Corpus::make(python.interpreter(), "models.py", folder("models"), &[]);
    let runner = Runner::start(&corpus.folder).await;
    let manifest = packages::bytes(&json!({
        "Name": "Hostile", "Version": "1.0.0",
        "ResultVariables": [{ "ResultType": "Text", "Name": "answer" }],
        "Models": [{ "Name": "net", "File": "models/net.onnx" }]
    }));
    let component = glue::instant();
    for (name, content, expected) in corpus.files() {
        let files: [(&str, &[u8]); 3] =
            [("app.json", &manifest), ("app.wasm", &component), ("models/net.onnx", &content)];
        let (_, answer) = runner.publish(archive(&files)).await;
        runner.judge(name, &answer, expected).await;
    }
    runner.finish(&answers("models"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_pictures_are_refused() {
    let python = require!(Reference::find());
    let corpus = Corpus::make(python.interpreter(), "images.py", folder("images"), &[]);
    let runner = Runner::start(&corpus.folder).await;
    let (app, published) = runner.publish(packages::glue_only("Looks", &components::looks(), 3_000)).await;
    assert_eq!(published.status, 200, "{}", published.body);
    for (name, _, expected) in corpus.files() {
        let body = json!({ "data": [{ "Name": "Image", "Value": runner.file(name) }] });
        let answer = runner.run(app, packages::bytes(&body)).await;
        runner.judge(name, &answer, expected).await;
    }
    runner.finish(&answers("images"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_bodies_are_refused() {
    let python = require!(python::plain());
    let folder = folder("bodies");
    let runner = Runner::start(&folder).await;
    let corpus = Corpus::make(&python, "bodies.py", folder, &[&runner.file("good.jpg")]);
    let manifest = packages::bytes(&json!({
        "Name": "Form", "Version": "1.0.0",
        "AppParameters": [
            { "ParameterType": "Number", "Name": "Number", "Min": -10, "Max": 10, "Step": 0.5, "Required": false },
            { "ParameterType": "Text", "Name": "Text", "MaxLength": 20, "Required": false },
            { "ParameterType": "Date", "Name": "Date", "Min": "2000-01-01", "Required": false },
            { "ParameterType": "Image", "Name": "Image" },
            { "ParameterType": "Select", "Name": "Select", "Options": ["small", "large"], "Default": "small" },
            { "ParameterType": "Boolean", "Name": "Boolean", "Default": false }
        ],
        "ResultVariables": [{ "ResultType": "Text", "Name": "answer" }]
    }));
    let (app, published) = runner.publish(archive(&[("app.json", &manifest), ("app.wasm", &glue::instant())])).await;
    assert_eq!(published.status, 200, "{}", published.body);
    for (name, content, expected) in corpus.files() {
        let answer = runner.run(app, content).await;
        runner.judge(name, &answer, expected).await;
    }
    runner.finish(&answers("bodies"));
}
