//! The program as it is: started as a process, with real workers and a real model.

use std::{fs, io::Cursor, path::Path};

use serde_json::{Value, json};
use vision_protocol::limits::PackageLimits;

use crate::{
    harness::{Runner, portal},
    support::{command, device, engine, models, output},
};

fn library() -> String {
    std::env::var("ORT_DYLIB_PATH").expect("the engine was found by it")
}

/// An app of a classifier, as a portal makes its release.
fn classifier(model: &Path, labels: &str, input: &Value) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    for name in ["models", "assets"] {
        fs::create_dir(path(name)).expect("a folder");
    }
    fs::copy(model, path("models/net.onnx")).expect("a model");
    fs::write(path("assets/labels.txt"), labels).expect("a file");
    let manifest = json!({
        "Name": "What is it?", "Version": "1.0.0", "Task": "classification",
        "Models": [{"Name": "net", "File": "models/net.onnx", "Labels": "assets/labels.txt", "Input": input}],
    });
    fs::write(path("app.json"), manifest.to_string()).expect("a file");
    let (mut source, mut release) = (Cursor::new(Vec::new()), Vec::new());
    vision_package::pack_folder(folder.path(), &mut source).expect("a folder that is a package");
    let package = vision_package::check(&mut source, &PackageLimits::default()).expect("a good package");
    vision_package::complete(&mut source, &package, &mut release).expect("a release");
    release
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_goes_in_and_an_answer_comes_out() {
    let (Some(_), Some(models)) = (engine(), models()) else { return };
    let photo = models.join("../images/winml_cat.jpg");
    let portal = portal(fs::read(photo).expect("a photo"));
    let mut serve = command();
    serve.args(["serve", "--device", &device().to_string(), "--library", &library()]);
    let runner = Runner::start(serve, &portal);
    let synset = fs::read_to_string(models.join("classification/synset.txt")).expect("labels");
    let labels: Vec<_> = synset.lines().map(|line| line.split_once(' ').map_or(line, |(_, label)| label)).collect();
    let squeezenet = models.join("classification/squeezenet_fp32_from_fp16.onnx");
    let shufflenet = models.join("classification/shufflenet-v2-12-int8.onnx");
    for (release, model, input) in [
        (1, squeezenet, json!({"Channels": "BGR"})),
        (2, shufflenet, json!({"Divisor": 255.0, "Mean": [0.485, 0.456, 0.406], "Std": [0.229, 0.224, 0.225]})),
    ] {
        let published = runner.publish(release, classifier(&model, &labels.join("\n"), &input)).await;
        assert_eq!(published["hasError"], false, "{published}");
        let answer = runner.run(release, &format!("{portal}/photo")).await;
        assert!(answer.to_string().to_lowercase().contains("cat"), "{answer}");
        assert!(answer["timings"]["runningModelMs"].as_f64().is_some_and(|ms| ms > 0.0), "{answer}");
    }
    // The supervisor stays without ONNX Runtime; its workers have it.
    let maps = |pid: i32| fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    assert!(!maps(i32::try_from(runner.child.id()).expect("a pid")).contains("libonnxruntime"));
    assert!(runner.workers().into_iter().any(|pid| maps(pid).contains("libonnxruntime")) || !is_root());
    assert_eq!(fs::read_dir(runner.data.path().join("incoming")).expect("a folder").count(), 0);
}

/// Only root sees the memory of a process that has put off its user.
fn is_root() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("Uid:\t0\t"))
}

#[test]
fn a_gpu_that_is_missing_is_an_error_that_says_what_to_install() {
    let Some(_) = engine() else { return };
    if Path::new("/dev/nvidia0").exists() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    for device in ["cuda", "cuda:1", "tensorrt"] {
        let (output, words) =
            output(&["serve", "--device", device, "--library", &library(), "--token", "t"], folder.path());
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(words.starts_with("error: the device "), "{words}");
        assert!(words.contains("runner-gpu setup --device cuda") && words.contains("--device cpu"), "{words}");
    }
    // Without a word about a device it is a GPU that is asked for.
    let (output, words) = output(&["--library", &library(), "--token", "t"], folder.path());
    assert!(output.status.code() == Some(2) && words.contains("cuda:0"), "{words}");
}

#[test]
fn a_library_that_is_missing_or_too_old_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let missing = folder.path().join("libonnxruntime.so");
    let named = missing.to_string_lossy();
    let (output, words) = output(&["serve", "--device", "cpu", "--library", &named, "--token", "t"], folder.path());
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(words.contains(&*named) && words.contains("runner-gpu setup --device cpu"), "{words}");
    fs::write(&missing, "no library").expect("a file");
    let (_, words) = self::output(&["--device", "cpu", "--library", &named, "--token", "t"], folder.path());
    assert!(words.contains("cannot be loaded"), "{words}");
    let (_, words) = self::output(&["--device", "cpu", "--python", &named, "--token", "t"], folder.path());
    assert!(words.contains("runner-gpu setup --into"), "{words}");
}

#[test]
fn help_and_version_need_no_library() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (arguments, wanted) in [
        (vec!["--help"], ["setup", "--device", "--gpu-memory-mib"].as_slice()),
        (vec!["serve", "--help"], &["--library", "--python", "--listen"]),
        (vec!["setup", "--help"], &["--into", "--device"]),
        (vec!["--version"], &[env!("CARGO_PKG_VERSION")]),
    ] {
        let (output, words) = output(&arguments, folder.path());
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {words}");
        assert!(wanted.iter().all(|word| text.contains(word)), "{arguments:?}: {text}");
    }
    let (output, words) = output(&["serve", "--device", "gpu"], folder.path());
    assert!(output.status.code() == Some(2) && words.contains("is no device"), "{words}");
}
