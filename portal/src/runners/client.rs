//! The runner protocol, from the portal's side. Whoever speaks its two endpoints is understood; what our own runners
//! add is used where it is there.

use std::time::Duration;

use reqwest::{
    Response, StatusCode,
    header::RETRY_AFTER,
    multipart::{Form, Part},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;
use vision_protocol::{
    fault::Fault,
    ids::ReleaseId,
    messages::{
        ErrorCode, ErrorResponse, FIELD_CVAPP_ID, FIELD_SOURCE_FILE, LogLine, RunRequest, RunResponse, Span, Timings,
    },
    traceparent::Traceparent,
};

use crate::blobs::objects::ObjectReader;

/// Longest answer that is not a result.
const SMALL_ANSWER: u64 = 1 << 20;

/// Why a runner did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// It could not be reached, or the connection broke.
    #[error("the runner could not be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It did not answer in time.
    #[error("the runner did not answer in time")]
    TimedOut,
    /// Its queue is full.
    #[error("the runner is busy")]
    Busy(Option<Duration>),
    /// It said no.
    #[error("{}", .0.answer.message)]
    Refused(Box<Refusal>),
    /// Its answer is not of the protocol's form.
    #[error("the runner's answer could not be read: {0}")]
    Malformed(String),
    /// Its answer is larger than a result may be.
    #[error("the result is larger than allowed")]
    TooLarge,
    /// The portal's own fault.
    #[error(transparent)]
    Local(LocalError),
}

/// A fault of the portal while it talked to a runner.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LocalError(String);

impl From<LocalError> for crate::domain::DomainError {
    fn from(error: LocalError) -> Self {
        Self::Internal(error.0)
    }
}

/// A runner's no.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What it said.
    pub answer: ErrorResponse,
}

impl std::ops::Deref for Refusal {
    type Target = ErrorResponse;
    fn deref(&self) -> &ErrorResponse {
        &self.answer
    }
}

impl Refusal {
    /// Whether the same may work a little later.
    pub fn is_transient(&self) -> bool {
        self.answer.code.is_some_and(ErrorCode::is_transient) || matches!(self.status, 401 | 403 | 502 | 503)
    }
}

impl RunnerError {
    pub(crate) fn local(error: impl std::fmt::Display) -> Self {
        Self::Local(LocalError(error.to_string()))
    }

    /// When it wants to be asked again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy(after) => *after,
            _ => None,
        }
    }

    /// Whether it only has too much to do.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy(_))
    }

    /// Whether others should be asked before it for a while.
    pub fn is_absence(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut | Self::Malformed(_) => true,
            Self::Refused(refusal) => matches!(refusal.status, 401 | 403 | 502 | 503),
            _ => false,
        }
    }
}

impl From<reqwest::Error> for RunnerError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() && !error.is_connect() { Self::TimedOut } else { Self::Unreachable(error.without_url()) }
    }
}

/// Where and how to ask.
pub struct Call<'a> {
    /// The client.
    pub http: &'a reqwest::Client,
    /// Where `/publish` and `/run` are.
    pub base_url: &'a Url,
    /// Sent as `Authorization: Bearer`.
    pub token: Option<&'a SecretString>,
    /// How long to wait for the whole answer.
    pub timeout: Duration,
    /// The place in a trace to which the answer belongs.
    pub traceparent: Option<Traceparent>,
}

impl Call<'_> {
    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.http.post(below(self.base_url, path)).timeout(self.timeout);
        if let Some(place) = self.traceparent {
            request = request.header(Traceparent::HEADER, place.to_string());
        }
        match self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }
}

fn below(base: &Url, path: &str) -> Url {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query(query);
    url
}

/// Whether it has the health page that our runners have.
pub(super) async fn is_live(http: &reqwest::Client, base_url: &Url) -> Result<bool, RunnerError> {
    let answer = http.get(below(base_url, "health/live")).timeout(Duration::from_secs(5)).send().await?;
    Ok(answer.status() == StatusCode::OK)
}

/// `POST /publish`.
pub(super) async fn publish(call: &Call<'_>, id: ReleaseId, package: ObjectReader) -> Result<Vec<Fault>, RunnerError> {
    // With its length, so that the request is not chunked: simple servers read by Content-Length only.
    let size = package.size();
    let part = Part::stream_with_length(package.into_file(), size).file_name(format!("{id}.zip"));
    let part = part.mime_str("application/zip").map_err(RunnerError::local)?;
    let form = Form::new().text(FIELD_CVAPP_ID, id.to_string()).part(FIELD_SOURCE_FILE, part);
    let answer = call.post("publish").multipart(form).send().await?;
    if answer.status() != StatusCode::OK {
        return Err(refusal(answer).await);
    }
    let body = read(answer, SMALL_ANSWER).await?;
    let body: Value = serde_json::from_slice(&body).map_err(|error| RunnerError::Malformed(error.to_string()))?;
    match body.get("hasError").and_then(Value::as_bool) {
        Some(false) => Ok(lenient(&body, "warnings").unwrap_or_default()),
        Some(true) => {
            let message = body.get("message").and_then(Value::as_str);
            let message = message.unwrap_or("The runner found an error in the app, and did not say which.");
            let answer = error_response(&body, message.to_owned());
            Err(RunnerError::Refused(Box::new(Refusal { status: 400, answer })))
        }
        None => Err(RunnerError::Malformed("it has no hasError".to_owned())),
    }
}

/// `POST /run`.
pub(super) async fn run(
    call: &Call<'_>,
    id: ReleaseId,
    request: &RunRequest,
    result_bytes: u64,
) -> Result<RunResponse, RunnerError> {
    let answer = call.post(&format!("run?cvappid={id}")).json(request).send().await?;
    if answer.status() != StatusCode::OK {
        return Err(refusal(answer).await);
    }
    // Base64 makes four bytes of three.
    let body = read(answer, result_bytes / 3 * 4 + SMALL_ANSWER).await?;
    let mut body: Value = serde_json::from_slice(&body).map_err(|error| RunnerError::Malformed(error.to_string()))?;
    let Some(Value::Object(result)) = body.get_mut("result").map(Value::take) else {
        return Err(RunnerError::Malformed("it has no result".to_owned()));
    };
    Ok(RunResponse {
        result,
        timings: timings(&body),
        logs: logs(&body),
        cached: lenient(&body, "cached").unwrap_or_default(),
        facts: lenient(&body, "facts").unwrap_or_default(),
        spans: spans(&body),
    })
}

async fn refusal(answer: Response) -> RunnerError {
    let status = answer.status();
    if status == StatusCode::TOO_MANY_REQUESTS {
        let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        return RunnerError::Busy(seconds.map(|seconds: u64| Duration::from_secs(seconds.clamp(1, 60))));
    }
    let body = read(answer, SMALL_ANSWER).await.ok().and_then(|body| serde_json::from_slice::<Value>(&body).ok());
    let body = body.unwrap_or_default();
    let message = match body.get("message").and_then(Value::as_str) {
        Some(message) if !message.trim().is_empty() => message.to_owned(),
        _ => format!("The runner answered {} without a message.", status.as_u16()),
    };
    let answer = error_response(&body, message);
    RunnerError::Refused(Box::new(Refusal { status: status.as_u16(), answer }))
}

/// What of a third party's answer is not of our form is left out, not refused.
fn error_response(body: &Value, message: String) -> ErrorResponse {
    ErrorResponse {
        message,
        faults: lenient(body, "faults").unwrap_or_default(),
        code: lenient(body, "code"),
        timings: timings(body),
        logs: logs(body),
        spans: spans(body),
    }
}

fn timings(body: &Value) -> Option<Timings> {
    lenient(body, "timings")
}

fn logs(body: &Value) -> Vec<LogLine> {
    lenient(body, "logs").unwrap_or_default()
}

fn spans(body: &Value) -> Vec<Span> {
    lenient(body, "spans").unwrap_or_default()
}

fn lenient<T: serde::de::DeserializeOwned>(body: &Value, key: &str) -> Option<T> {
    serde_json::from_value(body.get(key)?.clone()).ok()
}

async fn read(mut answer: Response, limit: u64) -> Result<Vec<u8>, RunnerError> {
    if answer.content_length().is_some_and(|length| length > limit) {
        return Err(RunnerError::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if (body.len() + piece.len()) as u64 > limit {
            return Err(RunnerError::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}
