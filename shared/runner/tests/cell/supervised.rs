//! A supervisor in this process, whose workers are this program, and packages for it.

use std::{
    fs::File,
    io::Cursor,
    net::TcpListener,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixListener},
    },
    path::PathBuf,
    time::Duration,
};

use reqwest::{Client, StatusCode, multipart};
use serde_json::{Value, json};
use tempfile::TempDir;
use vision_runner::supervisor::{self, Config, StartError, WorkerCommand};

use crate::{
    attempts::{MEMORY_BYTES, OPEN_FILES, Surroundings, THREADS},
    engine::{self, HARMLESS},
};

const TOKEN: &str = "test-token";
/// Answers with its inputs.
const ECHO: &[u8] = include_bytes!("../../../../tests/fixtures/components/echo.wasm");
/// How long an attempt may compute.
pub(crate) const PATIENCE: Duration = Duration::from_secs(6);

/// A supervisor, and what hostile code would like to get at.
pub(crate) struct Supervised {
    base: String,
    client: Client,
    data: TempDir,
    /// Open without `CLOEXEC`, as a library might leave it.
    _left_open: File,
    listener: TcpListener,
    abstract_listener: UnixListener,
}

/// What it answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// How it is set up.
pub(crate) fn config(data: PathBuf) -> Config {
    let this = |command: &str| WorkerCommand {
        program: "/proc/self/exe".into(),
        args: vec![command.into()],
        env: vec![("VISION_SECRET".into(), "hidden-word".into())],
    };
    let mut config = Config::for_testing(data, this("worker"));
    config.cell.check = Some(this("cell-check"));
    config.cell.threads = THREADS;
    config.cell.open_files = OPEN_FILES;
    config.run_limits.worker_memory_bytes = MEMORY_BYTES;
    config.fleet.prove_timeout = PATIENCE;
    config
}

impl Supervised {
    pub(crate) fn start(change: impl FnOnce(&mut Config)) -> Result<Self, StartError> {
        let data = TempDir::new().unwrap();
        let left_open = File::create(data.path().join("secret")).unwrap();
        rustix::io::fcntl_setfd(&left_open, rustix::io::FdFlags::empty()).unwrap();
        let mut config = config(data.path().join("runner"));
        change(&mut config);
        let running = supervisor::start(config)?;
        let base = format!("http://{}", running.address());
        tokio::spawn(running.serve());
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(60)).tls_certs_only([]).build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = SocketAddr::from_abstract_name(format!("vision-cell-{}", std::process::id())).unwrap();
        let abstract_listener = UnixListener::bind_addr(&name).unwrap();
        Ok(Self { base, client, data, _left_open: left_open, listener, abstract_listener })
    }

    /// What an attempt is told.
    pub(crate) fn around(&self, attempt: &str) -> Surroundings {
        let name = self.abstract_listener.local_addr().unwrap();
        Surroundings {
            attempt: attempt.to_owned(),
            data: self.data.path().join("runner"),
            port: self.listener.local_addr().unwrap().port(),
            abstract_socket: String::from_utf8(name.as_abstract_name().unwrap().to_vec()).unwrap(),
        }
    }

    pub(crate) async fn publish(&self, release: usize, model: &str) -> Answer {
        let form = multipart::Form::new()
            .text("CvappId", release.to_string())
            .part("SourceFile", multipart::Part::bytes(package(model)).file_name("app.zip"));
        let request = self.client.post(format!("{}/publish", self.base)).bearer_auth(TOKEN).multipart(form);
        Answer::of(request.send().await.unwrap()).await
    }

    /// A package that does no harm is published.
    pub(crate) async fn publishes(&self, release: usize) {
        let answer = self.publish(release, HARMLESS).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    /// A run of a published package comes to its result.
    pub(crate) async fn runs(&self, release: usize) {
        let body = json!({"data": [{"Name": "said", "Value": "hello"}]});
        let url = format!("{}/run?cvappid={release}", self.base);
        let answer = self.client.post(url).bearer_auth(TOKEN).json(&body).send().await.unwrap();
        let answer = Answer::of(answer).await;
        assert_eq!((answer.status, &answer.body["result"]["said"]), (StatusCode::OK, &json!("hello")), "{answer:?}");
    }

    pub(crate) async fn ready(&self) -> Answer {
        Answer::of(self.client.get(format!("{}/health/ready", self.base)).send().await.unwrap()).await
    }
}

impl Answer {
    async fn of(response: reqwest::Response) -> Self {
        let status = response.status();
        let text = response.text().await.unwrap();
        Self { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }
}

fn package(model: &str) -> Vec<u8> {
    let manifest = json!({
        "Name": "Hostile", "Version": "1.0.0",
        "AppParameters": [{"ParameterType": "Text", "Name": "said"}],
        "ResultVariables": [{"ResultType": "Text", "Name": "said"}],
        "Models": [{"Name": "model", "File": "models/model.onnx"}],
    });
    let (manifest, model) = (manifest.to_string(), engine::model(model));
    let files = [("app.json", manifest.as_bytes()), ("app.wasm", ECHO), ("models/model.onnx", &*model)];
    let mut zip = Cursor::new(Vec::new());
    vision_package::pack_files(files, &mut zip).unwrap();
    zip.into_inner()
}
