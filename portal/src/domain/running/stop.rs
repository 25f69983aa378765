//! Stopping runs that wait or are being executed, because their person or their app was suspended.

use vision_protocol::ids::RunId;

use super::{
    RunStatus,
    execute::user_key,
    stored::{Column, Outcome},
};
use crate::{
    domain::{Result, work::remove_blob},
    state::{News, Portal},
};

/// Ends these runs as failed, with a reason. Their jobs are taken off, and links to their files are dead from here on;
/// whoever executes one hears of it and lets go.
///
/// # Errors
/// The database's.
pub(in crate::domain) async fn stop(portal: &Portal, runs: &[RunId], reason: &str) -> Result<()> {
    for &id in runs {
        let Some(row) = portal.store.run(id).await? else { continue };
        let key = user_key(portal, &row).await?;
        let outcome = Column::Outcome.seal(portal, &key, id, &Outcome::failed(reason))?;
        if portal.store.stop_run(id, RunStatus::Failed.name(), &outcome, portal.now()).await? {
            for file in portal.store.detach_outputs(id).await? {
                remove_blob(portal, file).await?;
            }
            portal.tell(News::Run(id));
        }
    }
    Ok(())
}
