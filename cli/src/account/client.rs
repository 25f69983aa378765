//! A portal, as a program with a key sees it: `/api/v1`.

use std::{fs::File, io::Write, time::Duration};

use anyhow::{Context, bail};
use futures_util::TryStreamExt;
use reqwest::{
    Body, RequestBuilder, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER},
    redirect::Policy,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio_util::io::ReaderStream;
use url::Url;
use vision_protocol::Fault;

use super::Account;

const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// A portal that says nothing for so long has gone.
const SILENCE: Duration = Duration::from_secs(120);
/// How often in a row a portal that is being restarted is asked again.
const PATIENCE: u32 = 30;
/// What is shown of an answer that is no problem+json.
const SHOWN: usize = 200;

/// Whose key it is.
#[derive(Deserialize)]
pub(crate) struct Me {
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) key: Key,
    pub(crate) limits: Limits,
}

/// The key.
#[derive(Deserialize)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
}

/// What may be uploaded.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Limits {
    pub(crate) package_bytes: u64,
}

/// A release.
#[derive(Serialize, Deserialize)]
pub(crate) struct Release {
    pub(crate) id: i64,
    pub(crate) app: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) status: String,
    pub(crate) faults: Vec<Fault>,
    pub(crate) warnings: Vec<Fault>,
    pub(crate) url: String,
}

#[derive(Deserialize)]
struct Apps {
    apps: Vec<App>,
}

/// One of an author's apps.
#[derive(Deserialize)]
pub(crate) struct App {
    pub(crate) slug: String,
    pub(crate) name: String,
}

/// RFC 9457.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    title: String,
    detail: String,
    faults: Vec<Fault>,
}

/// What was asked for, or the faults of what was handed in.
pub(crate) type Answered<T> = Result<T, Vec<Fault>>;

/// A portal.
pub(crate) struct Client {
    base: Url,
    key: SecretString,
    http: reqwest::Client,
}

impl Client {
    pub(crate) fn new(account: Account) -> anyhow::Result<Self> {
        // Another part of the process may have installed its provider first, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(SILENCE)
            // The key is for this portal, not for where it may send one on to.
            .redirect(Policy::none())
            .user_agent(concat!("vision/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { base: account.portal, key: account.key, http })
    }

    /// Whose key it is, and what it is good for.
    pub(crate) async fn me(&self) -> anyhow::Result<Me> {
        self.told(self.get("me")?).await
    }

    /// The author's apps.
    pub(crate) async fn apps(&self) -> anyhow::Result<Vec<App>> {
        Ok(self.told::<Apps>(self.get("apps")?).await?.apps)
    }

    /// Uploads a zip from its beginning, as a release of that app or of a new one. `progress` is told each piece.
    pub(crate) async fn upload(
        &self,
        zip: File,
        app: Option<&str>,
        progress: impl Fn(u64) + Send + Sync + 'static,
    ) -> anyhow::Result<Answered<Release>> {
        let mut url = self.url("releases")?;
        if let Some(app) = app {
            url.query_pairs_mut().append_pair("app", app);
        }
        let bytes = zip.metadata()?.len();
        let pieces = ReaderStream::new(tokio::fs::File::from_std(zip));
        let pieces = pieces.inspect_ok(move |piece| progress(piece.len() as u64));
        let request = self.http.post(url).header(CONTENT_TYPE, "application/zip").header(CONTENT_LENGTH, bytes);
        self.answered(request.body(Body::wrap_stream(pieces))).await
    }

    /// The release, once a runner has said its word.
    pub(crate) async fn checked(&self, mut release: Release) -> anyhow::Result<Release> {
        let path = format!("releases/{}", release.id);
        let mut unanswered = 0;
        let mut pause = 1;
        while release.status == "checking" {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            let response = match self.send(self.get(&path)?).await {
                Ok(response) if response.status() != StatusCode::SERVICE_UNAVAILABLE => response,
                Ok(_) | Err(_) if unanswered < PATIENCE => {
                    unanswered += 1;
                    continue;
                }
                other => other?,
            };
            unanswered = 0;
            let after = response.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
            pause = after.unwrap_or(1_u64).clamp(1, 60);
            release = self.read(response).await?.map_err(|faults| anyhow::anyhow!("{}", summary(&faults)))?;
        }
        Ok(release)
    }

    /// Publishes a release.
    pub(crate) async fn publish(&self, release: &Release) -> anyhow::Result<Release> {
        self.told(self.http.post(self.url(&format!("releases/{}/publish", release.id))?)).await
    }

    /// Writes what stands at a path into a file, piece by piece.
    pub(crate) async fn download(&self, path: &str, query: &[(&str, String)], into: &mut File) -> anyhow::Result<()> {
        let mut url = self.url(path)?;
        url.query_pairs_mut().extend_pairs(query);
        let mut response = self.send(self.http.get(url)).await?;
        if response.status() != StatusCode::OK {
            self.read::<serde::de::IgnoredAny>(response)
                .await?
                .map_err(|faults| anyhow::anyhow!("{}", summary(&faults)))?;
            bail!("{} answered with something else: is it a portal?", self.base);
        }
        while let Some(piece) = response.chunk().await.map_err(reqwest::Error::without_url)? {
            into.write_all(&piece)?;
        }
        Ok(())
    }

    fn url(&self, path: &str) -> anyhow::Result<Url> {
        Ok(self.base.join(&format!("api/v1/{path}"))?)
    }

    fn get(&self, path: &str) -> anyhow::Result<RequestBuilder> {
        Ok(self.http.get(self.url(path)?))
    }

    async fn told<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        self.answered(request).await?.map_err(|faults| anyhow::anyhow!("{}", summary(&faults)))
    }

    async fn answered<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<Answered<T>> {
        let response = self.send(request).await?;
        self.read(response).await
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let request = request.bearer_auth(self.key.expose_secret());
        request
            .send()
            .await
            .map_err(reqwest::Error::without_url)
            .with_context(|| format!("{} does not answer", self.base))
    }

    async fn read<T: DeserializeOwned>(&self, response: Response) -> anyhow::Result<Answered<T>> {
        let (status, location) = (response.status(), response.headers().get(LOCATION).cloned());
        let text = response.text().await.map_err(reqwest::Error::without_url)?;
        if status.is_success() {
            let told = serde_json::from_str(&text);
            return Ok(Ok(
                told.with_context(|| format!("{} answered with something else: is it a portal?", self.base))?
            ));
        }
        if let Some(location) = location.as_ref().and_then(|location| location.to_str().ok())
            && status.is_redirection()
        {
            bail!("{} sends one on to {location}: log in to the portal at that address", self.base);
        }
        let Ok(problem) = serde_json::from_str::<Problem>(&text) else {
            bail!("{} answered {status}: {}", self.base, text.chars().take(SHOWN).collect::<String>());
        };
        if !problem.faults.is_empty() {
            return Ok(Err(problem.faults));
        }
        bail!("{} answered {status}: {}. {}", self.base, problem.title, problem.detail)
    }
}

fn summary(faults: &[Fault]) -> String {
    vision_protocol::fault::summary(faults)
}
