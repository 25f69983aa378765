//! Runners: which there are, which one takes the next job, and talking to it.

pub mod client;
pub mod embedded;
pub mod signing;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use secrecy::SecretString;
use url::Url;
use vision_protocol::{
    fault::Fault,
    ids::{Digest, ReleaseId, RunnerId},
    messages::{RunRequest, RunResponse},
};

use crate::{
    blobs::{BlobError, keys::Purpose, objects::ObjectKey},
    domain::DomainError,
    state::Portal,
    store::{RunnerRow, StoreError},
    traces::{Kind, Step},
};

pub use client::{Refusal, RunnerError};

/// A runner that does not answer is asked last for a while: this long at first, twice as long each time.
const FIRST_REST_MS: i64 = 250;
const LONGEST_REST_MS: i64 = 30_000;

/// The runners of this portal, and how busy each is.
pub struct Fleet {
    http: reqwest::Client,
    load: Mutex<HashMap<RunnerId, Load>>,
    embedded: tokio::sync::watch::Sender<Option<RunnerId>>,
}

#[derive(Clone, Copy, Default)]
struct Load {
    busy: u64,
    failures: u32,
    rests_until: i64,
}

/// A runner's attention for one job.
pub struct Slot<'a> {
    fleet: &'a Fleet,
    id: RunnerId,
    base_url: Url,
    token: Option<SecretString>,
    extended: Option<bool>,
    has_release: bool,
}

impl Fleet {
    /// A fleet without embedded runner yet.
    ///
    /// # Errors
    /// If the HTTP client cannot be made.
    pub fn new() -> Result<Self, reqwest::Error> {
        // A second portal in one process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            // Shorter than servers usually keep idle connections, so that a run seldom meets a closed one.
            .pool_idle_timeout(Duration::from_secs(3))
            .user_agent("vision-portal")
            .build()?;
        Ok(Self { http, load: Mutex::default(), embedded: tokio::sync::watch::channel(None).0 })
    }

    fn load(&self) -> MutexGuard<'_, HashMap<RunnerId, Load>> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Jobs that a runner has in hand for this portal.
    pub fn busy(&self, id: RunnerId) -> u64 {
        self.load().get(&id).map_or(0, |load| load.busy)
    }

    /// How often in a row a runner did not answer this portal.
    pub fn failures(&self, id: RunnerId) -> u32 {
        self.load().get(&id).map_or(0, |load| load.failures)
    }

    /// The embedded runner answers now, or no more.
    pub(crate) fn set_embedded(&self, id: Option<RunnerId>) {
        if let Some(id) = id {
            self.load().entry(id).or_default().rests_until = 0;
        }
        self.embedded.send_replace(id);
    }

    /// Waits until the embedded runner answers; at most so long.
    pub async fn embedded_ready(&self, at_most: Duration) -> bool {
        let mut embedded = self.embedded.subscribe();
        tokio::time::timeout(at_most, embedded.wait_for(Option::is_some)).await.is_ok_and(|ready| ready.is_ok())
    }

    /// The runner to ask next.
    ///
    /// # Errors
    /// The database's, or a token that does not open.
    pub async fn pick<'a>(&'a self, portal: &Portal) -> Result<Option<Slot<'a>>, DomainError> {
        self.choose(portal, &[]).await
    }

    /// The runner to ask next for a run of this release: rather one that has it.
    ///
    /// # Errors
    /// As [`Fleet::pick`].
    pub async fn pick_for<'a>(&'a self, portal: &Portal, release: ReleaseId) -> Result<Option<Slot<'a>>, DomainError> {
        let having = portal.store.publications(release).await?;
        self.choose(portal, &having).await
    }

    async fn choose<'a>(&'a self, portal: &Portal, having: &[RunnerId]) -> Result<Option<Slot<'a>>, DomainError> {
        let embedded = *self.embedded.borrow();
        let now = portal.now();
        let rows = portal.store.runners().await?;
        let usable = rows
            .into_iter()
            .filter(|row| row.enabled != 0 && (row.embedded == 0 || embedded == Some(RunnerId(row.id))));
        let chosen = {
            let load = self.load();
            usable.min_by_key(|row| {
                let id = RunnerId(row.id);
                let load = load.get(&id).copied().unwrap_or_default();
                // Of those that rest, the one that has rested longest.
                ((load.rests_until - now).max(0), load.busy, !having.contains(&id))
            })
        };
        let Some(row) = chosen else { return Ok(None) };
        let has_release = having.contains(&RunnerId(row.id));
        self.slot(portal, &row, has_release).map(Some)
    }

    fn slot<'a>(&'a self, portal: &Portal, row: &RunnerRow, has_release: bool) -> Result<Slot<'a>, DomainError> {
        let token = match &row.token {
            Some(wrapped) => {
                let token = portal.master.unwrap(Purpose::RunnerToken, wrapped)?;
                Some(SecretString::from(String::from_utf8(token).map_err(|_| BlobError::Tampered)?))
            }
            None => None,
        };
        let id = RunnerId(row.id);
        let base_url = row.base_url.parse().map_err(|_| StoreError::Corrupt("address of a runner"))?;
        self.load().entry(id).or_default().busy += 1;
        Ok(Slot { fleet: self, id, base_url, token, extended: row.extended.map(|e| e != 0), has_release })
    }

    /// Notes how a runner did. Only news are written down.
    async fn note(&self, portal: &Portal, id: RunnerId, error: Option<&RunnerError>) {
        let failed = error.filter(|error| error.is_absence());
        let news = {
            let mut load = self.load();
            let load = load.entry(id).or_default();
            let news = failed.is_some() || load.failures > 0 || load.rests_until == 0;
            match failed {
                Some(_) => {
                    load.failures = load.failures.saturating_add(1);
                    let rest = FIRST_REST_MS.saturating_mul(1 << load.failures.min(10)).min(LONGEST_REST_MS);
                    load.rests_until = portal.now() + rest;
                }
                None => (load.failures, load.rests_until) = (0, portal.now()),
            }
            news
        };
        if !news {
            return;
        }
        let text = failed.map(ToString::to_string);
        if let Err(error) = portal.store.note_runner(id, portal.now(), text.as_deref()).await {
            tracing::warn!(runner.id = %id, %error, "noting a runner's state failed");
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if let Some(load) = self.fleet.load().get_mut(&self.id) {
            load.busy = load.busy.saturating_sub(1);
        }
    }
}

impl Slot<'_> {
    /// The runner.
    pub fn id(&self) -> RunnerId {
        self.id
    }

    /// Whether it was given the release that was asked for.
    pub fn has_release(&self) -> bool {
        self.has_release
    }

    /// Whether it understands what goes beyond the protocol's table; asked once.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn is_extended(&self, portal: &Portal) -> Result<bool, RunnerError> {
        if let Some(extended) = self.extended {
            return Ok(extended);
        }
        let answer = client::is_live(&self.fleet.http, &self.base_url).await;
        self.fleet.note(portal, self.id, answer.as_ref().err()).await;
        let extended = answer?;
        portal.store.note_extended(self.id, extended).await.map_err(RunnerError::local)?;
        Ok(extended)
    }

    /// Gives it a release; answers with remarks for the author.
    ///
    /// # Errors
    /// What it said.
    pub async fn publish(&self, portal: &Portal, id: ReleaseId, digest: Digest) -> Result<Vec<Fault>, RunnerError> {
        let package = portal.objects.open(ObjectKey::Package(digest)).await.map_err(RunnerError::local)?;
        let timeout = Duration::from_secs(portal.config.limits.check_seconds);
        let step = portal.traces.begin_within(Kind::Client, "POST /publish");
        let answer = client::publish(&self.call(timeout, &step), id, package).await;
        self.fleet.note(portal, self.id, answer.as_ref().err()).await;
        answer
    }

    /// Has it execute a run.
    ///
    /// # Errors
    /// What it said.
    pub async fn run(&self, portal: &Portal, id: ReleaseId, request: &RunRequest) -> Result<RunResponse, RunnerError> {
        let limits = portal.config.limits.runs();
        // The runner's own deadline goes first, so that its words are heard.
        let timeout = Duration::from_millis(limits.deadline_ms) + Duration::from_secs(5);
        let step = portal.traces.begin_within(Kind::Client, "POST /run");
        let asked = Instant::now();
        let answer = client::run(&self.call(timeout, &step), id, request, limits.result_bytes).await;
        match &answer {
            Ok(response) => portal.traces.add(&step, asked.elapsed(), &response.spans),
            Err(error) => {
                step.failed();
                if let RunnerError::Refused(refusal) = error {
                    portal.traces.add(&step, asked.elapsed(), &refusal.spans);
                }
            }
        }
        drop(step);
        self.fleet.note(portal, self.id, answer.as_ref().err()).await;
        answer
    }

    fn call(&self, timeout: Duration, step: &Step) -> client::Call<'_> {
        client::Call {
            http: &self.fleet.http,
            base_url: &self.base_url,
            token: self.token.as_ref(),
            timeout,
            traceparent: step.traceparent(),
        }
    }
}
