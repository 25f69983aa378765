//! Python, for the reference answers of ONNX Runtime and for the minimal runner.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::Missing;

/// The interpreter that `tests/run` set up: it has ONNX, ONNX Runtime, numpy and Pillow.
pub(crate) struct Reference(PathBuf);

impl Reference {
    /// The interpreter, if it is there and has what most scripts import.
    pub(crate) fn find() -> Result<Self, Missing> {
        Self::with("onnx, onnxruntime, numpy, PIL")
    }

    /// The interpreter, if it has what people load training data with too.
    pub(crate) fn of_trainers() -> Result<Self, Missing> {
        Self::with("onnx, onnxruntime, numpy, PIL, pandas, pycocotools")
    }

    fn with(modules: &str) -> Result<Self, Missing> {
        let python = match std::env::var_os("VISION_TEST_PYTHON") {
            Some(python) => PathBuf::from(python),
            None => tests_folder().join("../target/test-python/bin/python"),
        };
        let imports = Command::new(&python).args(["-c", &format!("import {modules}")]).output();
        match imports {
            Ok(output) if output.status.success() => Ok(Self(python)),
            _ => Err(Missing(format!("{} lacks one of {modules} (tests/run sets it up)", python.display()))),
        }
    }

    /// The program.
    pub(crate) fn interpreter(&self) -> &Path {
        &self.0
    }

    /// What a script in `tests/reference/` prints, as JSON.
    pub(crate) fn ask(&self, script: &str, arguments: &[&Path]) -> Value {
        let script = tests_folder().join("reference").join(script);
        let output = Command::new(&self.0).arg(&script).args(arguments).output().expect("Python starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} failed:\n{stderr}", script.display());
        serde_json::from_slice(&output.stdout).expect("the script prints JSON")
    }
}

/// Any Python 3, with its standard library only.
pub(crate) fn plain() -> Result<PathBuf, Missing> {
    let works = |python: &str| Command::new(python).arg("--version").output().is_ok_and(|o| o.status.success());
    ["python3", "python"]
        .into_iter()
        .find(|python| works(python))
        .map(PathBuf::from)
        .ok_or_else(|| Missing("there is no python3".to_owned()))
}

/// The folder that this program's sources lie in.
pub(crate) fn tests_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests")
}
