//! From the command line onto a portal's shelf, as `docs/publishing.md` tells it.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::json;

use crate::support::{
    Missing,
    archives::archive,
    command::Vision,
    glue, packages,
    portal::{Portal, Setup},
    require,
    visitor::Visitor,
};

/// A key that this person makes on the page for it.
pub(crate) async fn new_key(person: &Visitor, scopes: &[&str]) -> String {
    let mut form = person.get("/settings/keys").await.ok().form("[data-test='key-form']").set("name", "Laptop");
    for scope in ["read", "publish", "feedback"] {
        form = form.tick(scope, scopes.contains(&scope));
    }
    let page = person.submit(&form).await.ok();
    page.text("[data-test='new-key']").expect("the new key")
}

/// Writes an app's folder that the command line can be pointed at.
fn app_folder(vision: &Vision, name: &str, version: &str, component: &[u8]) {
    let manifest = json!({
        "Name": "Echo", "Description": "Says what it got.", "Category": "Tests", "Version": version,
        "AppParameters": [{ "ParameterType": "Image", "Name": "Image", "Label": "Photo" }],
        "ResultVariables": [{ "ResultType": "Text", "Name": "answer", "Label": "Answer" }],
    });
    let folder = vision.home().join(name);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("app.json"), packages::bytes(&manifest)).expect("written");
    fs::write(folder.join("app.wasm"), component).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_logs_in_and_publishes_from_the_command_line() {
    let vision = require!(Vision::find());
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let key = new_key(&author, &["read", "publish"]).await;

    app_folder(&vision, "echo", "1.0.0", &glue::instant());
    let early = vision.run(&["publish", "echo"]);
    assert_eq!((early.code, early.err.contains("vision login")), (2, true), "{early:?}");

    let wrong = vision.run_with(&["login", "--portal", portal.url.as_str()], "iv_wrong\n");
    assert_eq!((wrong.code, wrong.err.contains("401")), (2, true), "{wrong:?}");
    let said = vision.run_with(&["login", "--portal", portal.url.as_str()], &format!("{key}\n")).ok();
    assert!(said.contains("ada") && said.contains("read, publish") && !said.contains(&key), "{said}");
    let file = vision.home().join(".config/vision/account.json");
    assert_eq!(fs::metadata(&file).expect("the account").permissions().mode() & 0o777, 0o600);

    let said = vision.run(&["publish", "echo", "--draft"]).ok();
    assert!(said.contains("Echo 1.0.0 is a draft: ") && said.contains("/author/releases/"), "{said}");
    app_folder(&vision, "echo", "1.1.0", &glue::instant());
    let said = vision.run(&["publish", "echo", "--json"]);
    let release = &said.json()["release"];
    assert_eq!((said.code, &release["status"], &release["app"]), (0, &json!("published"), &json!("echo")), "{said:?}");
    let page = author.get("/apps/echo").await.ok();
    assert!(page.visible_text().contains("1.1.0"), "{}", page.visible_text());
    let mine = author.get("/author").await.ok().texts("[data-test='my-app'] h2");
    assert_eq!(mine, ["Echo"], "one app with two releases");

    let again = vision.run(&["publish", "echo"]);
    assert_eq!((again.code, again.out.contains("1.1.0 is there already")), (1, true), "{again:?}");
    let other = vision.run(&["publish", "echo", "--new", "--draft", "--json"]);
    assert_eq!(other.json()["release"]["app"], "echo-2", "{other:?}");

    assert!(!portal.log().contains(&key), "a key is never logged");
    vision.run(&["logout"]).ok();
    assert!(!file.exists());
    assert_eq!(vision.run(&["publish", "echo"]).code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_app_comes_back_to_the_command_line() {
    let vision = require!(Vision::find());
    let portal = Setup::new().with("VISION_PACKAGE_MIB", "1").start().await;
    let author = portal.author("ada").await;
    let key = new_key(&author, &["publish"]).await;
    vision.log_in(&portal.url, &key);

    // What is found here never leaves this machine.
    app_folder(&vision, "talker", "1.0.0", &glue::connected());
    let said = vision.run(&["publish", "talker"]);
    assert_eq!((said.code, said.out.contains("wasi:sockets/tcp")), (1, true), "{said:?}");

    // What only the runner finds comes back from it.
    let manifest = packages::bytes(&packages::classifier_manifest("Broken", "net.onnx"));
    let broken =
        archive(&[("app.json", &manifest), ("models/net.onnx", &[8, 8, 0x3a, 0]), ("assets/labels.txt", b"cat")]);
    fs::write(vision.home().join("broken.zip"), broken).expect("written");
    let said = vision.run(&["publish", "broken.zip", "--json"]);
    let faults = said.json()["faults"].to_string();
    assert_eq!((said.code, faults.contains("models/net.onnx")), (1, true), "{said:?}");

    // A name of two million bytes that no packing makes shorter.
    let mut seed = 1_u64;
    let noise = (0..2_000_000).map(|_| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56) as u8
    });
    let model: Vec<u8> = [8, 8, 0x12, 0x80, 0x89, 0x7a].into_iter().chain(noise).collect();
    fs::write(vision.home().join("large.zip"), packages::classifier("Large", "net.onnx", &model, b"cat"))
        .expect("written");
    let said = vision.run(&["publish", "large.zip"]);
    assert_eq!((said.code, said.out.contains("at most 1048576")), (1, true), "{said:?}");

    let reader = new_key(&author, &["read"]).await;
    app_folder(&vision, "echo", "1.0.0", &glue::instant());
    let said = vision.run(&["publish", "echo", "--key", &reader]);
    assert_eq!((said.code, said.err.contains("403") && said.err.contains("publish")), (2, true), "{said:?}");
    let elsewhere = vision.run(&["publish", "echo", "--portal", "http://127.0.0.1:9"]);
    assert_eq!((elsewhere.code, elsewhere.err.contains("vision login")), (2, true), "{elsewhere:?}");
    assert!(!format!("{elsewhere:?}").contains(&key), "a stored key goes to its own portal only");
    let dead = vision.run(&["publish", "echo", "--portal", "http://127.0.0.1:9", "--key", "iv_x"]);
    assert_eq!((dead.code, dead.err.contains("does not answer")), (2, true), "{dead:?}");
}

fn curl() -> Result<(), Missing> {
    match std::process::Command::new("curl").arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err(Missing("there is no curl".to_owned())),
    }
}

/// The script that the guide shows.
#[tokio::test(flavor = "multi_thread")]
async fn the_guide_to_publishing_works_as_it_is_written() {
    require!(curl());
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let key = new_key(&author, &["read", "publish"]).await;
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("app.zip"), packages::glue_only("Echo", &glue::instant(), 5_000)).expect("written");
    let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/publishing.md")).expect("the guide");
    let script = guide.split("```sh\n#!/bin/sh").nth(1).and_then(|rest| rest.split("```").next()).expect("a script");
    fs::write(folder.path().join("publish.sh"), script).expect("written");
    let output = std::process::Command::new("sh")
        .args(["-e", "publish.sh", "app.zip"])
        .env("VISION_PORTAL", portal.url.as_str().trim_end_matches('/'))
        .env("VISION_API_KEY", &key)
        .current_dir(folder.path())
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("/apps/echo"), "{said}");
    author.get("/apps/echo").await.ok();
}
