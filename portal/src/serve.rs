//! The life of a portal: opening it, first start, running, and stopping cleanly.

use std::{
    net::{IpAddr, Ipv4Addr, TcpListener},
    time::Duration,
};

use actix_web::dev::ServerHandle;
use anyhow::Context;
use tokio::task::JoinHandle;
use url::Url;

use crate::{
    config::Config,
    domain::{accounts, seeding, work},
    jobs,
    runners::embedded,
    state::Portal,
    web,
};

/// The account that a first start makes.
pub const FIRST_ADMIN: &str = "admin@localhost";

/// Samples are packed once the embedded runner can prove them; a slow one is waited for this long.
const RUNNER_READY_WITHIN: Duration = Duration::from_secs(30);

/// A portal that serves.
pub struct Serving {
    portal: Portal,
    /// The password of [`FIRST_ADMIN`], if this start made that account.
    pub first_password: Option<String>,
    server: ServerHandle,
    served: JoinHandle<std::io::Result<()>>,
    jobs: jobs::Running,
    runner: Option<JoinHandle<()>>,
}

/// Opens a portal and starts everything: server, background work, embedded runner, sample apps. Must be called in an
/// actix system.
///
/// # Errors
/// What could not be started, and why.
pub async fn start(config: Config) -> anyhow::Result<Serving> {
    let listen = config.server.listen;
    let listener = TcpListener::bind(listen).with_context(|| format!("listening on {listen}"))?;
    let portal = Portal::open(config, local_url(&listener)?).await?;
    let first_password = match accounts::has_people(&portal).await? {
        true => None,
        false => Some(accounts::create_admin(&portal, FIRST_ADMIN).await?),
    };
    let server = web::run(portal.clone(), listener)?;
    let handle = server.handle();
    let served = tokio::spawn(server);
    let embedded = !portal.config.embedded.no_embedded_runner;
    let runner = embedded.then(|| embedded::start(&portal));
    let jobs = work::start(&portal).await?;
    if !portal.config.embedded.no_sample_apps {
        tokio::spawn(seed(portal.clone()));
    }
    Ok(Serving { portal, first_password, server: handle, served, jobs, runner })
}

async fn seed(portal: Portal) {
    if !portal.config.embedded.no_embedded_runner {
        portal.fleet.embedded_ready(RUNNER_READY_WITHIN).await;
    }
    if let Err(error) = seeding::seed(&portal).await {
        tracing::error!(%error, "sample apps could not be published");
    }
}

/// The address that reaches the listener from this machine.
fn local_url(listener: &TcpListener) -> anyhow::Result<Url> {
    let mut address = listener.local_addr()?;
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    Ok(format!("http://{address}/").parse()?)
}

impl Serving {
    /// The portal.
    pub fn portal(&self) -> &Portal {
        &self.portal
    }

    /// Waits until the server ends by itself, which it does only when it fails.
    ///
    /// # Errors
    /// Why it failed.
    pub async fn ended(&mut self) -> anyhow::Result<()> {
        Ok((&mut self.served).await??)
    }

    /// Stops: no new work, jobs in hand get their time (and the server, from which their runners fetch files, stays
    /// up for them), then the server, then the embedded runner.
    pub async fn stop(self) {
        let at_most = Duration::from_secs(self.portal.config.server.stop_seconds);
        self.portal.stopping.cancel();
        self.jobs.stop(&self.portal, at_most).await;
        self.server.stop(true).await;
        if let Some(runner) = self.runner {
            // It ends by itself, or is killed, in its own time.
            let _ = runner.await;
        }
        self.portal.store.close().await;
        self.portal.traces.stop().await;
    }
}
