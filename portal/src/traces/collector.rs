//! Sending traces to a collector, over the HTTP client and TLS that the portal has anyway.

use std::{pin::Pin, time::Duration};

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tokio::runtime::Handle;
use url::Url;

/// What a portal is called in its traces, unless `OTEL_SERVICE_NAME` says otherwise.
const SERVICE: &str = "vision-portal";
/// How long a collector may take for one batch.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// The address is not one for HTTP.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https address, such as http://127.0.0.1:4318")]
    Address,
    /// An HTTP client could not be made.
    #[error("HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// One of OpenTelemetry's own variables cannot be used.
    #[error("{0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

pub(super) fn provider(collector: &Url) -> Result<SdkTracerProvider, CollectorError> {
    if !matches!(collector.scheme(), "http" | "https") {
        return Err(CollectorError::Address);
    }
    let endpoint = format!("{}/v1/traces", collector.as_str().trim_end_matches('/'));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .user_agent("vision-portal")
        .build()?;
    let client = Client { client, runtime: Handle::current() };
    let exporter = SpanExporter::builder().with_http().with_http_client(client).with_endpoint(endpoint).build()?;
    let mut resource = Resource::builder();
    if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(SERVICE);
    }
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build())
}

/// The exporter works on a thread of its own, where no runtime is: what it sends is sent on the portal's.
#[derive(Debug)]
struct Client {
    client: reqwest::Client,
    runtime: Handle,
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Client {
    fn send_bytes<'a, 'b>(&'a self, request: Request<Bytes>) -> Sending<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move {
            let sent = send(&client, request).await;
            match &sent {
                Ok(answer) if answer.status().is_success() => {}
                Ok(answer) => tracing::warn!(http.status = answer.status().as_u16(), "the collector refuses traces"),
                Err(error) => tracing::warn!(%error, "traces could not be exported"),
            }
            sent
        });
        Box::pin(async move { Ok(sending.await??) })
    }
}

async fn send(client: &reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, reqwest::Error> {
    // The address stands in the configuration; what may be in it is not for the log.
    let request = reqwest::Request::try_from(request).map_err(reqwest::Error::without_url)?;
    let answer = client.execute(request).await.map_err(reqwest::Error::without_url)?;
    let status = answer.status();
    let mut sent = Response::new(answer.bytes().await.map_err(reqwest::Error::without_url)?);
    *sent.status_mut() = status;
    Ok(sent)
}
