//! The half of a runner that the world sees: HTTP, packages, queues, and the worker processes. It checks
//! archives, but decodes no photo, compiles no component and loads no model.

mod cache;
mod cells;
mod config;
mod failure;
mod files;
mod fleet;
mod health;
mod http;
mod metrics;
mod packages;
mod process;
mod publish;
mod queue;
mod results;
mod run;
mod spares;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
};
use tokio::{runtime::Handle, sync::Semaphore};

pub use config::{CellConfig, Config, Devices, FleetConfig, WORKER_ENVIRONMENT, WorkerCommand};

use self::{cache::Results, files::Files, fleet::Fleet, metrics::Metrics, packages::Packages, queue::Queue};

use crate::cell::Report;

/// Why a supervisor does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error("the data folder cannot be used: {0}")]
    Data(#[source] io::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    /// The client for signed URLs cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Client(#[from] reqwest::Error),
    /// This machine does not give what workers are closed in with.
    #[error(
        "workers cannot be closed in: {0}. Without that, whoever publishes here may take over this machine: mend it, or \
         accept it with --allow-open-cell"
    )]
    Cell(String),
    /// It cannot be found out what this machine gives.
    #[error("the process that tries out what workers are closed in failed: {0}")]
    CellCheck(#[source] io::Error),
    /// The parts of the configuration do not fit together.
    #[error("{0}")]
    Config(&'static str),
}

/// The parts that requests share.
struct Supervisor {
    config: Config,
    packages: Arc<Packages>,
    files: Files,
    queue: Arc<Queue>,
    results: Results,
    metrics: Metrics,
    fleet: Arc<Fleet>,
    /// What its workers are closed in.
    cell: Report,
    publish_queue: Semaphore,
    publishing: Semaphore,
    /// Where runs and workers live: not on the threads of the HTTP server, which come and go with it.
    runtime: Handle,
    stopping: AtomicBool,
}

/// A supervisor that listens.
pub struct Running {
    address: SocketAddr,
    server: Server,
    supervisor: Arc<Supervisor>,
}

/// Stops a [`Running`] supervisor.
#[derive(Clone)]
pub struct Stopper {
    server: ServerHandle,
    supervisor: Arc<Supervisor>,
}

/// Starts a supervisor on the current tokio runtime.
///
/// # Errors
/// When the folder, the address or the configuration cannot be used, or when workers cannot be closed in.
pub fn start(mut config: Config) -> Result<Running, StartError> {
    let runtime = Handle::current();
    let fleet = &config.fleet;
    if fleet.workers == 0 || fleet.parallel == 0 || fleet.slots == 0 {
        return Err(StartError::Config("a runner needs at least one worker and one run at a time"));
    }
    metrics::install();
    let packages = Arc::new(Packages::open(&config.data, config.package_disk_bytes).map_err(StartError::Data)?);
    let empty = packages.incoming().map_err(StartError::Data)?;
    let cell = cells::try_out(&config.cell, empty.path())?;
    config.cell.own_users &= !cell.checked || cell.entered.own_user;
    let fleet = &config.fleet;
    let listener = TcpListener::bind(config.listen).map_err(|error| StartError::Listen(config.listen, error))?;
    let address = listener.local_addr().map_err(|error| StartError::Listen(config.listen, error))?;
    let supervisor = Arc::new(Supervisor {
        files: Files::new(&config.portals, config.run_limits.input_bytes)?,
        queue: Queue::new(fleet),
        results: Results::new(config.result_cache_bytes),
        metrics: Metrics::default(),
        fleet: Fleet::new(&config, packages.clone()),
        cell,
        publish_queue: Semaphore::new(fleet.publish_queue + 1),
        publishing: Semaphore::new(1),
        runtime,
        stopping: AtomicBool::new(false),
        packages,
        config,
    });
    tokio::spawn(supervisor.files.pin_names());
    let shared = supervisor.clone();
    let server = HttpServer::new(move || {
        let shared = shared.clone();
        App::new().configure(move |app| http::configure(app, shared)).wrap(http::layer())
    })
    .tcp_nodelay(true)
    // The handlers only pass work on; computing has the cores to itself.
    .workers(2)
    // A caller who closes the connection has gone: what runs for him is given up.
    .h1_allow_half_closed(false)
    .disable_signals()
    .shutdown_timeout(10)
    .listen(listener)
    .map_err(|error| StartError::Listen(address, error))?
    .run();
    Ok(Running { address, server, supervisor })
}

impl Running {
    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stops it.
    pub fn stopper(&self) -> Stopper {
        Stopper { server: self.server.handle(), supervisor: self.supervisor.clone() }
    }

    /// Serves until it is stopped; then ends all workers.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn serve(self) -> io::Result<()> {
        let served = self.server.await;
        self.supervisor.fleet.stop().await;
        served
    }
}

impl Stopper {
    /// Takes no new connections, and waits some seconds for runs to end if `graceful`.
    pub async fn stop(&self, graceful: bool) {
        self.supervisor.stopping.store(true, Ordering::Release);
        self.server.stop(graceful).await;
    }
}
