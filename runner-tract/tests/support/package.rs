//! Folders of unpacked packages.

use std::{fs, io::Cursor, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;
use vision_protocol::{limits::PackageLimits, manifest::Task};

/// An unpacked package, removed in the end.
pub(crate) struct Package {
    pub(crate) folder: TempDir,
}

impl Package {
    /// An app of its own glue, with an optional picture and a text as result.
    pub(crate) fn with_glue(component: &[u8]) -> Self {
        Self::new(
            component,
            &json!({
                "Name": "Test", "Version": "1.0.0",
                "AppParameters": [{"ParameterType": "Image", "Name": "Image", "Required": false}],
                "ResultVariables": [{"ResultType": "Text", "Name": "answer"}],
            }),
        )
    }

    /// A model under the standard glue for classification.
    pub(crate) fn classification(model: &Path, labels: Option<&Path>) -> Self {
        Self::standard(Task::Classification, model, labels)
    }

    /// A model under the standard glue for detection.
    pub(crate) fn detection(model: &Path, labels: &Path) -> Self {
        let package = Self::standard(Task::Detection, model, Some(labels));
        package.change_manifest(|manifest| manifest["Models"][0]["Input"] = json!({"Channels": "BGR"}));
        package
    }

    /// The package that a folder of sources makes, checked and unpacked as a runner does it.
    pub(crate) fn of_sources(sources: &Path) -> Self {
        let mut archive = Cursor::new(Vec::new());
        vision_package::pack_folder(sources, &mut archive).expect("the folder can be packed");
        let folder = tempfile::tempdir().expect("a temporary folder");
        vision_package::unpack(archive, &PackageLimits::default(), folder.path())
            .unwrap_or_else(|error| panic!("{}: {error}", sources.display()));
        Self { folder }
    }

    /// A sample app, complete: with the standard glue of its task if it has none of its own.
    pub(crate) fn sample(name: &str) -> Self {
        let package = Self::of_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-apps").join(name));
        let folder = package.folder.path();
        let manifest = fs::read(folder.join("app.json")).expect("a manifest");
        let mut manifest: Value = serde_json::from_slice(&manifest).expect("a manifest");
        if let Some(task) = manifest.get_mut("Task") {
            let task: Task = serde_json::from_value(task.take()).expect("a task");
            fs::write(folder.join("app.wasm"), vision_glue::standard(task)).expect("the temporary folder takes files");
        }
        package
    }

    /// A model under the standard glue for a task.
    pub(crate) fn standard(task: Task, model: &Path, labels: Option<&Path>) -> Self {
        let mut entry = json!({"Name": "model", "File": "models/model.onnx"});
        if labels.is_some() {
            entry["Labels"] = json!("assets/labels.txt");
        }
        let manifest = json!({"Name": "Test", "Version": "1.0.0", "Task": task.name(), "Models": [entry]});
        let package = Self::new(vision_glue::standard(task), &manifest);
        let folder = package.folder.path();
        fs::create_dir_all(folder.join("models")).expect("the temporary folder takes files");
        fs::create_dir_all(folder.join("assets")).expect("the temporary folder takes files");
        fs::copy(model, folder.join("models/model.onnx")).expect("the temporary folder takes files");
        if let Some(labels) = labels {
            fs::copy(labels, folder.join("assets/labels.txt")).expect("the temporary folder takes files");
        }
        package
    }

    fn new(component: &[u8], manifest: &Value) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("app.wasm"), component).expect("the temporary folder takes files");
        fs::write(folder.path().join("app.json"), manifest.to_string()).expect("the temporary folder takes files");
        Self { folder }
    }

    pub(crate) fn change_manifest(&self, change: impl FnOnce(&mut Value)) {
        let path = self.folder.path().join("app.json");
        let mut manifest = serde_json::from_slice(&fs::read(&path).expect("a manifest")).expect("a manifest");
        change(&mut manifest);
        fs::write(path, manifest.to_string()).expect("the temporary folder takes files");
    }
}

/// Writes an example named “first”.
pub(crate) fn packed_example(package: &Package, inputs: &Value, expected: Option<&Value>) {
    let folder = package.folder.path().join("examples/first");
    fs::create_dir_all(&folder).expect("the temporary folder takes files");
    fs::write(folder.join("inputs.json"), inputs.to_string()).expect("the temporary folder takes files");
    if let Some(expected) = expected {
        fs::write(folder.join("expected.json"), expected.to_string()).expect("the temporary folder takes files");
    }
}
