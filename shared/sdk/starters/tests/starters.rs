//! A new app has all that it needs, whichever its language.

use std::{fs, os::unix::fs::PermissionsExt as _};

use vision_starters::Language;

#[test]
fn a_new_app_holds_source_kit_and_interface() {
    for (language, source) in
        [(Language::Rust, "src/lib.rs"), (Language::JavaScript, "app.js"), (Language::Python, "app.py")]
    {
        let folder = tempfile::tempdir().unwrap();
        language.write(folder.path()).unwrap();
        for file in [source, "app.json", "README.md", "DEVELOPING.md", "examples/first/inputs.json", "kit/README.md"] {
            assert!(folder.path().join(file).is_file(), "{}: {file}", language.name());
        }
        for script in ["build", "kit/build"] {
            let mode = fs::metadata(folder.path().join(script)).unwrap().permissions().mode();
            assert_eq!(mode & 0o111, 0o111, "{}: {script}", language.name());
        }
        let interface = fs::read_to_string(folder.path().join("kit/wit/app.wit")).unwrap();
        assert!(interface.contains("package vision:app@"), "{}", language.name());
    }
}

#[test]
fn nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.json"), "mine").unwrap();
    assert!(Language::Python.write(folder.path()).is_err());
    assert_eq!(fs::read_to_string(folder.path().join("app.json")).unwrap(), "mine");
}

#[test]
fn languages_have_names() {
    assert_eq!(Language::named("javascript"), Some(Language::JavaScript));
    assert_eq!(Language::named("cobol"), None);
}
