//! The page of `vision dev` in a browser: it runs an app's example, draws the answer, and follows the app's files.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use tempfile::TempDir;
use url::Url;

use crate::support::{Missing, browser::Browser, python::tests_folder, require};

/// `vision dev`, until it is dropped.
struct Page {
    child: Child,
    url: Url,
    /// It writes there, and would fail if nobody read.
    _lines: BufReader<ChildStdout>,
}

impl Page {
    fn open(app: &Path) -> Result<Self, Missing> {
        let program = Path::new(env!("CARGO_BIN_EXE_portal")).with_file_name("vision");
        let mut command = Command::new(&program);
        command.arg("dev").arg(app).args(["--port", "0"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| Missing(format!("{}: {error} (it is built with the workspace)", program.display())))?;
        let (mut lines, mut line) = (BufReader::new(child.stdout.take().expect("a pipe")), String::new());
        lines.read_line(&mut line).expect("it speaks");
        let url = line.trim().strip_prefix("listening ").expect("it tells its address").parse().expect("an address");
        Ok(Self { child, url, _lines: lines })
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A copy of a sample app that may be changed.
fn copied(name: &str) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
            let to = to.join(entry.file_name());
            if entry.path().is_dir() { copy(&entry.path(), &to) } else { drop(fs::copy(entry.path(), &to)) }
        }
    }
    let folder = TempDir::with_prefix("vision-dev-").expect("a temporary folder");
    copy(&tests_folder().join("../sample-apps").join(name), folder.path());
    folder
}

#[tokio::test]
async fn the_page_of_an_app_follows_its_files() {
    let app = copied("shape-finder");
    let page = require!(Page::open(app.path()));
    let browser = require!(Browser::open(&page.url).await);
    browser.goto("/").await;
    browser.wait_for_text("#name", &["Shape Finder 1.0.0"]).await;
    browser.click("button.example").await;
    browser.wait_for(".stage svg rect").await;
    browser.wait_for("#timings tr").await;
    browser.screenshot("dev").await;

    let manifest = app.path().join("app.json");
    let text = fs::read_to_string(&manifest).expect("a manifest");
    fs::write(&manifest, text.replace("\"Shape Finder\"", "\"Finds shapes\"")).expect("written");
    browser.wait_for_text("#name", &["Finds shapes 1.0.0"]).await;
    // What was looked at is looked at again.
    browser.wait_for(".stage svg rect").await;

    fs::write(&manifest, text.replace("models/shapes.onnx", "models/circles.onnx")).expect("written");
    assert!(browser.text("#faults li").await.contains("models/"));
    assert_eq!(browser.script("return document.querySelector('#run').disabled").await, true);
}
