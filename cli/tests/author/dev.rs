//! `vision dev`.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
};

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Room, data, labels, sample, vision};

/// The page's program, until it is dropped.
struct Page {
    child: Child,
    address: String,
    client: Client,
    /// It writes there, and would fail if nobody read.
    _lines: BufReader<ChildStdout>,
}

impl Page {
    fn open(app: &str) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let mut child = Command::new(env!("CARGO_BIN_EXE_vision"))
            .args(["dev", app, "--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("vision starts");
        let (mut lines, mut line) = (BufReader::new(child.stdout.take().expect("a pipe")), String::new());
        lines.read_line(&mut line).expect("it speaks");
        let address = line.trim().strip_prefix("listening ").unwrap_or_else(|| panic!("it said {line:?}")).to_owned();
        let client = Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
        Self { child, address, client, _lines: lines }
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.address)).send().await.expect("it answers")
    }

    async fn app(&self) -> Value {
        self.get("app").await.json().await.expect("JSON")
    }

    async fn run(&self, inputs: &Value) -> Value {
        let request = self.client.post(format!("{}run", self.address)).json(inputs);
        request.send().await.expect("it answers").json().await.expect("JSON")
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Waits for the next change that the page is told of.
async fn changed(events: &mut Response) {
    loop {
        let chunk = events.chunk().await.expect("a stream").expect("it goes on");
        if chunk.starts_with(b"data: ") {
            return;
        }
    }
}

#[tokio::test]
async fn the_page_runs_the_app_and_follows_its_files() {
    let room = Room::new();
    let app = sample("digit-reader", &room);
    let page = Page::open(&app);
    assert!(page.get("").await.text().await.expect("text").contains("/page.js"));
    let described = page.app().await;
    assert_eq!((&described["name"], &described["layout"]), (&json!("Digit Reader"), &json!("labels")));
    assert_eq!(described["parameters"][0]["ParameterType"], "Image");

    let example = json!({ "Image": { "example": ["house-number", "photo.jpg"] } });
    let answer = page.run(&example).await;
    assert_eq!(labels(&answer["result"]["labels"]).len(), 3, "{answer}");
    assert!(answer["timings"]["totalMs"].is_number(), "{answer}");
    let answer = page.run(&json!({})).await;
    assert_eq!(answer["faults"][0]["place"], "Image", "{answer}");
    for path in ["examples/house-number/..%2F..%2Fapp.json", "examples/house-number/inputs.json", "examples/none/x"] {
        assert_eq!(page.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }

    let mut events = page.get("events").await;
    events.chunk().await.expect("a stream").expect("it begins");
    let manifest = String::from_utf8(room.read("sample/app.json")).expect("text");
    room.write("sample/app.json", manifest.replace("\"Digit Reader\"", "\"Reads digits\""));
    changed(&mut events).await;
    assert_eq!(page.app().await["name"], "Reads digits");

    fs::remove_file(room.path("sample/models/digits.onnx")).expect("it was there");
    changed(&mut events).await;
    let faults = page.app().await["faults"].to_string();
    assert!(faults.contains("models/digits.onnx"), "{faults}");
}

#[tokio::test]
async fn an_own_layout_is_rendered() {
    let room = Room::new();
    let app = sample("digit-reader", &room);
    let manifest = String::from_utf8(room.read("sample/app.json")).expect("text");
    room.write(
        "sample/app.json",
        manifest.replace(r#""ResultLayout": "labels""#, r#""ResultLayout": "template.html""#),
    );
    room.write("sample/template.html", "<b>{{ result.labels[0].label }}</b><img src=\"{{ input.Image }}\">");
    let page = Page::open(&app);
    let answer = page.run(&json!({ "Image": { "example": ["house-number", "photo.jpg"] } })).await;
    let html = answer["html"].as_str().unwrap_or_else(|| panic!("{answer}"));
    assert!(
        html.starts_with("<b>") && html.contains("data:image&#x2f;jpeg") || html.contains("data:image/jpeg"),
        "{html}"
    );
}

#[tokio::test]
async fn other_pages_cannot_use_it() {
    let room = Room::new();
    let page = Page::open(&sample("digit-reader", &room));
    for (name, value) in [("host", "evil.example"), ("origin", "http://evil.example"), ("origin", "null")] {
        let request = page.client.get(format!("{}app", page.address)).header(name, value);
        assert_eq!(request.send().await.expect("it answers").status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
}

#[test]
fn what_cannot_be_followed_is_told() {
    let Some(data) = data() else { return };
    let said = vision(&["dev", &data.image("darknet_dog.jpg")]).ends(2);
    assert!(said.errors.contains("must be the folder of an app"), "{}", said.errors);
}
