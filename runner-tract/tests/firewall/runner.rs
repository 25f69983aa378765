//! A real runner, an app that gives its photo back, and a portal that has the photo.

use std::{
    io::{BufRead, BufReader, Write},
    net::{IpAddr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    thread,
};

use reqwest::{Client, RequestBuilder, multipart};
use serde_json::{Value, json};
use tempfile::TempDir;

const TOKEN: &str = "a-token-for-tests";
/// A picture.
pub(crate) const PHOTO: &[u8] = include_bytes!("../../../cli/src/conform/photo.png");
const ECHO: &[u8] = include_bytes!("../../../tests/fixtures/components/echo.wasm");

/// The program, until it is dropped.
pub(crate) struct Runner {
    child: Child,
    base: String,
    client: Client,
    _data: TempDir,
}

impl Runner {
    /// Starts it, to be called from this address. `command` ends with options of `serve`.
    pub(crate) fn start(mut command: Command, caller: Option<&str>) -> Self {
        let data = TempDir::new().unwrap();
        let mut child = command
            .args(["--exit-with-parent", "--data"])
            .arg(data.path())
            .env("VISION_RUNNER_TOKEN", TOKEN)
            .env("RUST_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening ").unwrap_or_else(|| panic!("it said {line:?}")).trim();
        Self { base: format!("http://{address}"), child, client: client(caller), _data: data }
    }

    /// Publishes the app as release 1.
    pub(crate) async fn publish(&self) {
        let manifest = json!({
            "Name": "Mirror", "Version": "1.0.0",
            "AppParameters": [{"ParameterType": "Image", "Name": "Image"}],
            "ResultVariables": [{"ResultType": "Image", "Name": "Image"}],
        });
        let mut zip = Vec::new();
        vision_package::pack_files([("app.json", manifest.to_string().as_bytes()), ("app.wasm", ECHO)], &mut zip)
            .unwrap();
        let form = multipart::Form::new()
            .text("CvappId", "1")
            .part("SourceFile", multipart::Part::bytes(zip).file_name("app.zip"));
        let published = answer(self.client.post(format!("{}/publish", self.base)).multipart(form)).await;
        assert_eq!(published["hasError"], false, "{published}");
    }

    /// Runs it on the photo at this address.
    pub(crate) async fn run(&self, photo: &str) -> Value {
        let body = json!({"data": [{"Name": "Image", "Value": photo}]});
        answer(self.client.post(format!("{}/run?cvappid=1", self.base)).json(&body)).await
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn answer(request: RequestBuilder) -> Value {
    request.bearer_auth(TOKEN).send().await.unwrap().json().await.unwrap()
}

/// A client that comes from this address.
pub(crate) fn client(from: Option<&str>) -> Client {
    // Another test of this program may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let from: Option<IpAddr> = from.map(|from| from.parse().unwrap());
    Client::builder().no_proxy().tls_certs_only([]).local_address(from).build().unwrap()
}

/// A portal that answers every request with this photo.
pub(crate) fn serve_photo(address: &str, photo: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            // Whoever only knocked has gone.
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", photo.len());
            let _ = stream.write_all(photo);
        }
    });
    address
}
