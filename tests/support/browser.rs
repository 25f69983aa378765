//! A real browser: headless Chromium behind its WebDriver.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::{Missing, eventually, python::tests_folder};

/// The key under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const PATIENCE: Duration = Duration::from_secs(90);

/// A window of Chromium.
pub(crate) struct Browser {
    http: Client,
    session: String,
    base: Url,
    driver: Child,
    _profile: TempDir,
}

/// How an element is looked for.
#[derive(Clone, Copy)]
enum By {
    Css,
    XPath,
}

impl Browser {
    /// Opens a window of 1280 × 900, if Chromium and its driver are installed.
    pub(crate) async fn open(base: &Url) -> Result<Self, Missing> {
        let missing = |error| Missing(format!("chromedriver does not start: {error} (tests/run installs it)"));
        let mut driver = Command::new("chromedriver");
        let driver = driver.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut driver = driver.map_err(missing)?;
        let port = port_of(&mut driver);
        let profile = TempDir::with_prefix("vision-browser-").expect("a temporary folder");
        let mut arguments: Vec<String> = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--no-proxy-server",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
            "--lang=en",
            // Two cameras that show a moving picture of Chromium's own, and nobody who has to allow it.
            "--use-fake-device-for-media-stream=device-count=2",
            "--use-fake-ui-for-media-stream",
            "--window-size=1280,900",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut browser = Self {
            http: Client::builder().no_proxy().build().expect("a client"),
            session: format!("http://127.0.0.1:{port}/session"),
            base: base.clone(),
            driver,
            _profile: profile,
        };
        let logs = json!({ "browser": "ALL" });
        let wanted = json!({ "goog:chromeOptions": { "args": arguments }, "goog:loggingPrefs": logs });
        let wanted = json!({ "capabilities": { "alwaysMatch": wanted } });
        let session = browser.command(Method::POST, "", wanted).await.expect("a browser session");
        let id = session["sessionId"].as_str().expect("a session has an id");
        browser.session = format!("{}/{id}", browser.session);
        Ok(browser)
    }

    /// Opens a page of the portal.
    pub(crate) async fn goto(&self, path: &str) {
        let url = self.base.join(path).expect("a valid path");
        self.post("/url", json!({ "url": url })).await.expect("the page loads");
    }

    /// The path of the page that is open.
    pub(crate) async fn path(&self) -> String {
        let url = self.command(Method::GET, "/url", Value::Null).await.expect("a page is open");
        Url::parse(url.as_str().expect("an address")).expect("a valid address").path().to_owned()
    }

    /// Whether something fits.
    pub(crate) async fn has(&self, css: &str) -> bool {
        self.look(By::Css, css).await.is_ok()
    }

    /// Whether something fits an XPath.
    pub(crate) async fn has_xpath(&self, path: &str) -> bool {
        self.look(By::XPath, path).await.is_ok()
    }

    /// Waits until something fits.
    pub(crate) async fn wait_for(&self, css: &str) {
        self.find(By::Css, css).await;
    }

    /// Types into a field, as soon as it is there. A file field takes a path.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let element = self.find(By::Css, css).await;
        let typed = self.post(&format!("/element/{element}/value"), json!({ "text": text })).await;
        typed.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Clicks on the first element that fits, as soon as it is there.
    pub(crate) async fn click(&self, css: &str) {
        self.click_on(By::Css, css).await;
    }

    /// Clicks on the first element that fits an XPath, as soon as it is there.
    pub(crate) async fn click_xpath(&self, path: &str) {
        self.click_on(By::XPath, path).await;
    }

    /// The text of the first element that fits, as soon as it is there.
    pub(crate) async fn text(&self, css: &str) -> String {
        eventually(&format!("the text of {css}"), PATIENCE, async || {
            let element = self.look(By::Css, css).await.ok()?;
            self.text_of(&element).await.ok()
        })
        .await
    }

    /// Waits until the text of an element is one of these, in any letters, and returns which.
    pub(crate) async fn wait_for_text(&self, css: &str, texts: &[&str]) -> String {
        eventually(&format!("{css} to say one of {texts:?}"), PATIENCE, async || {
            let element = self.look(By::Css, css).await.ok()?;
            let found = self.text_of(&element).await.ok()?;
            texts.iter().find(|text| found.trim().eq_ignore_ascii_case(text)).map(|text| (*text).to_owned())
        })
        .await
    }

    /// What a script returns.
    pub(crate) async fn script(&self, script: &str) -> Value {
        let answer = self.post("/execute/sync", json!({ "script": script, "args": [] })).await;
        answer.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Presses keys where the focus is, named as in WebDriver or as themselves.
    pub(crate) async fn press(&self, keys: &[&str]) {
        let keys = keys.iter().flat_map(|key| {
            let key = match *key {
                "Tab" => "\u{E004}",
                "Enter" => "\u{E007}",
                "Escape" => "\u{E00C}",
                "ArrowLeft" => "\u{E012}",
                "ArrowRight" => "\u{E014}",
                key => key,
            };
            [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
        });
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": keys.collect::<Vec<_>>() });
        self.post("/actions", json!({ "actions": [keyboard] })).await.expect("keys are pressed");
    }

    /// Chooses a file in a field.
    pub(crate) async fn choose_file(&self, css: &str, path: &Path) {
        let path = path.canonicalize().expect("the file is there");
        self.fill(css, path.to_str().expect("a path in UTF-8")).await;
    }

    /// Shows pages as on a phone of 390 × 844 points.
    pub(crate) async fn emulate_phone(&self) {
        let metrics = json!({ "width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Shows pages on a screen of this size.
    pub(crate) async fn emulate_screen(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// From here on no page runs a script.
    pub(crate) async fn disable_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// Errors and warnings that pages left in the console since the last time it was asked for.
    pub(crate) async fn console(&self) -> Vec<String> {
        let lines = self.post("/se/log", json!({ "type": "browser" })).await.expect("a log");
        let lines = lines.as_array().into_iter().flatten();
        let bad = lines.filter(|line| line["level"] == "SEVERE" || line["level"] == "WARNING");
        bad.map(|line| line["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Saves a picture of the page, however long it is, in a folder below `target/screenshots/`.
    pub(crate) async fn whole_page(&self, folder: &str, name: &str) {
        let how = json!({ "format": "webp", "quality": 60, "captureBeyondViewport": true });
        let picture = self.devtools("Page.captureScreenshot", how).await["data"].take();
        save(&picture, &format!("target/screenshots/{folder}"), &format!("{name}.webp"));
    }

    /// Asks pages for their light or their dark colours.
    pub(crate) async fn emulate_colors(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Saves a picture of the window below `target/screenshots/`.
    pub(crate) async fn screenshot(&self, name: &str) {
        self.save_picture("target/screenshots", name).await;
    }

    /// The same, and with `VISION_UPDATE_SCREENSHOTS=1` in the documents too. Nothing may be on it that is not the
    /// project's own.
    pub(crate) async fn picture_for_documents(&self, name: &str) {
        self.screenshot(name).await;
        if updates_documents() {
            self.save_picture("docs/images", name).await;
        }
    }

    /// The same with a picture of one element alone, however long it is.
    pub(crate) async fn part_for_documents(&self, css: &str, name: &str) {
        let script = "const e = document.querySelector(arguments[0]).getBoundingClientRect();
            return { x: e.x + scrollX, y: e.y + scrollY, width: e.width, height: e.height, scale: 1 }";
        let clip = self.post("/execute/sync", json!({ "script": script, "args": [css] })).await;
        let clip = clip.unwrap_or_else(|error| panic!("{css}: {error}"));
        let how = json!({ "format": "webp", "quality": 85, "clip": clip, "captureBeyondViewport": true });
        let picture = self.devtools("Page.captureScreenshot", how).await["data"].take();
        save(&picture, "target/screenshots", &format!("{name}.webp"));
        if updates_documents() {
            save(&picture, "docs/images", &format!("{name}.webp"));
        }
    }

    async fn save_picture(&self, folder: &str, name: &str) {
        let picture = self.command(Method::GET, "/screenshot", Value::Null).await.expect("a picture of the window");
        save(&picture, folder, &format!("{name}.png"));
    }

    async fn find(&self, by: By, what: &str) -> String {
        eventually(&format!("{what} in the browser"), PATIENCE, async || self.look(by, what).await.ok()).await
    }

    /// The id of the first element that fits now.
    async fn look(&self, by: By, what: &str) -> Result<String, String> {
        let using = match by {
            By::Css => "css selector",
            By::XPath => "xpath",
        };
        let element = self.post("/element", json!({ "using": using, "value": what })).await?;
        Ok(element[ELEMENT].as_str().expect("an element has an id").to_owned())
    }

    /// A page that follows events may put another element in the place of the one that was found: that one is meant.
    async fn click_on(&self, by: By, what: &str) {
        eventually(&format!("{what} to be clicked on"), PATIENCE, async || {
            let element = self.look(by, what).await.ok()?;
            match self.post(&format!("/element/{element}/click"), json!({})).await {
                Ok(_) => Some(()),
                Err(error) if error.starts_with("stale element reference") => None,
                Err(error) => panic!("{what} cannot be clicked on: {error}"),
            }
        })
        .await;
    }

    async fn text_of(&self, element: &str) -> Result<String, String> {
        let text = self.command(Method::GET, &format!("/element/{element}/text"), Value::Null).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// A command of Chromium's own protocol, which its WebDriver passes on.
    pub(crate) async fn devtools(&self, method: &str, parameters: Value) -> Value {
        let done = self.post("/goog/cdp/execute", json!({ "cmd": method, "params": parameters })).await;
        done.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        self.command(Method::POST, path, body).await
    }

    /// One command of the WebDriver protocol: its value, or the error in the driver's words.
    async fn command(&self, method: Method, path: &str, body: Value) -> Result<Value, String> {
        let request = self.http.request(method, format!("{}{path}", self.session));
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
        let failed = !answer.status().is_success();
        let mut answer: Value = answer.json().await.map_err(|error| format!("{error:?}"))?;
        let value = answer["value"].take();
        if failed { Err(value["message"].as_str().unwrap_or("no message").to_owned()) } else { Ok(value) }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver's children would outlive it.
        for process in super::processes::descendants(self.driver.id()) {
            super::processes::kill(process.pid);
        }
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

/// Whether pictures go into the documents too.
fn updates_documents() -> bool {
    std::env::var("VISION_UPDATE_SCREENSHOTS").as_deref() == Ok("1")
}

/// Writes a picture that came in base64.
fn save(picture: &Value, folder: &str, name: &str) {
    let picture = BASE64_STANDARD.decode(picture.as_str().expect("a text")).expect("in base64");
    let folder = tests_folder().join("..").join(folder);
    fs::create_dir_all(&folder).expect("a folder for pictures");
    fs::write(folder.join(name), &picture).expect("the picture is saved");
}

/// A file with these bytes, for file fields: it lies in `folder`.
pub(crate) fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("a file for the browser");
    path
}

fn port_of(driver: &mut Child) -> u16 {
    let stdout = driver.stdout.take().expect("the output is piped");
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("started successfully on port")).expect("the driver starts");
    // What it prints later must not fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("a port")
}
