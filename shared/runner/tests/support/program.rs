//! A runner program as it is: started as a process, with real workers. For the tests of the crates that have one.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::{Child, Command, Stdio},
    thread,
};

use reqwest::{Client, multipart};
use serde_json::{Value, json};
use tempfile::TempDir;

const TOKEN: &str = "a-token-for-tests";

/// A running runner. It ends when this is dropped.
pub(crate) struct Runner {
    pub(crate) child: Child,
    pub(crate) data: TempDir,
    base: String,
    client: Client,
}

impl Runner {
    /// Starts a program whose own arguments are set already; it serves one portal.
    pub(crate) fn start(mut command: Command, portal: &str) -> Self {
        // Another test of this program may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let data = TempDir::new().expect("a temporary folder");
        command.args(["--exit-with-parent", "--portal-url", portal, "--data"]).arg(data.path());
        let mut child = command
            .env("VISION_RUNNER_TOKEN", TOKEN)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("the program speaks");
        let address = line.strip_prefix("listening ").unwrap_or_else(|| panic!("it said {line:?}")).trim();
        let client = Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
        Self { base: format!("http://{address}"), child, client, data }
    }

    pub(crate) async fn publish(&self, release: i64, package: Vec<u8>) -> Value {
        let form = multipart::Form::new()
            .text("CvappId", release.to_string())
            .part("SourceFile", multipart::Part::bytes(package).file_name("app.zip"));
        answer(self.client.post(format!("{}/publish", self.base)).multipart(form)).await
    }

    pub(crate) async fn run(&self, release: i64, photo: &str) -> Value {
        let body = json!({"data": [{"Name": "Image", "Value": photo}]});
        answer(self.client.post(format!("{}/run?cvappid={release}", self.base)).json(&body)).await
    }

    /// The processes that the program started.
    pub(crate) fn workers(&self) -> Vec<i32> {
        let parent = format!("PPid:\t{}\n", self.child.id());
        let entries = fs::read_dir("/proc").expect("Linux").filter_map(Result::ok);
        let pids = entries.filter_map(|entry| entry.file_name().into_string().ok()?.parse().ok());
        pids.filter(|pid| fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|s| s.contains(&parent)))
            .collect()
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Value {
    let answer = request.bearer_auth(TOKEN).send().await.expect("the runner answers");
    answer.json().await.expect("the runner speaks JSON")
}

/// A portal that serves one photo to whoever asks.
pub(crate) fn portal(photo: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = BufReader::new(stream.try_clone().expect("a second handle"));
            let mut line = String::new();
            while request.read_line(&mut line).expect("a request") > 2 {
                line.clear();
            }
            write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", photo.len())
                .and_then(|()| stream.write_all(&photo))
                .expect("the runner listens");
        }
    });
    base
}
