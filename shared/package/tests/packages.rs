//! Packages as authors make them: good ones, and the mistakes that people make.

mod common;

use std::{fs, io::Cursor, os::unix::fs::PermissionsExt};

use common::{Entry, MODEL, assert_fault, check_bytes, component, faults, good, good_and, good_but, zip};
use serde_json::json;
use vision_package::{FileEntry, check_with, complete, pack_files, pack_folder, unpack};
use vision_protocol::{Digest, Manifest, limits::PackageLimits, manifest::Task};

const GLUE_MANIFEST: &str = r#"{
  "Name": "Sizes", "Version": "0.1.0", "ResultLayout": "template.html",
  "AppParameters": [{"ParameterType": "Image", "Name": "Image"}, {"ParameterType": "Number", "Name": "Age", "Min": 0}],
  "ResultVariables": [{"ResultType": "Number", "Name": "width"}]
}"#;

fn with_glue() -> Vec<Entry> {
    vec![
        Entry::deflated("app.json", GLUE_MANIFEST.as_bytes()),
        Entry::deflated("app.wasm", &component(&["vision:app/images@0.1.0", "vision:app/logging@0.1.3"])),
        Entry::deflated("template.html", b"<p>{{ result.width }} pixels</p>"),
        Entry::deflated("README.md", b"# Sizes\n"),
        Entry::deflated("icon.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        Entry::deflated("examples/", b""),
        Entry::deflated("examples/cat/inputs.json", br#"{"Image": "cat.jpg", "Age": 3}"#),
        Entry::deflated("examples/cat/expected.json", br#"{"Tolerance": 0.5, "Result": {"width": 640}}"#),
        Entry::deflated("examples/cat/cat.jpg", b"\xff\xd8\xff"),
    ]
}

fn replaced(name: &str, content: &str) -> Vec<u8> {
    let mut entries = with_glue();
    entries.retain(|entry| entry.name != name.as_bytes());
    entries.push(Entry::deflated(name, content.as_bytes()));
    for entry in entries.iter_mut().filter(|entry| entry.name.ends_with(b"/")) {
        *entry = Entry { attributes: 0o040_755 << 16, ..Entry::stored("examples/", b"") };
    }
    zip(&entries)
}

#[test]
fn a_good_package_is_read() {
    let archive = replaced("README.md", "# Sizes\n");
    let package = check_bytes(&archive).unwrap();
    assert_eq!(package.manifest.name, "Sizes");
    assert_eq!(package.digest, Digest::of(&archive));
    assert_eq!(package.template.as_deref(), Some("<p>{{ result.width }} pixels</p>"));
    assert_eq!(package.readme.as_deref(), Some("# Sizes\n"));
    assert_eq!(package.icon.as_ref().unwrap().media_type, "image/svg+xml");
    assert!(package.contains("examples/cat/cat.jpg") && !package.contains("examples/"));
    assert!(package.files.is_sorted_by(|a, b| a.path < b.path));
    let [example] = package.examples.as_slice() else { panic!("one example") };
    assert_eq!(example.name, "cat");
    assert_eq!(example.inputs["Age"], json!(3));
    assert_eq!(example.files, ["cat.jpg"]);
    assert_eq!(example.path("cat.jpg"), "examples/cat/cat.jpg");
    let expected = example.expected.as_ref().unwrap();
    assert_eq!((expected.tolerance, &expected.result["width"]), (0.5, &json!(640)));
}

#[test]
fn a_task_needs_no_component() {
    let package = check_bytes(&zip(&good())).unwrap();
    assert_eq!(package.manifest.task, Some(Task::Classification));
    assert_eq!(package.manifest.app_parameters[0].name, "Image");
    let no_task = r#"{"Name": "x", "Version": "1.0.0", "ResultVariables": [{"ResultType": "Text", "Name": "t"}]}"#;
    let archive = zip(&[Entry::stored("app.json", no_task.as_bytes())]);
    assert_fault(&archive, "app.wasm: is missing", "\"Task\"");
}

#[test]
fn a_missing_manifest_is_asked_for_unless_given() {
    let entries = &good()[1..];
    assert_fault(&zip(entries), "app.json: is missing", "");
    let manifest = Manifest::parse(common::MANIFEST.as_bytes()).unwrap();
    let package = check_with(Cursor::new(zip(entries)), &PackageLimits::default(), &manifest).unwrap();
    assert_eq!(package.manifest, manifest);
}

#[test]
fn a_manifest_may_begin_with_a_byte_order_mark() {
    let text = format!("\u{feff}{}", common::MANIFEST);
    check_bytes(&good_but(Entry::stored("app.json", text.as_bytes()))).unwrap();
}

#[test]
fn a_broken_manifest_says_where() {
    assert_fault(
        &good_but(Entry::stored("app.json", b"{\"Name\": \"x\",\n}")),
        "app.json: is not valid JSON",
        "line 2",
    );
    assert_fault(&good_but(Entry::stored("app.json", b"\xff\xfe{\0}\0")), "app.json: is not valid JSON", "");
}

#[test]
fn what_the_manifest_names_must_be_there() {
    let mut entries = good();
    entries.remove(1);
    assert_fault(&zip(&entries), "app.json: Models[0].File: names “models/cats.onnx”", "not in the archive");
    entries.push(Entry::stored("models/CATS.onnx", MODEL));
    let found = faults(&zip(&entries));
    assert!(found[0].ends_with("is “models/CATS.onnx” meant?"), "{found:#?}");
    let mut entries = good();
    entries.remove(2);
    assert_fault(&zip(&entries), "app.json: Models[0].Labels: names “assets/labels.txt”", "");
}

#[test]
fn a_gallery_that_is_named_must_be_there() {
    let manifest = r#"{"Name": "People", "Version": "1.0.0", "Task": "embedding", "Models": [{"Name": "people",
        "File": "models/cats.onnx", "Labels": "assets/labels.txt", "Output": {"Gallery": "assets/people.f32"}}]}"#;
    let archive = good_but(Entry::stored("app.json", manifest.as_bytes()));
    assert_fault(&archive, "app.json: Models[0].Output.Gallery: names “assets/people.f32”", "not in the archive");
    let mut entries = good();
    entries[0] = Entry::stored("app.json", manifest.as_bytes());
    entries.push(Entry::stored("assets/people.f32", &[0; 64]));
    check_bytes(&zip(&entries)).unwrap();
}

#[test]
fn what_is_there_must_be_known() {
    for (name, part) in [
        ("models/other.onnx", "is not named by any of the Models"),
        ("models/cats.onnx.data", "saved as one file"),
        ("train.py", "does not belong into a package"),
        ("cats2.onnx", "models belong into models/"),
        ("glue.wasm", "must be called app.wasm"),
        ("readme.md", "must be called README.md"),
        ("Assets2/x", "does not belong"),
        ("template.html", "is not used"),
        ("examples/photo.jpg", "folders of their own"),
        ("__MACOSX/._app.json", "left by macOS"),
        ("assets/.DS_Store", "left by macOS"),
        ("assets/Thumbs.db", "left by Windows"),
    ] {
        let content: &[u8] = if name.ends_with(".onnx") { MODEL } else { b"x" };
        assert_fault(&good_and([Entry::stored(name, content)]), name, part);
    }
}

#[test]
fn a_wrapping_folder_is_recognised_and_looked_into() {
    let wrapped = |mut entry: Entry| {
        entry.name.splice(0..0, *b"my-app/");
        entry
    };
    let mut entries: Vec<Entry> = good().into_iter().map(wrapped).collect();
    assert_fault(&zip(&entries), "my-app: everything lies in this folder", "zip what is in it");
    entries[1].data = b"\x89PNG\r\n\x1a\n".to_vec();
    let found = faults(&zip(&entries));
    assert_eq!(found.len(), 2, "{found:#?}");
}

#[test]
fn files_that_are_no_models_are_called_by_their_name() {
    for (content, part) in [
        (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "is a PNG image, not an ONNX model"),
        (b"PK\x03\x04\x14\0", "is a zip archive"),
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer"),
        (b"\x80\x02}q\0.", "PyTorch"),
        (b"\x1c\0\0\0TFL3\x14\0", "TensorFlow Lite"),
        (b"\x08\x08\xff\xff\xff", "is not an ONNX model"),
        (b"\x08\x08\x3a\xff\x7f", "is not an ONNX model"),
    ] {
        assert_fault(&good_but(Entry::stored("models/cats.onnx", content)), "models/cats.onnx", part);
    }
}

#[test]
fn components_are_held_to_the_world() {
    let with = |bytes: &[u8]| good_and([Entry::deflated("app.wasm", bytes)]);
    check_bytes(&with(&component(&["vision:app/inference@0.1.0"]))).unwrap();
    assert_fault(&with(&component(&["wasi:sockets/tcp@0.2.0"])), "app.wasm: imports wasi:sockets/tcp@0.2.0", "no WASI");
    assert_fault(&with(&component(&["vision:app/secrets@0.1.0"])), "app.wasm: imports vision:app/secrets", "");
    assert_fault(&with(&component(&["vision:app/images@0.2.0"])), "app.wasm: imports", "vision:app 0.1.x");
    assert_fault(&with(&component(&["acme:host/files"])), "app.wasm: imports acme:host/files", "only");
    let two = faults(&with(&component(&["wasi:cli/environment@0.2.0", "wasi:io/streams@0.2.0"])));
    assert_eq!(two.len(), 2, "{two:#?}");
    let module = wat::parse_str("(module (func (export \"run\")))").unwrap();
    assert_fault(&with(&module), "app.wasm: is a core module", "wasm-tools component new");
    assert_fault(&with(&wat::parse_str("(component)").unwrap()), "app.wasm: does not export", "run");
    assert_fault(&with(b"import vision"), "app.wasm: is a text file", "");
    let whole = component(&[]);
    assert_fault(&with(&whole[..whole.len() - 3]), "app.wasm: is damaged", "");
    for length in 8..whole.len() {
        assert!(vision_package::component::check(&whole[..length]).len() <= 1);
    }
}

#[test]
fn standard_glue_passes_its_own_check() {
    for task in Task::ALL {
        assert_eq!(vision_package::component::check(vision_glue::standard(task)), [], "{task:?}");
    }
}

#[test]
fn templates_must_parse() {
    assert_fault(&replaced("template.html", "<p>\n{{ result.width }"), "template.html: line 2", "");
    assert_fault(&replaced("template.html", "{% include 'x' %}"), "template.html: line 1", "");
    assert_fault(&replaced("app.json", &GLUE_MANIFEST.replace("\"template.html\"", "\"text\"")), "template.html", "");
}

#[test]
fn icons_only_draw() {
    let script = "<svg xmlns=\"http://www.w3.org/2000/svg\"><SCRIPT>alert(1)</SCRIPT></svg>";
    assert_fault(&replaced("icon.svg", script), "icon.svg", "only draw");
    assert_fault(&replaced("icon.svg", "<p>"), "icon.svg: is not an SVG", "");
    let two = faults(&replaced("icon.png", "PNG"));
    assert_eq!(two.len(), 2, "{two:#?}");
    assert_eq!(two[0], "icon.png: is a text file, not a PNG image");
    assert!(two[1].starts_with("icon.svg: stands beside icon.png"), "{two:#?}");
}

#[test]
fn examples_fit_the_app() {
    for (name, content, part) in [
        ("inputs.json", r#"{"Image": "dog.jpg"}"#, "names “dog.jpg”"),
        ("inputs.json", r#"{"Age": 3}"#, "Image: is needed"),
        ("inputs.json", r#"{"Image": "cat.jpg", "Age": -1}"#, "Age: must be at least 0"),
        ("inputs.json", r#"{"Image": "cat.jpg", "Size": 1}"#, "no such parameter"),
        ("inputs.json", "[]", "must be an object"),
        ("inputs.json", "{", "is not valid JSON"),
        ("expected.json", r#"{"Result": {"height": 3}}"#, "no such result variable"),
        ("expected.json", r#"{"Result": {}, "Tolerance": -1}"#, "Tolerance"),
        ("expected.json", r#"{"width": 640}"#, "must have the form"),
        ("expected.json", r#"{"Result": {}, "Slack": 1}"#, "Slack: is not known"),
        ("notes.txt", "x", "is not named by inputs.json"),
    ] {
        let found = faults(&replaced(&format!("examples/cat/{name}"), content));
        assert!(found.iter().any(|fault| fault.starts_with("examples/cat/") && fault.contains(part)), "{found:#?}");
    }
}

#[test]
fn unpacking_writes_private_files() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("a/b");
    let archive = replaced("README.md", "# Sizes\n");
    let package = unpack(Cursor::new(&archive), &PackageLimits::default(), &into).unwrap();
    for FileEntry { path, size } in &package.files {
        let metadata = fs::metadata(into.join(path)).unwrap();
        assert_eq!((metadata.len(), metadata.permissions().mode() & 0o777), (*size, 0o600), "{path}");
    }
    assert_eq!(fs::metadata(into.join("examples/cat")).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read(into.join("README.md")).unwrap(), b"# Sizes\n");
    unpack(Cursor::new(&archive), &PackageLimits::default(), &into).unwrap_err();
}

#[test]
fn a_release_is_complete_and_reproducible() {
    let manifest = Manifest::parse(common::MANIFEST.as_bytes()).unwrap();
    let mut entries = good();
    entries.remove(0);
    let bare = zip(&entries);
    let package = check_with(Cursor::new(&bare), &PackageLimits::default(), &manifest).unwrap();
    let (mut release, mut again) = (Vec::new(), Cursor::new(Vec::new()));
    let digest = complete(Cursor::new(&bare), &package, &mut release).unwrap();
    assert_eq!(digest, Digest::of(&release));
    entries.reverse();
    let reversed = zip(&entries);
    let package = check_with(Cursor::new(&reversed), &PackageLimits::default(), &manifest).unwrap();
    assert_eq!(complete(Cursor::new(&reversed), &package, &mut again).unwrap(), digest);
    let paths: Vec<String> = {
        let mut archive = zip::ZipArchive::new(Cursor::new(&release)).unwrap();
        (0..archive.len()).map(|i| archive.by_index(i).unwrap().name().unwrap().into_owned()).collect()
    };
    assert_eq!(paths, ["app.json", "app.wasm", "assets/labels.txt", "models/cats.onnx"]);
    let folder = tempfile::tempdir().unwrap();
    let release = unpack(Cursor::new(&release), &PackageLimits::default(), folder.path()).unwrap();
    assert_eq!(release.manifest, manifest);
    let glue = fs::read(folder.path().join("app.wasm")).unwrap();
    assert_eq!(glue, vision_glue::standard(Task::Classification));
}

#[test]
fn a_release_keeps_what_the_author_brought() {
    let archive = good_and([Entry::deflated("app.wasm", &component(&[]))]);
    let package = check_bytes(&archive).unwrap();
    let mut release = Vec::new();
    complete(Cursor::new(&archive), &package, &mut release).unwrap();
    let folder = tempfile::tempdir().unwrap();
    unpack(Cursor::new(&release), &PackageLimits::default(), folder.path()).unwrap();
    assert_eq!(fs::read(folder.path().join("app.wasm")).unwrap(), component(&[]));
    assert_eq!(fs::read_to_string(folder.path().join("app.json")).unwrap(), common::MANIFEST);
    let other = good_and([Entry::deflated("assets/more", b"x")]);
    complete(Cursor::new(&other), &package, &mut Vec::new()).unwrap_err();
}

#[test]
fn packing_takes_what_belongs_into_a_package() {
    let folder = tempfile::tempdir().unwrap();
    let app = folder.path().join("app");
    for directory in ["models", "assets/deep", "training", ".git"] {
        fs::create_dir_all(app.join(directory)).unwrap();
    }
    for (path, content) in [
        ("app.json", common::MANIFEST.as_bytes()),
        ("models/cats.onnx", MODEL),
        ("assets/labels.txt", b"tabby\n"),
        ("assets/deep/x.bin", b"x"),
        ("assets/.DS_Store", b"x"),
        ("training/train.py", b"x"),
        (".git/HEAD", b"x"),
        ("photo.png", b"x"),
    ] {
        fs::write(app.join(path), content).unwrap();
    }
    let mut archive = Vec::new();
    pack_folder(&app, &mut archive).unwrap();
    let package = check_bytes(&archive).unwrap();
    let paths: Vec<&str> = package.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["app.json", "assets/deep/x.bin", "assets/labels.txt", "models/cats.onnx"]);
    let mut from_memory = Vec::new();
    let files = [
        ("models/cats.onnx", MODEL),
        ("assets/labels.txt", b"tabby\n"),
        ("assets/deep/x.bin", b"x"),
        ("app.json", common::MANIFEST.as_bytes()),
    ];
    pack_files(files, &mut from_memory).unwrap();
    assert_eq!(from_memory, archive);
    std::os::unix::fs::symlink("/etc/passwd", app.join("assets/link")).unwrap();
    pack_folder(&app, &mut Vec::new()).unwrap_err();
}
