//! A runner as its caller sees it.

use std::time::Duration;

use reqwest::{
    Client, RequestBuilder, StatusCode,
    header::{self, HeaderMap},
    multipart::{Form, Part},
    redirect::Policy,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;
use vision_protocol::messages::{FIELD_CVAPP_ID, FIELD_SOURCE_FILE};

/// A package may be proved for long.
const PATIENCE: Duration = Duration::from_secs(150);
/// Comes back from a runner that keeps it.
pub const REQUEST_ID: &str = "vision-cli";
/// What is shown of a body.
const SHOWN: usize = 400;

/// The runner.
pub struct Runner {
    base: Url,
    token: Option<SecretString>,
    client: Client,
}

/// A question and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What was sent, in short.
    pub sent: String,
    /// What came back.
    pub answer: Result<Answer, String>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
    /// The body, if it is JSON.
    pub json: Option<Value>,
}

impl Runner {
    /// A runner at this address.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(base: Url, token: Option<SecretString>) -> reqwest::Result<Self> {
        // Another part of the process may have installed its provider first, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE);
        if base.scheme() == "http" {
            client = client.tls_certs_only([]);
        }
        Ok(Self { base, token, client: client.build()? })
    }

    /// Whether anybody answers at all.
    ///
    /// # Errors
    /// Why not.
    pub async fn reach(&self) -> Result<(), String> {
        let asked = self.client.get(self.url("health/live")).timeout(Duration::from_secs(10)).send().await;
        asked.map(drop).map_err(words)
    }

    /// Whether there is a token to show.
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// A path under the base address.
    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url.set_query(query);
        url
    }

    /// Asks for a path under the base address.
    pub async fn get(&self, path: &str) -> Exchange {
        self.exchange(self.client.get(self.url(path)).header("x-request-id", REQUEST_ID), format!("GET {path}")).await
    }

    /// Publishes; a field that is `None` is left out.
    pub async fn publish(&self, id: Option<&str>, zip: Option<&[u8]>, extra: Option<&str>) -> Exchange {
        let mut sent = "POST publish".to_owned();
        let mut form = Form::new();
        if let Some(id) = id {
            sent += &format!(", {FIELD_CVAPP_ID}={id}");
            form = form.text(FIELD_CVAPP_ID, id.to_owned());
        }
        if let Some(extra) = extra {
            sent += &format!(", {extra}=…");
            form = form.text(extra.to_owned(), "a field that may be ignored");
        }
        if let Some(zip) = zip {
            sent += &format!(", {FIELD_SOURCE_FILE} of {} bytes", zip.len());
            form = form.part(FIELD_SOURCE_FILE, Part::bytes(zip.to_vec()).file_name("app.zip"));
        }
        let request = self.client.post(self.url("publish")).multipart(form);
        self.exchange(self.authorised(request), sent).await
    }

    /// Runs; `query` is what stands behind `run`.
    pub async fn run(&self, query: &str, body: String) -> Exchange {
        let request = self.run_request(query, body.clone());
        self.exchange(self.authorised(request), run_sent(query, &body)).await
    }

    /// Runs without the runner's token, or with another.
    pub async fn run_as_stranger(&self, query: &str, body: String, token: Option<&str>) -> Exchange {
        let sent = format!("{}, {}", run_sent(query, &body), token.map_or("without a token", |_| "with another token"));
        let mut request = self.run_request(query, body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        self.exchange(request, sent).await
    }

    fn run_request(&self, query: &str, body: String) -> RequestBuilder {
        let request = self.client.post(self.url(&format!("run{query}")));
        request.header(header::CONTENT_TYPE, "application/json").body(body)
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }

    async fn exchange(&self, request: RequestBuilder, sent: String) -> Exchange {
        let answer = async {
            let response = request.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            let text = response.text().await?;
            Ok(Answer { status, headers, json: serde_json::from_str(&text).ok(), text })
        };
        Exchange { sent, answer: answer.await.map_err(words) }
    }
}

impl Answer {
    /// A header, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The answer in one line.
    pub fn shown(&self) -> String {
        format!("{} {}", self.status.as_u16(), cut(&self.text))
    }
}

fn run_sent(query: &str, body: &str) -> String {
    format!("POST run{query} {}", cut(body))
}

fn cut(text: &str) -> String {
    let mut shown: String = text.trim().chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.trim().chars().count() > SHOWN {
        shown += &format!("… ({} bytes)", text.len());
    }
    shown
}

/// The innermost reason.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
