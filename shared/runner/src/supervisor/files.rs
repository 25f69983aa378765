//! The only road out of a runner: fetching inputs from signed URLs and putting pictures to them.
//!
//! A URL must have exactly the origin of a portal that the operator named. Redirects are not followed, and no proxy
//! from the environment is used. Bytes stay in memory.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{Client, header, redirect::Policy};
use url::{Origin, Url};
use vision_protocol::messages::ErrorCode;

use super::failure::Failure;

/// Fetches and puts.
pub(super) struct Files {
    client: Client,
    portals: Vec<Origin>,
    input_bytes: u64,
}

impl Files {
    pub(super) fn new(portals: &[Url], input_bytes: u64) -> reqwest::Result<Self> {
        // Another part of the process may have installed its provider first, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(Duration::from_secs(5))
            .user_agent(concat!("intelligent-vision-runner/", env!("CARGO_PKG_VERSION")));
        if portals.iter().all(|portal| portal.scheme() == "http") {
            // Machines without any root certificates can serve a portal that needs none.
            builder = builder.tls_certs_only([]);
        }
        Ok(Self { client: builder.build()?, portals: portals.iter().map(Url::origin).collect(), input_bytes })
    }

    /// Whether a URL leads to a portal.
    pub(super) fn allows(&self, url: &Url) -> bool {
        let plain = url.username().is_empty() && url.password().is_none();
        plain && matches!(url.scheme(), "http" | "https") && self.portals.contains(&url.origin())
    }

    /// The picture for a parameter.
    pub(super) async fn fetch(&self, parameter: &str, url: &Url) -> Result<Bytes, Failure> {
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
        let failed = |error: reqwest::Error| unavailable(words(error));
        let mut response = self.client.get(url.clone()).send().await.map_err(failed)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(unavailable(format!("{} answered {}", shown(url), response.status())));
        }
        let announced = response.content_length().unwrap_or(0);
        if announced > self.input_bytes {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if (bytes.len() + chunk.len()) as u64 > self.input_bytes {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.into())
    }

    /// Leaves a result picture at the URL that came with the run.
    pub(super) async fn put(
        &self,
        variable: &str,
        url: &Url,
        media_type: &'static str,
        picture: Vec<u8>,
    ) -> Result<(), Failure> {
        let what = format!("store the picture “{variable}”");
        if !self.allows(url) {
            return Err(Failure::internal(&what, format!("nothing is sent to {}", shown(url))));
        }
        let request = self.client.put(url.clone()).header(header::CONTENT_TYPE, media_type).body(picture);
        let response = request.send().await.map_err(|error| Failure::internal(&what, words(error)))?;
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
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_origin_is_allowed() {
        let portals = ["http://127.0.0.1:8080/base".parse().unwrap(), "https://portal.example".parse().unwrap()];
        let files = Files::new(&portals[..1], 10).unwrap();
        for (url, allowed) in [
            ("http://127.0.0.1:8080/files/1?x=y", true),
            ("http://127.0.0.1:8081/files/1", false),
            ("https://127.0.0.1:8080/files/1", false),
            ("http://localhost:8080/files/1", false),
            ("http://127.0.0.1:8080@evil.example/", false),
            ("http://user@127.0.0.1:8080/", false),
            ("http://127.0.0.1.evil.example:8080/", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(files.allows(&url.parse().unwrap()), allowed, "{url}");
        }
    }
}
