//! `setup`, without a network.

use std::{path::Path, process::Command};

use crate::support::{command, output, skip};

/// `setup` from a folder of packages: the one that the tests' own Python has, packed again.
#[test]
fn setup_makes_an_environment_that_the_program_finds() {
    let Some(python) = std::env::var_os("VISION_TEST_PYTHON") else {
        return skip("VISION_TEST_PYTHON names no Python");
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/repack.py");
    let packed = Command::new(&python).arg(script).arg(folder.path()).output().expect("Python starts");
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    let setup = || {
        let mut setup = command();
        setup.args(["setup", "--device", "cpu", "--python"]).arg(&python).current_dir(folder.path());
        setup.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", folder.path()).env_remove("PIP_INDEX_URL");
        setup.output().expect("the program starts")
    };
    let first = setup();
    let words = String::from_utf8_lossy(&first.stderr);
    assert!(first.status.success(), "{words}");
    let printed = String::from_utf8_lossy(&first.stdout).trim().to_owned();
    assert!(printed.contains("runner-gpu-python/lib/python3") && Path::new(&printed).is_file(), "{printed}");
    // Again changes nothing; and without a word about the library, the environment here is found.
    assert!(setup().status.success());
    // What is missing then is no library.
    let (_, words) = output(&["serve", "--device", "cpu"], folder.path());
    assert!(words.contains("VISION_RUNNER_TOKEN"), "{words}");
    // Where there are no packages, it says so.
    let mut without = command();
    without.args(["setup", "--device", "cpu", "--into", "other", "--python"]).arg(&python).current_dir(folder.path());
    without.env("PIP_NO_INDEX", "1").env_remove("PIP_FIND_LINKS");
    let without = without.output().expect("the program starts");
    let words = String::from_utf8_lossy(&without.stderr);
    assert!(without.status.code() == Some(2) && words.contains("PIP_INDEX_URL"), "{words}");
}
