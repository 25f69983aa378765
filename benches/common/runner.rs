//! A runner without a portal: this program gives it a package and serves the photo.

use std::{ffi::OsString, io::Cursor, net::Ipv4Addr, path::Path, sync::Mutex};

use reqwest::{Client, RequestBuilder, multipart};
use serde_json::json;
use url::Url;
use vision_cli::local::{Launch, Place, Portal, Process};
use vision_protocol::{
    limits::PackageLimits,
    messages::{FIELD_CVAPP_ID, FIELD_SOURCE_FILE, RunResponse, Span, Timings},
};

const RELEASE: &str = "1";

/// A runner with one published package.
pub(crate) struct Runner {
    http: Client,
    process: Process,
    photo: Url,
    timings: Mutex<Vec<Timings>>,
    _portal: Portal,
}

impl Runner {
    /// Starts `program` with `arguments` as a runner, and publishes a package on it.
    pub(crate) async fn start(program: &Path, arguments: &[OsString], package: Vec<u8>, photo: Vec<u8>) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let portal = Portal::start((Ipv4Addr::LOCALHOST, 0).into(), None).await.expect("a free port");
        let launch = Launch::command(program, arguments);
        let runner = Self {
            http: Client::builder().no_proxy().build().expect("a client"),
            process: Process::start(&launch, portal.base()).await.expect("the runner starts"),
            photo: portal.offer(Place::Photo(photo.into())),
            timings: Mutex::default(),
            _portal: portal,
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
        let request = self.http.post(self.url("publish")).bearer_auth(self.process.bearer()).multipart(form);
        let answer = request.send().await.expect("the runner answers");
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.process.base())
    }

    /// A run of the photo, to be sent.
    pub(crate) fn request(&self) -> RequestBuilder {
        let request = self.http.post(self.url(&format!("run?cvappid={RELEASE}"))).bearer_auth(self.process.bearer());
        request.json(&json!({ "data": [{ "Name": "Image", "Value": self.photo }] }))
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
        self.process.pid()
    }
}
