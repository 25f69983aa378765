//! Waiting for news of one thing.

use std::time::Duration;

use tokio::sync::broadcast::{self, error::RecvError};

use crate::state::{News, Portal};

/// Portals that share a database hear nothing of each other: one looks again after this time.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Waits until there may be something new; false if the portal stops.
pub(super) async fn wait(
    portal: &Portal,
    news: &mut broadcast::Receiver<News>,
    interesting: impl Fn(News) -> bool,
) -> bool {
    let heard = async {
        loop {
            match news.recv().await {
                Ok(news) if interesting(news) => break,
                Ok(_) => {}
                // Too many at once: look.
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    tokio::select! {
        () = portal.stopping.cancelled() => false,
        () = heard => true,
        () = tokio::time::sleep(LOOK_AGAIN) => true,
    }
}
