//! Apps written with the kits of `shared/sdk`, in Rust, JavaScript and Python. `shared/sdk/tests/build` makes them.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use vision_protocol::{
    limits::RunLimits,
    messages::{ErrorCode, LogLevel, LogLine},
};
use vision_runner::ipc::WireValue;

use super::support::{
    package::Package,
    worker::{Done, Failed, Worker},
};

const LANGUAGES: [&str; 3] = ["rust", "javascript", "python"];
const DEADLINE_MS: u64 = 60_000;

/// Where the built apps lie; `None` where they were not built.
fn built() -> Option<PathBuf> {
    match std::env::var_os("VISION_TEST_SDK") {
        Some(folder) => Some(PathBuf::from(folder)),
        None if std::env::var_os("CI").is_some_and(|ci| ci == "true") => {
            panic!("VISION_TEST_SDK must name what shared/sdk/tests/build has built; tests/run sets it")
        }
        None => {
            eprintln!("skipped: VISION_TEST_SDK names no apps (shared/sdk/tests/build makes them)");
            None
        }
    }
}

fn serve(app: &Path) -> Worker {
    Worker::serve(&Package::of_sources(app), RunLimits::default())
}

fn mode(name: &str) -> (String, WireValue) {
    ("Mode".to_owned(), WireValue::Text(name.to_owned()))
}

/// A run of the app that does what it is told.
fn told(worker: &mut Worker, what: &str) -> Result<Done, Failed> {
    worker.run(vec![mode(what)], &[], DEADLINE_MS)
}

fn answer(done: &Done) -> &Value {
    match &done.outputs[..] {
        [(name, WireValue::Json(answer))] if name == "answer" => answer,
        other => panic!("{other:?}"),
    }
}

fn lines(logs: &[LogLine]) -> Vec<(LogLevel, &str)> {
    logs.iter().map(|line| (line.level, line.message.as_str())).collect()
}

/// The app's source, and the name that messages call it by.
fn source(language: &str) -> (String, &'static str) {
    let file = match language {
        "rust" => "src/lib.rs",
        "javascript" => "app.js",
        _ => "app.py",
    };
    let path = format!("{}/../shared/sdk/tests/mishaps/{language}/{file}", env!("CARGO_MANIFEST_DIR"));
    (fs::read_to_string(path).expect("the source is there"), file)
}

/// Where the line with these words stands, as messages have it.
fn place(language: &str, words: &str) -> String {
    let (text, file) = source(language);
    let line = text.lines().position(|line| line.contains(words)).expect("a line with these words");
    format!("{file}:{}", line + 1)
}

#[test]
fn the_same_app_in_three_languages_gives_the_same_to_the_byte() {
    let Some(apps) = built() else { return };
    let photo = fs::read(apps.join("rust/example/examples/three-on-stone/photo.jpg")).unwrap();
    let look = |language: &str| {
        // Kept until the runs are done: they read its assets.
        let package = Package::of_sources(&apps.join(language).join("example"));
        let mut worker = Worker::serve(&package, RunLimits::default());
        [0.4, 0.05].map(|least| {
            let inputs =
                vec![("Image".to_owned(), WireValue::Picture(0)), ("MinScore".to_owned(), WireValue::Number(least))];
            let done = worker.run(inputs, std::slice::from_ref(&photo), DEADLINE_MS).unwrap();
            let mut outputs: Vec<_> = done.outputs.iter().map(|output| format!("{output:?}")).collect();
            outputs.sort();
            (outputs, done.pictures, done.logs[0].message.clone())
        })
    };
    let rust = look("rust");
    assert!(rust[0].0[1].contains("1 circle, 1 square, 1 heart") || rust[0].0[0].contains("1 circle"), "{rust:?}");
    assert!(rust[1].0.concat().len() > rust[0].0.concat().len(), "a lower threshold finds more");
    for other in ["javascript", "python"] {
        let found = look(other);
        for (found, expected) in found.iter().zip(&rust) {
            assert_eq!(found.0, expected.0, "{other}");
            assert!(found.1 == expected.1, "{other}: the picture differs");
            assert_eq!(found.2, expected.2, "{other}");
        }
    }
}

#[test]
fn the_templates_are_apps_whose_examples_come_out() {
    let Some(apps) = built() else { return };
    for language in LANGUAGES {
        let package = Package::of_sources(&apps.join(language).join("template"));
        assert!(!package.folder.path().join("kit").exists(), "{language}: sources stay out of the package");
        let expected = fs::read_to_string(package.folder.path().join("examples/first/expected.json")).unwrap();
        assert!(expected.contains("rather dark"), "{language}");
        // Serving proves the package, examples included.
        Worker::serve(&package, RunLimits::default());
    }
}

#[test]
fn what_is_logged_and_printed_is_in_the_runs_log() {
    let Some(apps) = built() else { return };
    for language in LANGUAGES {
        let done = told(&mut serve(&apps.join(language).join("mishaps")), "log").unwrap();
        let expected = [
            (LogLevel::Debug, "a debug"),
            (LogLevel::Info, "an info"),
            (LogLevel::Info, "a line"),
            (LogLevel::Warn, "a warning"),
            (LogLevel::Error, "an error"),
        ];
        assert_eq!(lines(&done.logs), expected, "{language}");
    }
}

#[test]
fn words_for_people_are_told_as_they_are() {
    let Some(apps) = built() else { return };
    for language in LANGUAGES {
        let failed = told(&mut serve(&apps.join(language).join("mishaps")), "failure").unwrap_err();
        assert_eq!(
            (failed.code, failed.message.as_str()),
            (ErrorCode::AppFailed, "hold the camera closer"),
            "{language}"
        );
        let (_, file) = source(language);
        assert!(failed.logs[0].message.contains(file), "{language}: {:?}", failed.logs);
    }
}

#[test]
fn what_goes_wrong_by_surprise_is_told_with_file_and_line() {
    let Some(apps) = built() else { return };
    for language in LANGUAGES {
        let mut worker = serve(&apps.join(language).join("mishaps"));
        for (what, words, marker) in [
            ("exception", "", "// here it fails"),
            ("missing", "the package has no file “assets/none.txt”", "// here the host fails"),
            ("model", "app.json names no model “none” under Models; it names: no models", "// here the model fails"),
        ] {
            let failed = told(&mut worker, what).unwrap_err();
            let marker = if language == "python" { marker.replace("//", "#") } else { marker.to_owned() };
            let place = place(language, &marker);
            eprintln!("{language}, {what}: {}\n{}", failed.message, failed.logs.last().unwrap().message);
            assert_eq!(failed.code, ErrorCode::AppFailed);
            assert!(failed.message.ends_with(&format!("{place})")), "{language}: {} lacks {place}", failed.message);
            assert!(failed.message.contains(words), "{language}: {}", failed.message);
            let last = failed.logs.last().unwrap();
            assert_eq!(last.level, LogLevel::Error, "{language}");
            let (_, file) = source(language);
            assert!(last.message.contains(file), "{language}: {}", last.message);
        }
    }
}

#[test]
fn a_panic_is_told_with_file_and_line() {
    let Some(apps) = built() else { return };
    let failed = told(&mut serve(&apps.join("rust/mishaps")), "crash").unwrap_err();
    let place = place("rust", "// here it crashes");
    assert!(failed.message.starts_with("the app crashed: panicked at "), "{}", failed.message);
    assert!(failed.message.contains(&format!("{place}:")), "{}", failed.message);
    assert!(failed.message.ends_with("index out of bounds: the len is 3 but the index is 10"), "{}", failed.message);
    assert_eq!(failed.code, ErrorCode::AppFailed);
    assert!(failed.message.contains(&failed.logs[0].message), "{:?}", failed.logs);
}

#[test]
fn calling_oneself_too_deeply_is_told() {
    let Some(apps) = built() else { return };
    for (language, words) in
        [("rust", "called itself too deeply"), ("javascript", "called itself too deeply"), ("python", "recursion")]
    {
        let mut worker = serve(&apps.join(language).join("mishaps"));
        let failed = told(&mut worker, "deep").unwrap_err();
        eprintln!("{language}: {}", failed.message);
        assert_eq!(failed.code, ErrorCode::AppFailed);
        assert!(failed.message.contains(words), "{language}: {}", failed.message);
        // And the next run is none the worse for it.
        assert!(told(&mut worker, "log").is_ok(), "{language}");
    }
}

#[test]
fn values_that_do_not_fit_are_named_with_file_and_line() {
    let Some(apps) = built() else { return };
    for (language, words, result) in [
        (
            "javascript",
            "TypeError: shape[0] must be a whole number from 0, not 1.5",
            "the result “answer” is [function answer]",
        ),
        ("python", "TypeError: shape[0] must be a whole number from 0, not 1.5", "the result 'answer' is no result"),
    ] {
        let mut worker = serve(&apps.join(language).join("mishaps"));
        let failed = told(&mut worker, "handle").unwrap_err();
        let marker = if language == "python" { "# here the type is wrong" } else { "// here the type is wrong" };
        assert!(failed.message.starts_with(words), "{language}: {}", failed.message);
        assert!(failed.message.contains(&place(language, marker)), "{language}: {}", failed.message);
        let failed = told(&mut worker, "result").unwrap_err();
        assert!(failed.message.contains(result), "{language}: {}", failed.message);
    }
}

#[test]
fn what_python_would_import_too_late_is_named() {
    let Some(apps) = built() else { return };
    let failed = told(&mut serve(&apps.join("python/mishaps")), "late").unwrap_err();
    let words = "ImportError: colorsys must be imported at the top of a module: an app has no files when it runs";
    assert_eq!(failed.message, format!("{words} ({})", place("python", "# here it is too late")));
}

#[test]
fn an_input_of_another_type_is_named() {
    let Some(apps) = built() else { return };
    let mut worker = serve(&apps.join("rust/mishaps"));
    let failed = worker.run(vec![("Mode".to_owned(), WireValue::Number(1.0))], &[], DEADLINE_MS).unwrap_err();
    assert!(
        failed.message.starts_with("the input “Mode” is a number, but the app's code reads a text"),
        "{}",
        failed.message
    );
    let failed = worker.run(vec![], &[], DEADLINE_MS).unwrap_err();
    assert_eq!(failed.message, "the input “Mode” is missing; the other inputs are: none");
}

#[test]
fn inputs_tensors_and_pictures_are_the_same_in_every_language() {
    let Some(apps) = built() else { return };
    let photo = fs::read(apps.join("rust/template/examples/first/photo.png")).unwrap();
    for language in LANGUAGES {
        let mut worker = serve(&apps.join(language).join("mishaps"));
        let inputs = vec![
            mode("inputs"),
            ("Share".to_owned(), WireValue::Number(0.5)),
            ("Yes".to_owned(), WireValue::Boolean(true)),
            ("Day".to_owned(), WireValue::Date("2026-03-09".to_owned())),
            ("Image".to_owned(), WireValue::Picture(0)),
        ];
        let done = worker.run(inputs, std::slice::from_ref(&photo), DEADLINE_MS).unwrap();
        let expected = json!({"share": 0.5, "yes": true, "day": "2026-03-09", "image": true});
        assert_eq!(answer(&done), &expected, "{language}");
        let done = told(&mut worker, "inputs").unwrap();
        assert_eq!(answer(&done), &json!({"share": null, "yes": null, "day": null, "image": false}), "{language}");

        let done = told(&mut worker, "stack").unwrap();
        let expected = json!({
            "shape": [3, 2], "top": 5, "last": [3, 3.5], "argmax": [1, 1, 1], "flat": [6], "sums": [1, -1],
        });
        assert_eq!(answer(&done), &expected, "{language}");

        let inputs = vec![mode("images"), ("Image".to_owned(), WireValue::Picture(0))];
        let done = worker.run(inputs, std::slice::from_ref(&photo), DEADLINE_MS).unwrap();
        let found = answer(&done);
        assert_eq!((&found["size"], &found["tensor"]), (&json!([48, 32]), &json!([1, 3, 2, 2])), "{language}");
        let warped = found["warped"].as_array().unwrap();
        assert_eq!(warped.len(), 12, "{language}");
        assert_eq!(warped[1], json!(0), "{language}: what lies outside is black");
    }
}

#[test]
fn time_stands_still_and_the_log_says_so() {
    let Some(apps) = built() else { return };
    for (language, expected) in [
        ("javascript", json!({"now": 946_684_800_000_u64, "year": 2000, "given": "1970-01-01T00:00:00.000Z"})),
        ("python", json!({"now": 946_684_800, "year": 2000, "random": true})),
    ] {
        let done = told(&mut serve(&apps.join(language).join("mishaps")), "clock").unwrap();
        assert_eq!(answer(&done), &expected, "{language}");
        assert!(done.logs[0].message.starts_with("apps have no clock"), "{language}: {:?}", done.logs);
    }
}

#[test]
fn handles_that_are_let_go_of_are_freed() {
    let Some(apps) = built() else { return };
    for language in ["javascript", "python"] {
        let done = told(&mut serve(&apps.join(language).join("mishaps")), "many").unwrap();
        assert_eq!(answer(&done), &json!({"done": 6_000}), "{language}");
    }
}

#[test]
fn several_models_and_a_gallery_work_together() {
    let Some(apps) = built() else { return };
    let package = Package::of_sources(&apps.join("tokens"));
    // Serving proves the package: the examples name every token's shape and digit, and which are blank.
    let mut worker = Worker::serve(&package, RunLimits::default());
    let photo = fs::read(package.folder.path().join("examples/one-blank/photo.jpg")).unwrap();
    let done = worker.run(vec![("Image".to_owned(), WireValue::Picture(0))], &[photo], DEADLINE_MS).unwrap();
    let tokens = done.outputs.iter().find(|(name, _)| name == "tokens");
    let Some((_, WireValue::Json(tokens))) = tokens else { panic!("{:?}", done.outputs) };
    for token in tokens.as_array().unwrap() {
        let digit = token["digit"].as_str().unwrap();
        let similarity = token["similarity"].as_f64().unwrap();
        assert_eq!(digit == "blank", similarity < 0.9, "{token}");
    }

    // What has no shapes is read by neither the second model nor the gallery.
    let mut plain = Cursor::new(Vec::new());
    RgbImage::from_pixel(320, 240, Rgb([90, 110, 130])).write_to(&mut plain, ImageFormat::Png).unwrap();
    let plain = plain.into_inner();
    let done = worker.run(vec![("Image".to_owned(), WireValue::Picture(0))], &[plain], DEADLINE_MS).unwrap();
    assert!(done.outputs.contains(&("tokens".to_owned(), WireValue::Json(json!([])))), "{:?}", done.outputs);
}
