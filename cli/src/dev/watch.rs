//! Following an app's files.

use std::{path::Path, time::Duration};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::{sync::mpsc, time::timeout};

/// A program that saves writes several times; what comes within this belongs together.
const QUIET: Duration = Duration::from_millis(150);

/// Follows until it is dropped.
pub(crate) struct Watcher(#[expect(dead_code, reason = "it is kept, so that it goes on")] RecommendedWatcher);

/// What has changed.
pub(crate) struct Changes(mpsc::UnboundedReceiver<()>);

/// Begins to follow a folder and all below it.
///
/// # Errors
/// What the system says.
pub(super) fn follow(folder: &Path) -> notify::Result<(Watcher, Changes)> {
    let (tell, told) = mpsc::unbounded_channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading is no change; and what the system cannot tell may be one.
        if !matches!(event.map(|event| event.kind), Ok(EventKind::Access(_))) {
            // Fails only when nobody follows any more.
            let _ = tell.send(());
        }
    })?;
    watcher.watch(folder, RecursiveMode::Recursive)?;
    Ok((Watcher(watcher), Changes(told)))
}

impl Changes {
    /// The next change, when it has come to rest; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<()> {
        self.0.recv().await?;
        while let Ok(Some(())) = timeout(QUIET, self.0.recv()).await {}
        Some(())
    }
}
