//! Having a runner prove a release: the job behind the status `checking`.

use futures_util::future::BoxFuture;
use vision_protocol::{
    fault::Fault,
    ids::{ReleaseId, RunnerId},
};

use super::{super::DomainError, ReleaseStatus};
use crate::{
    config::JobsConfig,
    jobs::{Verdict, Work},
    runners::RunnerError,
    state::{News, Portal},
    store::{JobKind, Lease, StoreError},
};

/// Proves releases.
pub(in crate::domain) struct Prove;

impl Work for Prove {
    fn kind(&self) -> JobKind {
        JobKind::CheckRelease
    }

    fn parallel(&self, config: &JobsConfig) -> usize {
        config.checks_parallel
    }

    fn attempts(&self, config: &JobsConfig) -> u32 {
        config.check_attempts
    }

    fn perform<'a>(&'a self, portal: &'a Portal, lease: &'a Lease) -> BoxFuture<'a, Result<Verdict, DomainError>> {
        Box::pin(perform(portal, lease))
    }

    fn postpone<'a>(
        &'a self,
        portal: &'a Portal,
        lease: &'a Lease,
        run_at: i64,
    ) -> BoxFuture<'a, Result<(), DomainError>> {
        Box::pin(async move {
            portal.store.postpone(lease, run_at).await?;
            Ok(())
        })
    }

    fn give_up<'a>(
        &'a self,
        portal: &'a Portal,
        lease: &'a Lease,
        reason: String,
    ) -> BoxFuture<'a, Result<(), DomainError>> {
        Box::pin(async move {
            let message = format!("The app could not be proven: {reason}. Upload it again later.");
            reject(portal, lease, release_id(lease)?, vec![Fault::new("", message)]).await
        })
    }
}

fn release_id(lease: &Lease) -> Result<ReleaseId, DomainError> {
    Ok(lease.subject.parse().map_err(|_| StoreError::Corrupt("job"))?)
}

async fn perform(portal: &Portal, lease: &Lease) -> Result<Verdict, DomainError> {
    let id = release_id(lease)?;
    let Some(row) = portal.store.release(id).await?.filter(|row| row.status == ReleaseStatus::Checking.name()) else {
        portal.store.drop_job(lease).await?;
        return Ok(Verdict::Ended);
    };
    let digest = row.digest.parse().map_err(|_| StoreError::Corrupt("digest"))?;
    let Some(slot) = portal.fleet.pick(portal).await? else {
        return Ok(Verdict::retry("no runner is ready"));
    };
    match slot.publish(portal, id, digest).await {
        Ok(warnings) => {
            accept(portal, lease, id, &warnings, slot.id()).await?;
            if row.publish_when_proven != 0 {
                super::put_out(portal, &row).await?;
            }
            Ok(Verdict::Ended)
        }
        Err(RunnerError::Refused(refusal)) if !refusal.is_transient() => {
            let answer = refusal.answer;
            let faults = match answer.faults.is_empty() {
                true => vec![Fault::new("", answer.message)],
                false => answer.faults,
            };
            reject(portal, lease, id, faults).await?;
            Ok(Verdict::Ended)
        }
        Err(RunnerError::Local(error)) => Err(error.into()),
        Err(error) => {
            Ok(Verdict::Retry { after: error.retry_after(), free: error.is_busy(), reason: error.to_string() })
        }
    }
}

async fn accept(
    portal: &Portal,
    lease: &Lease,
    id: ReleaseId,
    warnings: &[Fault],
    runner: RunnerId,
) -> Result<(), DomainError> {
    let warnings = serde_json::to_string(warnings).map_err(DomainError::internal)?;
    let on = Some((runner, portal.now()));
    portal.store.finish_check(lease, id, ReleaseStatus::Draft.name(), "[]", &warnings, on).await?;
    tracing::info!(release.id = %id, runner.id = %runner, "release proven");
    portal.tell(News::Release(id));
    Ok(())
}

async fn reject(portal: &Portal, lease: &Lease, id: ReleaseId, faults: Vec<Fault>) -> Result<(), DomainError> {
    tracing::info!(release.id = %id, faults = faults.len(), "release rejected");
    let faults = serde_json::to_string(&faults).map_err(DomainError::internal)?;
    portal.store.finish_check(lease, id, ReleaseStatus::Rejected.name(), &faults, "[]", None).await?;
    portal.tell(News::Release(id));
    Ok(())
}
