//! The portal: everything that a request or a job needs, behind one cheap handle.

use std::{
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;
use vision_protocol::ids::{InstallId, ReleaseId, RunId};

use crate::{
    blobs::{BlobError, keys::MasterKey, objects::ObjectStore},
    config::Config,
    domain::site::SiteCache,
    jobs::Queue,
    runners::{Fleet, signing::Signing},
    store::{Store, StoreError},
    traces::{CollectorError, Traces},
};

/// Tells the time, so that tests can.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970, UTC.
    fn now_ms(&self) -> i64;
}

/// Makes random bytes that nobody can guess.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The machine's clock.
pub struct SystemClock;

/// The machine's randomness.
pub struct SystemRandom;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    fn now_ms(&self) -> i64 {
        Timestamp::now().as_millisecond()
    }
}

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        rand::Rng::fill_bytes(&mut rand::rng(), bytes);
    }
}

/// Something has changed; who follows it looks it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// A run.
    Run(RunId),
    /// A release.
    Release(ReleaseId),
    /// An install.
    Install(InstallId),
}

/// The portal. Cloning it is cheap.
#[derive(Clone)]
pub struct Portal(Arc<Parts>);

/// What a portal is made of.
pub struct Parts {
    /// How it was configured.
    pub config: Config,
    /// Where browsers reach it; ends links that leave the site.
    pub public_url: Url,
    /// Where runners reach it: signed links begin with this.
    pub runner_facing_url: Url,
    /// The database.
    pub store: Store,
    /// Sealed files and packages.
    pub objects: ObjectStore,
    /// Wraps all other keys.
    pub master: MasterKey,
    /// Signs links.
    pub signing: Signing,
    /// The runners.
    pub fleet: Fleet,
    /// The background work.
    pub queue: Queue,
    /// What the site is set to.
    pub site: SiteCache,
    /// What has changed.
    pub news: broadcast::Sender<News>,
    /// Cancelled when the portal stops: no new work, and event streams end.
    pub stopping: CancellationToken,
    /// What is recorded for a collector.
    pub traces: Traces,
    /// The time.
    pub clock: Box<dyn Clock>,
    /// Randomness.
    pub random: Box<dyn Random>,
    /// This portal's name on leases; stays the same when it is restarted.
    pub node: String,
    /// Hashing a password takes memory: this many at a time.
    pub hashing: Semaphore,
    _lock: Option<fs::File>,
}

/// Why a portal did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another one is there.
    #[error("another portal is running on the data folder {}", .0.display())]
    InUse(PathBuf),
    /// The file system's fault.
    #[error("{}: {error}", path.display())]
    Io {
        /// The place.
        path: PathBuf,
        /// What went wrong there.
        error: std::io::Error,
    },
    /// The database's fault.
    #[error("database: {0}")]
    Store(#[from] StoreError),
    /// A key or the object store.
    #[error("files: {0}")]
    Blob(#[from] BlobError),
    /// Traces cannot be sent.
    #[error("traces: {0}")]
    Traces(#[from] CollectorError),
    /// An HTTP client could not be made.
    #[error("HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

impl std::ops::Deref for Portal {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Portal {
    /// Opens a portal that listens at `local`: folders, keys, database. Nothing runs yet.
    ///
    /// # Errors
    /// What could not be opened, and why.
    pub async fn open(config: Config, local: Url) -> Result<Self, OpenError> {
        let lock = take_data_folder(&config.storage.data_dir)?;
        Self::assemble(config, local, Box::new(SystemClock), Box::new(SystemRandom), Some(lock)).await
    }

    /// Opens database and keys beside a portal that may be running on the same data folder: for commands.
    ///
    /// # Errors
    /// As [`Portal::open`].
    pub async fn beside(config: Config) -> Result<Self, OpenError> {
        prepare_folders(&config.storage.data_dir)?;
        let local = Url::parse("http://localhost/").expect("it is an address");
        Self::assemble(config, local, Box::new(SystemClock), Box::new(SystemRandom), None).await
    }

    /// As [`Portal::open`], with a clock and randomness of one's own.
    ///
    /// # Errors
    /// As [`Portal::open`].
    pub async fn open_with(
        config: Config,
        local: Url,
        clock: Box<dyn Clock>,
        random: Box<dyn Random>,
    ) -> Result<Self, OpenError> {
        let lock = take_data_folder(&config.storage.data_dir)?;
        Self::assemble(config, local, clock, random, Some(lock)).await
    }

    async fn assemble(
        config: Config,
        local: Url,
        clock: Box<dyn Clock>,
        random: Box<dyn Random>,
        lock: Option<fs::File>,
    ) -> Result<Self, OpenError> {
        let data = &config.storage.data_dir;
        let node = node_name(data)?;
        let master = MasterKey::load(config.storage.master_key.as_ref(), &data.join("keys"), &*random)?;
        let objects = ObjectStore::open_folder(&data.join("objects"), lock.is_some()).await?;
        let store = Store::open(config.storage.database_url.as_ref(), data).await?;
        let parts = Parts {
            public_url: config.server.public_url.clone().unwrap_or_else(|| local.clone()),
            runner_facing_url: config.server.runner_facing_url.clone().unwrap_or(local),
            store,
            objects,
            master,
            signing: Signing::default(),
            fleet: Fleet::new()?,
            queue: Queue::default(),
            site: SiteCache::default(),
            news: broadcast::channel(1024).0,
            stopping: CancellationToken::new(),
            // Commands beside a portal that runs are not worth a trace.
            traces: match config.telemetry.otlp_endpoint.as_ref().filter(|_| lock.is_some()) {
                Some(collector) => Traces::to(collector)?,
                None => Traces::off(),
            },
            clock,
            random,
            node,
            hashing: Semaphore::new(2),
            _lock: lock,
            config,
        };
        Ok(Self(Arc::new(parts)))
    }

    /// Milliseconds since 1970, UTC.
    pub fn now(&self) -> i64 {
        self.clock.now_ms()
    }

    /// `N` random bytes.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }

    /// Tells whoever follows it.
    pub fn tell(&self, news: News) {
        // Nobody listening is no error.
        let _ = self.news.send(news);
    }

    /// The folder for uploads that are being checked.
    pub(crate) fn spool_dir(&self) -> PathBuf {
        self.config.storage.data_dir.join("spool")
    }
}

/// A time from the database.
pub(crate) fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

/// Makes the data folder this portal's, and removes what a killed one left half-done.
fn take_data_folder(data: &Path) -> Result<fs::File, OpenError> {
    prepare_folders(data)?;
    let lock = lock(data)?;
    clear(&data.join("spool"))?;
    Ok(lock)
}

fn prepare_folders(data: &Path) -> Result<(), OpenError> {
    for folder in [data.to_owned(), data.join("keys"), data.join("objects"), data.join("spool"), data.join("uploads")] {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(|error| OpenError::Io { path: folder, error })?;
    }
    Ok(())
}

fn lock(data: &Path) -> Result<fs::File, OpenError> {
    let path = data.join("lock");
    let at = |error| OpenError::Io { path: path.clone(), error };
    let file = fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(at)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(OpenError::InUse(data.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(at(error)),
    }
}

/// A restarted portal takes its own jobs back at once, so it must know its name again.
fn node_name(data: &Path) -> Result<String, OpenError> {
    let path = data.join("node");
    match fs::read_to_string(&path) {
        Ok(name) if !name.trim().is_empty() => return Ok(name.trim().to_owned()),
        _ => {}
    }
    let name = Uuid::new_v4().simple().to_string();
    let write = || {
        let mut file = fs::File::create(&path)?;
        writeln!(file, "{name}")?;
        file.sync_all()
    };
    write().map_err(|error| OpenError::Io { path: path.clone(), error })?;
    Ok(name)
}

fn clear(folder: &Path) -> Result<(), OpenError> {
    let at = |error| OpenError::Io { path: folder.to_owned(), error };
    for entry in fs::read_dir(folder).map_err(at)? {
        fs::remove_file(entry.map_err(at)?.path()).map_err(at)?;
    }
    Ok(())
}
