//! The only road out of a runner: fetching inputs from signed URLs and putting pictures to them.
//!
//! A URL must have exactly the origin of a portal that the operator named. Redirects are not followed, and no proxy
//! from the environment is used. A portal's name is bound to its first addresses ([`pins`]), and the far end of each
//! connection is held against them. Bytes stay in memory.

mod pins;

use std::{sync::Arc, time::Duration};

use reqwest::{Client, Response, header, redirect::Policy};
use url::{Origin, Url};
use vision_protocol::messages::ErrorCode;

use self::pins::{Pins, Resolver};
use super::failure::Failure;
use crate::ipc::{Attachment, Inflow};

/// How long a portal may say nothing while it is asked for a file.
const SILENCE: Duration = Duration::from_secs(10);
/// Headers of an answer; ours has a dozen. All of them together may have 400 KiB, which is the HTTP client's own bound.
const HEADERS: usize = 64;

/// Fetches and puts.
pub(super) struct Files {
    client: Client,
    portals: Vec<Origin>,
    pins: Arc<Pins>,
    input_bytes: u64,
    silence: Duration,
}

impl Files {
    pub(super) fn new(portals: &[Url], input_bytes: u64) -> reqwest::Result<Self> {
        // Another part of the process may have installed its provider first, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let pins = Arc::new(Pins::new(portals));
        let mut builder = Client::builder()
            .no_proxy()
            .dns_resolver(Resolver(pins.clone()))
            .http1_max_headers(HEADERS)
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(Duration::from_secs(5))
            .user_agent(concat!("intelligent-vision-runner/", env!("CARGO_PKG_VERSION")));
        if portals.iter().all(|portal| portal.scheme() == "http") {
            // Machines without any root certificates can serve a portal that needs none.
            builder = builder.tls_certs_only([]);
        }
        let portals = portals.iter().map(Url::origin).collect();
        Ok(Self { client: builder.build()?, portals, pins, input_bytes, silence: SILENCE })
    }

    /// Looks the portals' names up ahead of the first file, for as long as it takes.
    pub(super) fn pin_names(&self) -> impl Future<Output = ()> + use<> {
        let pins = self.pins.clone();
        async move { pins.fill().await }
    }

    /// Whether a URL leads to a portal.
    pub(super) fn allows(&self, url: &Url) -> bool {
        let plain = url.username().is_empty() && url.password().is_none();
        plain && matches!(url.scheme(), "http" | "https") && self.portals.contains(&url.origin())
    }

    /// The picture for a parameter.
    pub(super) async fn fetch(&self, parameter: &str, url: &Url) -> Result<Attachment, Failure> {
        let unavailable = |why: String| {
            Failure::new(ErrorCode::InputUnavailable, format!("the file for “{parameter}” could not be fetched: {why}"))
        };
        let too_large = || {
            let message = format!("the file for “{parameter}” is larger than {} bytes", self.input_bytes);
            Failure::new(ErrorCode::TooLarge, message)
        };
        if !self.allows(url) {
            return Err(unavailable(format!("this runner fetches nothing from {}", shown(url))));
        }
        let mut response = self.in_time(self.client.get(url.clone()).send()).await.map_err(unavailable)?;
        self.check_peer(url, &response).map_err(unavailable)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(unavailable(format!("{} answered {}", shown(url), response.status())));
        }
        let announced = response.content_length().unwrap_or(0);
        if announced > self.input_bytes {
            return Err(too_large());
        }
        let internal = |error: std::io::Error| Failure::internal("take in a file", error);
        let mut bytes = Inflow::new(announced).map_err(internal)?;
        while let Some(chunk) = self.in_time(response.chunk()).await.map_err(unavailable)? {
            if bytes.length() + chunk.len() as u64 > self.input_bytes {
                return Err(too_large());
            }
            bytes.push(&chunk).map_err(internal)?;
        }
        bytes.finish().map_err(internal)
    }

    /// Waits for the portal, but not for one that dribbles its answer to keep a run busy.
    async fn in_time<T>(&self, answer: impl Future<Output = reqwest::Result<T>>) -> Result<T, String> {
        match tokio::time::timeout(self.silence, answer).await {
            Ok(answer) => answer.map_err(words),
            Err(_) => Err(format!("the portal said nothing for {:?}", self.silence)),
        }
    }

    /// What was connected to is what was allowed, however the client got there.
    fn check_peer(&self, url: &Url, response: &Response) -> Result<(), String> {
        let peer = response.remote_addr();
        if peer.is_some_and(|peer| self.pins.hold(url, peer)) {
            return Ok(());
        }
        tracing::error!(url.origin = shown(url), ?peer, "a connection led to an address that is not the portal's");
        Err(format!("the connection did not lead to {}", shown(url)))
    }

    /// Leaves a result picture at the URL that came with the run.
    pub(super) async fn put(
        &self,
        variable: &str,
        url: &Url,
        media_type: &'static str,
        picture: impl Into<reqwest::Body>,
    ) -> Result<(), Failure> {
        let what = format!("store the picture “{variable}”");
        if !self.allows(url) {
            return Err(Failure::internal(&what, format!("nothing is sent to {}", shown(url))));
        }
        let request = self.client.put(url.clone()).header(header::CONTENT_TYPE, media_type).body(picture);
        let response = request.send().await.map_err(|error| Failure::internal(&what, words(error)))?;
        self.check_peer(url, &response).map_err(|why| Failure::internal(&what, why))?;
        if !response.status().is_success() {
            return Err(Failure::internal(&what, format!("{} answered {}", shown(url), response.status())));
        }
        Ok(())
    }
}

/// Where a URL leads, without what makes it secret.
pub(super) fn shown(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The innermost reason, without the signed URL.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests;
