//! Which jobs there are, and what is swept up now and then.

use std::time::Duration;

use vision_protocol::ids::BlobId;

use super::{
    Result, drafting,
    examples::{self, RunExamples},
    figures, finding,
    installing::Install,
    publishing::{list_awaiting, prove::Prove},
    running::{execute::Execute, keeping},
    shelves,
};
use crate::{
    blobs::objects::ObjectKey,
    jobs,
    state::Portal,
    store::{DAY_MS, HOUR_MS},
};

/// Files without a run are forms that nobody sent: removed after an hour.
const STRAY_MS: i64 = 60 * 60 * 1000;
const SWEEP_EVERY: Duration = Duration::from_secs(10 * 60);
const COUNT_EVERY: Duration = Duration::from_secs(10 * 60);

/// Takes back what this portal had in hand when it was last stopped, and starts all background work.
///
/// # Errors
/// The database's.
pub async fn start(portal: &Portal) -> Result<jobs::Running> {
    let taken_back = portal.store.release_leases(&portal.node).await?;
    if taken_back > 0 {
        tracing::info!(jobs = taken_back, "took back jobs of an interrupted portal");
    }
    portal.signing.refresh(portal).await?;
    list_awaiting(portal).await?;
    examples::catch_up(portal).await?;
    let mut running = jobs::Running::default();
    running.add(portal, Prove);
    running.add(portal, Execute);
    running.add(portal, Install);
    running.add(portal, RunExamples);
    tokio::spawn(sweep_now_and_then(portal.clone()));
    tokio::spawn(keeping::forget_every_minute(portal.clone()));
    tokio::spawn(count_now_and_then(portal.clone()));
    Ok(running)
}

async fn sweep_now_and_then(portal: Portal) {
    loop {
        if let Err(error) = sweep(&portal).await {
            tracing::warn!(%error, "sweeping up failed");
        }
        tokio::select! {
            () = portal.stopping.cancelled() => return,
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
    }
}

/// Puts apps into the index of words that an older portal left out, then counts who runs what.
async fn count_now_and_then(portal: Portal) {
    if let Err(error) = finding::fill_index(&portal).await {
        tracing::warn!(%error, "filling the index of words failed");
    }
    loop {
        if let Err(error) = count(&portal).await {
            tracing::warn!(%error, "counting who runs what failed");
        }
        tokio::select! {
            () = portal.stopping.cancelled() => return,
            () = tokio::time::sleep(COUNT_EVERY) => {}
        }
    }
}

/// Counts the figures of apps anew that time alone changes, and what is run by the same people.
///
/// # Errors
/// The database's.
pub async fn count(portal: &Portal) -> Result<()> {
    shelves::count(portal).await
}

/// Figures by hour are kept for alerts; who ran what on a day, to count each person once.
const KEPT_HOURS: i64 = 48;
const KEPT_DAYS: i64 = 2;

/// Removes stray files, expired sessions, old throttles and old figures; rotates the keys that sign links; tells authors
/// of lines that were crossed.
///
/// # Errors
/// The database's or the object store's.
pub async fn sweep(portal: &Portal) -> Result<()> {
    let now = portal.now();
    keeping::forget(portal).await?;
    for id in portal.store.stray_blobs(now - STRAY_MS).await? {
        remove_blob(portal, id).await?;
    }
    portal.store.sweep_sessions(now).await?;
    drafting::sweep(portal).await?;
    portal.store.sweep_throttles(now - STRAY_MS).await?;
    portal.store.sweep_figures(now / HOUR_MS - KEPT_HOURS, now / DAY_MS - KEPT_DAYS).await?;
    portal.signing.refresh(portal).await?;
    figures::watch(portal).await
}

/// First the content, then the row: one that is interrupted is found again.
pub(super) async fn remove_blob(portal: &Portal, id: BlobId) -> Result<()> {
    portal.objects.delete(ObjectKey::Blob(id)).await?;
    Ok(portal.store.delete_blob(id).await?)
}
