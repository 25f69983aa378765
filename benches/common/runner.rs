//! A runner without a portal: this program gives it a package and serves the photo.

use std::{
    ffi::OsString,
    io::{BufRead as _, BufReader, Cursor},
    net::Ipv4Addr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Mutex,
};

use reqwest::{Client, RequestBuilder, multipart};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use vision_protocol::{
    limits::PackageLimits,
    messages::{FIELD_CVAPP_ID, FIELD_SOURCE_FILE, RunResponse, Span, Timings},
};

const RELEASE: &str = "1";
const TOKEN: &str = "a token for one benchmark";

/// A runner with one published package.
pub(crate) struct Runner {
    http: Client,
    address: String,
    photo: String,
    child: Child,
    timings: Mutex<Vec<Timings>>,
    _data: TempDir,
}

impl Runner {
    /// Starts `program` with `arguments` as a runner, and publishes a package on it.
    pub(crate) async fn start(program: &Path, arguments: &[OsString], package: Vec<u8>, photo: Vec<u8>) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let portal = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        tokio::spawn(serve(listener, photo.leak()));
        let data = TempDir::with_prefix("vision-bench-").expect("a temporary folder");
        let mut child = Command::new(program)
            .args(arguments)
            .args(["--listen", "127.0.0.1:0", "--exit-with-parent", "--portal-url", &portal])
            .arg("--data")
            .arg(data.path())
            .env("VISION_RUNNER_TOKEN", TOKEN)
            .env("RUST_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the runner starts");
        let mut lines = BufReader::new(child.stdout.take().expect("the output is piped")).lines();
        let line = lines.next().expect("it prints its address").expect("in UTF-8");
        let address = line.strip_prefix("listening ").expect("it prints its address");
        let runner = Self {
            http: Client::builder().no_proxy().build().expect("a client"),
            address: format!("http://{address}"),
            photo: format!("{portal}/files/photo"),
            child,
            timings: Mutex::default(),
            _data: data,
        };
        runner.publish(&package).await;
        runner
    }

    async fn publish(&self, package: &[u8]) {
        let checked = vision_package::check(Cursor::new(package), &PackageLimits::default()).expect("a good package");
        let mut complete = Vec::new();
        vision_package::complete(Cursor::new(package), &checked, &mut complete).expect("memory takes bytes");
        let file = multipart::Part::bytes(complete).file_name("app.zip");
        let form = multipart::Form::new().text(FIELD_CVAPP_ID, RELEASE).part(FIELD_SOURCE_FILE, file);
        let request = self.http.post(format!("{}/publish", self.address)).bearer_auth(TOKEN).multipart(form);
        let answer = request.send().await.expect("the runner answers");
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
    }

    /// A run of the photo, to be sent.
    pub(crate) fn request(&self) -> RequestBuilder {
        let url = format!("{}/run?cvappid={RELEASE}", self.address);
        self.http.post(url).bearer_auth(TOKEN).json(&json!({ "data": [{ "Name": "Image", "Value": self.photo }] }))
    }

    /// One run, which must go well.
    pub(crate) async fn run(&self) {
        let answer = self.request().send().await.expect("the runner answers");
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
        let answer: RunResponse = answer.json().await.expect("the protocol's answer");
        assert!(!answer.result.is_empty());
        self.timings.lock().expect("nobody panics").push(answer.timings.expect("our runner tells its times"));
    }

    /// One run that is traced: where its time went, and how long the runner had it, in milliseconds.
    pub(crate) async fn traced(&self) -> (Vec<Span>, f64) {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let answer = self.request().header("traceparent", parent).send().await.expect("the runner answers");
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
        let answer: RunResponse = answer.json().await.expect("the protocol's answer");
        (answer.spans, answer.timings.expect("our runner tells its times").total_ms)
    }

    /// Forgets the times told until now.
    pub(crate) fn forget(&self) {
        self.timings.lock().expect("nobody panics").clear();
    }

    /// The average of the times that the runner told.
    pub(crate) fn mean_timings(&self) -> Timings {
        let timings = self.timings.lock().expect("nobody panics");
        let mean = |stage: fn(&Timings) -> f64| timings.iter().map(stage).sum::<f64>() / timings.len() as f64;
        Timings {
            app_loading_ms: mean(|t| t.app_loading_ms),
            pre_processing_ms: mean(|t| t.pre_processing_ms),
            loading_model_ms: mean(|t| t.loading_model_ms),
            running_model_ms: mean(|t| t.running_model_ms),
            generating_result_ms: mean(|t| t.generating_result_ms),
            misc_ms: mean(|t| t.misc_ms),
            total_ms: mean(|t| t.total_ms),
        }
    }

    /// The process id of its supervisor.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Serves the photo at every address, connections kept open, as the portal does.
async fn serve(listener: TcpListener, photo: &'static [u8]) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, photo));
    }
}

async fn answer(stream: TcpStream, photo: &'static [u8]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.into_split();
    let mut lines = tokio::io::BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        if line.is_empty() {
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", photo.len());
            writer.write_all(head.as_bytes()).await?;
            writer.write_all(photo).await?;
        }
    }
    Ok(())
}
