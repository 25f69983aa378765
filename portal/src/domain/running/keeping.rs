//! How long runs are kept: chosen by each person for all of theirs, or for a single run not at all.
//!
//! The time counts from the end of a run. What is not to be kept is gone ten minutes after its result was first looked
//! at, and an hour after its end if nobody ever did. From then on a run is not there for anybody; its row and the sealed
//! files are removed within a minute, by whichever portal comes first.

use std::time::Duration;

use super::RunView;
use crate::{
    domain::{Result, accounts::User, work::remove_blob},
    state::Portal,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// A result that is not to be kept can be looked at for so long.
const SHOWN_MS: i64 = 10 * 60 * 1000;
/// Runs that are deleted in one transaction.
const FORGOTTEN_AT_ONCE: i64 = 100;
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// How long a run is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Until it is deleted by hand.
    Forever,
    /// 30 days from its end.
    Month,
    /// A day from its end.
    Day,
    /// Until shortly after it was looked at.
    NotAtAll,
}

impl Keeping {
    /// All of them, longest first.
    pub const ALL: [Self; 4] = [Self::Forever, Self::Month, Self::Day, Self::NotAtAll];

    /// Its name in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forever => "forever",
            Self::Month => "30-days",
            Self::Day => "1-day",
            Self::NotAtAll => "not-at-all",
        }
    }

    /// The one of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|keeping| keeping.name() == name)
    }

    fn ms(self) -> Option<i64> {
        match self {
            Self::Forever => None,
            Self::Month => Some(30 * DAY_MS),
            Self::Day => Some(DAY_MS),
            Self::NotAtAll => Some(0),
        }
    }

    pub(super) fn of_ms(ms: Option<i64>) -> Self {
        match ms {
            None => Self::Forever,
            Some(0) => Self::NotAtAll,
            Some(ms) if ms <= DAY_MS => Self::Day,
            Some(_) => Self::Month,
        }
    }
}

/// What a person has chosen.
///
/// # Errors
/// The database's.
pub async fn keeping(portal: &Portal, viewer: &User) -> Result<Keeping> {
    Ok(Keeping::of_ms(portal.store.keep_ms(viewer.id).await?))
}

/// Chooses for all runs that a person begins from now on and, with `shorten`, for those that would be kept longer.
///
/// # Errors
/// The database's.
pub async fn choose_keeping(portal: &Portal, viewer: &User, keeping: Keeping, shorten: bool) -> Result<()> {
    portal.store.set_keep_ms(viewer.id, keeping.ms(), shorten, portal.now()).await?;
    tracing::info!(user.id = %viewer.id, keeping = keeping.name(), shorten, "how long runs are kept was chosen");
    if shorten {
        forget_soon(portal);
    }
    Ok(())
}

/// The owner looks at a run: one that is not to be kept lasts ten minutes from the first time that its end is shown.
///
/// # Errors
/// The database's.
pub async fn note_shown(portal: &Portal, run: &RunView) -> Result<()> {
    if run.status.is_final() && run.keeping == Keeping::NotAtAll {
        portal.store.note_shown(run.id, portal.now() + SHOWN_MS).await?;
    }
    Ok(())
}

/// Removes what is to be gone, batch by batch: how many runs.
///
/// # Errors
/// The database's or the object store's.
pub(in crate::domain) async fn forget(portal: &Portal) -> Result<usize> {
    let mut forgotten = 0;
    loop {
        let (runs, files) = portal.store.forget_runs(portal.now(), FORGOTTEN_AT_ONCE).await?;
        for file in files {
            remove_blob(portal, file).await?;
        }
        forgotten += runs;
        if runs == 0 {
            break;
        }
    }
    if forgotten > 0 {
        tracing::info!(runs = forgotten, "runs that were not to be kept any longer are deleted");
    }
    Ok(forgotten)
}

/// Removes what is to be gone, without letting anybody wait for it.
pub(in crate::domain) fn forget_soon(portal: &Portal) {
    let portal = portal.clone();
    tokio::spawn(async move {
        if let Err(error) = forget(&portal).await {
            tracing::warn!(%error, "deleting runs is left for later");
        }
    });
}

/// Removes what is to be gone, every minute until the portal stops.
pub(in crate::domain) async fn forget_every_minute(portal: Portal) {
    loop {
        if let Err(error) = forget(&portal).await {
            tracing::warn!(%error, "deleting runs that were not to be kept failed");
        }
        tokio::select! {
            () = portal.stopping.cancelled() => return,
            () = tokio::time::sleep(FORGET_EVERY) => {}
        }
    }
}
