//! The page of `vision dev`: an app's form and its result, on loopback, anew whenever a file changes.
//!
//! It is for the author alone: only requests that name this machine by its loopback address are answered, so that no other
//! page in the author's browser can use it.

mod bench;
mod layout;
mod server;
mod watch;

use std::{net::SocketAddr, path::Path, sync::Arc};

use anyhow::Context;

use crate::local::Launch;
use bench::Bench;
use server::Server;

/// A page that is being served.
pub(crate) struct Serving {
    server: Server,
    _watcher: watch::Watcher,
}

/// Starts a runner, hands the app to it, and listens.
///
/// # Errors
/// When the runner does not start, the folder cannot be followed, or the port is taken. An app with faults is served: the
/// page lists them.
pub(crate) async fn start(folder: &Path, launch: &Launch, listen: SocketAddr) -> anyhow::Result<Serving> {
    let bench = Arc::new(Bench::start(folder, launch).await?);
    let (watcher, changes) =
        watch::follow(folder).with_context(|| format!("{} cannot be followed", folder.display()))?;
    bench.renew().await;
    actix_web::rt::spawn(renew_on(changes, bench.clone()));
    let server =
        Server::bind(listen, bench).with_context(|| format!("cannot listen on {listen}; --port takes another"))?;
    Ok(Serving { server, _watcher: watcher })
}

async fn renew_on(mut changes: watch::Changes, bench: Arc<Bench>) {
    while changes.next().await.is_some() {
        bench.renew().await;
    }
}

impl Serving {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Serves until it is interrupted.
    ///
    /// # Errors
    /// When the server fails.
    pub(crate) async fn serve(self) -> std::io::Result<()> {
        self.server.serve().await
    }
}
