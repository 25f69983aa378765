//! Executing a run on a runner: the job behind the statuses `queued` and `running`.
//!
//! A run may be executed more than once (a portal or runner was killed), but it ends exactly once: result and job
//! end in one transaction, held by one lease.

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::broadcast;
use url::Url;
use vision_protocol::{
    ids::{BlobId, Digest, ReleaseId, RunId, UserId},
    manifest::Manifest,
    messages::{ErrorCode, ErrorResponse, NamedValue, RunRequest},
    results::ResultType,
    signed_url::{Grant, Method},
};

use super::{
    RunStatus, counting, outcome,
    stored::{Column, Named, Outcome, StoredValue},
};
use crate::{
    blobs::keys::UserKey,
    config::JobsConfig,
    domain::{DomainError, Result, catalog, following, work::remove_blob},
    jobs::{Verdict, Work},
    runners::{RunnerError, Slot},
    state::{News, Portal},
    store::{BlobRole, JobKind, Lease, NewBlob, RunRow, StoreError},
    traces::Kind,
};

/// A worker that dies on the same run this often is killed by the run.
const WORKER_DEATHS: i64 = 3;
/// Links outlive the longest run by this.
const LINK_MARGIN_MS: i64 = 60_000;

/// Executes runs.
pub(in crate::domain) struct Execute;

impl Work for Execute {
    fn kind(&self) -> JobKind {
        JobKind::ExecuteRun
    }

    fn parallel(&self, config: &JobsConfig) -> usize {
        config.runs_parallel
    }

    fn attempts(&self, config: &JobsConfig) -> u32 {
        config.run_attempts
    }

    fn perform<'a>(&'a self, portal: &'a Portal, lease: &'a Lease) -> BoxFuture<'a, Result<Verdict>> {
        Box::pin(perform(portal, lease))
    }

    fn postpone<'a>(&'a self, portal: &'a Portal, lease: &'a Lease, run_at: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let id = run_id(lease)?;
            portal.store.requeue_run(lease, id, run_at).await?;
            portal.tell(News::Run(id));
            Ok(())
        })
    }

    fn give_up<'a>(&'a self, portal: &'a Portal, lease: &'a Lease, reason: String) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let id = run_id(lease)?;
            let Some(row) = portal.store.run(id).await? else {
                portal.store.drop_job(lease).await?;
                return Ok(());
            };
            let key = user_key(portal, &row).await?;
            let reason = format!("Given up after {} attempts: {reason}.", lease.attempt);
            finish(portal, lease, &row, &key, &Outcome::failed(reason), Some(counting::GIVEN_UP)).await
        })
    }
}

/// A run in hand.
struct Execution<'a> {
    portal: &'a Portal,
    id: RunId,
    release: ReleaseId,
    digest: Digest,
    manifest: Manifest,
    owner: UserId,
    key: UserKey,
    inputs: Vec<Named>,
}

fn run_id(lease: &Lease) -> Result<RunId> {
    Ok(lease.subject.parse().map_err(|_| StoreError::Corrupt("job"))?)
}

pub(super) async fn user_key(portal: &Portal, row: &RunRow) -> Result<UserKey> {
    let owner = UserId(row.user_id);
    let user = portal.store.user(owner).await?.ok_or(StoreError::Corrupt("owner of a run"))?;
    Ok(portal.master.user_key(owner, &user.data_key)?)
}

async fn perform(portal: &Portal, lease: &Lease) -> Result<Verdict> {
    let id = run_id(lease)?;
    let row = portal.store.run(id).await?;
    let Some(row) = row.filter(|row| !RunStatus::by_name(&row.status).is_some_and(RunStatus::is_final)) else {
        portal.store.drop_job(lease).await?;
        return Ok(Verdict::Ended);
    };
    let step = portal.traces.begin(Kind::Job, "run", lease.traceparent);
    step.note("vision.run.id", id.to_string());
    step.note("vision.release.id", row.release_id);
    step.note("vision.run.attempt", lease.attempt);
    let execution = load(portal, id, &row).await?;
    let Some(slot) = portal.fleet.pick_for(portal, execution.release).await? else {
        return Ok(Verdict::retry("no runner is ready"));
    };
    let news = portal.news.subscribe();
    if !portal.store.start_run(id, portal.now()).await? {
        return Ok(Verdict::Ended);
    }
    portal.tell(News::Run(id));
    let answer = tokio::select! {
        answer = step.within(execution.on(&slot)) => answer,
        // The connection ends with the request: a runner of ours then gives the run up, another's answer is not read.
        () = unwanted(portal, id, news) => return Ok(Verdict::Ended),
    };
    let (outcome, reason) = match answer {
        Ok(outcome) => (outcome, None),
        Err(RunnerError::Local(error)) => return Err(error.into()),
        Err(error) => match reason_to_fail(&error, lease.attempt).inspect(|_| step.failed()) {
            Some(refusal) => {
                let (timings, logs) = (refusal.timings, refusal.logs);
                let outcome = Outcome { error: Some(refusal.message), timings, logs, ..Outcome::default() };
                (outcome, Some(counting::reason(&error)))
            }
            None => {
                let (after, free) = (error.retry_after(), error.is_busy());
                return Ok(Verdict::Retry { after, free, reason: error.to_string() });
            }
        },
    };
    finish(portal, lease, &row, &execution.key, &outcome, reason.as_deref()).await?;
    Ok(Verdict::Ended)
}

/// Returns once a run that is executed was cancelled, stopped or deleted.
async fn unwanted(portal: &Portal, id: RunId, mut news: broadcast::Receiver<News>) {
    loop {
        if !following::wait(portal, &mut news, |news| news == News::Run(id)).await {
            // The portal stops: a run in hand is let end.
            return std::future::pending().await;
        }
        match portal.store.run_status(id).await {
            Ok(Some((_, status))) if !RunStatus::by_name(&status).is_some_and(RunStatus::is_final) => {}
            Ok(_) => return,
            Err(error) => tracing::warn!(run.id = %id, %error, "looking whether a run is still wanted failed"),
        }
    }
}

async fn load<'a>(portal: &'a Portal, id: RunId, row: &RunRow) -> Result<Execution<'a>> {
    let release =
        portal.store.release(ReleaseId(row.release_id)).await?.ok_or(StoreError::Corrupt("release of a run"))?;
    let key = user_key(portal, row).await?;
    Ok(Execution {
        portal,
        id,
        release: ReleaseId(release.id),
        digest: release.digest.parse().map_err(|_| StoreError::Corrupt("digest"))?,
        manifest: catalog::manifest(&release.manifest)?,
        owner: UserId(row.user_id),
        inputs: Column::Inputs.open(&key, id, &row.inputs)?,
        key,
    })
}

/// What failed for good, as opposed to what may pass.
fn reason_to_fail(error: &RunnerError, attempt: i64) -> Option<ErrorResponse> {
    match error {
        RunnerError::Refused(refusal) if refusal.code == Some(ErrorCode::WorkerLost) && attempt >= WORKER_DEATHS => {
            Some(refusal.answer.clone())
        }
        // The portal was restarting, or its answer was lost.
        RunnerError::Refused(refusal)
            if refusal.code == Some(ErrorCode::InputUnavailable) && attempt < WORKER_DEATHS =>
        {
            None
        }
        RunnerError::Refused(refusal) if !refusal.is_transient() => Some(refusal.answer.clone()),
        RunnerError::TimedOut | RunnerError::Malformed(_) | RunnerError::TooLarge => {
            Some(ErrorResponse::new(ErrorCode::Internal, error.to_string()))
        }
        _ => None,
    }
}

pub(super) async fn finish(
    portal: &Portal,
    lease: &Lease,
    row: &RunRow,
    key: &UserKey,
    outcome: &Outcome,
    reason: Option<&str>,
) -> Result<()> {
    let id = run_id(lease)?;
    let status = if outcome.error.is_none() { RunStatus::Done } else { RunStatus::Failed };
    let sealed = Column::Outcome.seal(portal, key, id, outcome)?;
    let tally = counting::tally(portal, id, row, outcome, reason).await?;
    if !portal.store.finish_run(lease, id, (status.name(), &sealed), Some(&tally), portal.now()).await? {
        tracing::info!(run.id = %id, "the run was deleted, or ended elsewhere, meanwhile");
        return Ok(());
    }
    if status == RunStatus::Failed {
        portal.store.note_failure(id, reason.unwrap_or(counting::WRONG_RESULT)).await?;
    }
    tracing::info!(run.id = %id, run.status = status.name(), attempt = lease.attempt, "run ended");
    portal.tell(News::Run(id));
    Ok(())
}

impl Execution<'_> {
    /// Publishes if need be, runs, and turns the answer into an outcome.
    async fn on(&self, slot: &Slot<'_>) -> Result<Outcome, RunnerError> {
        if !slot.has_release() {
            self.publish(slot).await?;
        }
        let extended = slot.is_extended(self.portal).await?;
        let mut answer = self.attempt(slot, extended).await;
        // A runner that lost its packages gets this one again. A third party's says so in words only.
        if let Err(RunnerError::Refused(refusal)) = &answer
            && (refusal.code == Some(ErrorCode::NotPublished)
                || (refusal.code.is_none() && matches!(refusal.status, 400 | 404)))
        {
            let told = answer;
            answer = match self.publish(slot).await {
                Ok(()) => self.attempt(slot, extended).await,
                Err(RunnerError::Refused(_)) => told,
                Err(error) => Err(error),
            };
        }
        answer
    }

    async fn publish(&self, slot: &Slot<'_>) -> Result<(), RunnerError> {
        slot.publish(self.portal, self.release, self.digest).await?;
        let now = self.portal.now();
        self.portal.store.note_publication(slot.id(), self.release, now).await.map_err(RunnerError::local)
    }

    async fn attempt(&self, slot: &Slot<'_>, extended: bool) -> Result<Outcome, RunnerError> {
        // Links of an earlier attempt die with its files.
        for file in self.portal.store.detach_outputs(self.id).await.map_err(RunnerError::local)? {
            remove_blob(self.portal, file).await.map_err(RunnerError::local)?;
        }
        let uploads = if extended { self.upload_slots().await.map_err(RunnerError::local)? } else { Vec::new() };
        let request = RunRequest {
            data: self.data()?,
            uploads: uploads.iter().map(|(_, url)| url.clone()).collect(),
            deadline_ms: extended.then_some(self.portal.config.limits.run_seconds * 1000),
            caller: extended.then(|| self.portal.master.pseudonym(self.owner, slot.id())),
        };
        let answer = slot.run(self.portal, self.release, &request).await?;
        outcome::read(self.portal, &self.place(), &self.manifest, answer, &uploads).await
    }

    fn place(&self) -> outcome::Place<'_> {
        outcome::Place { run: self.id, owner: self.owner, key: &self.key }
    }

    fn data(&self) -> Result<Vec<NamedValue>, RunnerError> {
        self.inputs
            .iter()
            .map(|input| {
                let value = match &input.value {
                    StoredValue::Plain(value) => value.clone(),
                    StoredValue::File(file) => Value::String(self.link(Method::Get, *file)?.to_string()),
                };
                Ok(NamedValue { name: input.name.clone(), value })
            })
            .collect()
    }

    /// One place per result picture, in the order of the manifest.
    async fn upload_slots(&self) -> Result<Vec<(BlobId, Url)>> {
        let mut slots = Vec::new();
        for variable in self.manifest.result_variables.iter().filter(|v| v.result_type == ResultType::Image) {
            let id = BlobId::generate();
            let new = NewBlob {
                id,
                user: self.owner,
                run: Some(self.id),
                role: BlobRole::Output,
                name: &variable.name,
                now: self.portal.now(),
            };
            self.portal.store.create_blob(&new).await?;
            slots.push((id, self.link(Method::Put, id).map_err(DomainError::internal)?));
        }
        Ok(slots)
    }

    fn link(&self, method: Method, blob: BlobId) -> Result<Url, RunnerError> {
        let longest = i64::try_from(self.portal.config.limits.run_seconds).unwrap_or(i64::MAX / 4000) * 1000;
        let expires_at = self.portal.now() + longest + LINK_MARGIN_MS;
        let grant = Grant { method, blob, release: self.release, run: self.id, expires_at };
        self.portal.signing.sign(&self.portal.runner_facing_url, &grant).map_err(RunnerError::local)
    }
}
