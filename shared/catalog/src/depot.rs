//! Finding a file by its SHA-256: in the cache, in a mirror folder, or in the internet.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{Client, redirect::Policy};
use sha2::{Digest as _, Sha256};
use url::Url;
use vision_protocol::Digest;

use crate::download::{self, Failure};

const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// A server that says nothing for so long has gone.
const SILENCE: Duration = Duration::from_secs(30);
/// Other addresses that one download may be sent on to.
const REDIRECTS: usize = 5;
/// Folders below a mirror.
const DEPTH: usize = 8;
/// Files of a mirror that are looked at.
const FILES: usize = 20_000;

/// A file that is to be had.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What it may be called in a mirror; the first is for people.
    pub names: Vec<String>,
    /// The SHA-256 of its bytes.
    pub digest: Digest,
    /// How many they are.
    pub bytes: u64,
    /// Where they are, best first.
    pub urls: Vec<Url>,
    /// What to do where there is no such place.
    pub hint: Option<String>,
}

/// Why a file is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Neither mirror nor internet has it.
    #[error("{name} ({bytes} bytes, SHA-256 {digest}) is not to be had:{}", indented(.reasons))]
    Nowhere {
        /// The file.
        name: String,
        /// How many bytes it has.
        bytes: u64,
        /// Their SHA-256.
        digest: Digest,
        /// What each place said.
        reasons: Vec<String>,
        /// Whether it may be there later.
        passing: bool,
    },
    /// Another process fetches the same file into the same cache.
    #[error("{}: another process is fetching this file; try again when it has ended", .0.display())]
    Busy(PathBuf),
    /// The cache cannot be read or written.
    #[error("{}: {error}", path.display())]
    Cache {
        /// The place.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// No HTTP client could be made.
    #[error("HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

fn indented(reasons: &[String]) -> String {
    reasons.iter().map(|reason| format!("\n  {reason}")).collect()
}

impl FetchError {
    /// Whether trying again later may help.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Nowhere { passing, .. } => *passing,
            Self::Busy(_) => true,
            Self::Cache { .. } | Self::Client(_) => false,
        }
    }
}

/// Where files come from.
#[derive(Clone, Debug)]
pub struct Depot {
    cache: PathBuf,
    mirror: Option<PathBuf>,
    client: Client,
    /// The pause before a download is taken up again; doubled each time that nothing more came.
    pub(crate) pause: Duration,
}

impl Depot {
    /// A depot that keeps downloads in `cache`, and looks into `mirror` before it asks the internet.
    ///
    /// # Errors
    /// The HTTP client's.
    pub fn new(cache: impl Into<PathBuf>, mirror: Option<PathBuf>) -> Result<Self, FetchError> {
        // Another part of the process may have installed its provider first, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(SILENCE)
            .redirect(Policy::custom(|attempt| {
                let fell = attempt.previous().last().is_some_and(|last| last.scheme() != attempt.url().scheme());
                if fell || attempt.previous().len() > REDIRECTS { attempt.stop() } else { attempt.follow() }
            }))
            .user_agent(concat!("intelligent-vision/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { cache: cache.into(), mirror, client, pause: Duration::from_millis(500) })
    }

    /// The same depot with another pause before a download is taken up again.
    #[must_use]
    pub fn with_pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Where the file lies, fetched if need be: its bytes are the wanted ones. `progress` is told how many of them are
    /// there, now and then.
    ///
    /// # Errors
    /// Every place that was asked, and what it said.
    pub async fn fetch(&self, wanted: &Wanted, progress: impl Fn(u64)) -> Result<PathBuf, FetchError> {
        let mut reasons = Vec::new();
        if let Some(mirror) = self.mirror.clone() {
            let (asked, sought) = (mirror.clone(), wanted.clone());
            let found = blocking(&mirror, move || Ok(in_mirror(&asked, &sought))).await?;
            match found {
                Ok(file) => {
                    progress(wanted.bytes);
                    return Ok(file);
                }
                Err(reason) => reasons.push(reason),
            }
        }
        let cached = self.cache.join(wanted.digest.to_string());
        let (path, digest, bytes) = (cached.clone(), wanted.digest, wanted.bytes);
        if blocking(&cached, move || holds(&path, digest, bytes)).await? {
            progress(wanted.bytes);
            return Ok(cached);
        }
        self.download(wanted, &cached, reasons, &progress).await?;
        Ok(cached)
    }

    async fn download(
        &self,
        wanted: &Wanted,
        cached: &Path,
        mut reasons: Vec<String>,
        progress: &impl Fn(u64),
    ) -> Result<(), FetchError> {
        let at = |error| FetchError::Cache { path: self.cache.clone(), error };
        DirBuilder::new().recursive(true).mode(0o700).create(&self.cache).map_err(at)?;
        let part = cached.with_extension("part");
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&part).map_err(at)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(FetchError::Busy(part)),
            Err(fs::TryLockError::Error(error)) => return Err(at(error)),
        }
        let mut passing = false;
        for url in &wanted.urls {
            let got = download::file(&self.client, url, &file, wanted.bytes, self.pause, progress).await;
            let failure = match got {
                Ok(()) => {
                    let (path, digest, bytes) = (part.clone(), wanted.digest, wanted.bytes);
                    if blocking(&part, move || holds(&path, digest, bytes)).await? {
                        return fs::rename(&part, cached).map_err(at);
                    }
                    file.set_len(0).map_err(at)?;
                    Failure::Refused("sends other bytes: their SHA-256 is not this one".to_owned())
                }
                Err(failure) => failure,
            };
            match failure {
                Failure::Local(error) => return Err(at(error)),
                Failure::Refused(reason) => reasons.push(format!("{url} {reason}")),
                Failure::Passing(reason) => {
                    passing = true;
                    reasons.push(format!("{url} {reason}"));
                }
            }
        }
        if file.metadata().is_ok_and(|part| part.len() == 0) {
            // Nothing worth keeping; that it stays does no harm.
            let _ = fs::remove_file(&part);
        }
        reasons.extend(wanted.hint.clone());
        let name = wanted.names.first().cloned().unwrap_or_default();
        Err(FetchError::Nowhere { name, bytes: wanted.bytes, digest: wanted.digest, reasons, passing })
    }
}

async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, FetchError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other);
    done.and_then(|done| done).map_err(|error| FetchError::Cache { path: path.to_owned(), error })
}

/// Whether a file has these bytes; false if it is not there.
fn holds(path: &Path, digest: Digest, bytes: u64) -> io::Result<bool> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if file.metadata()?.len() != bytes {
        return Ok(false);
    }
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Digest(hasher.finalize().into()) == digest),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// The file in a mirror, under its SHA-256 or one of its names, in any folder; or why there is none.
fn in_mirror(mirror: &Path, wanted: &Wanted) -> Result<PathBuf, String> {
    if !mirror.is_dir() {
        return Err(format!("{} is no folder", mirror.display()));
    }
    let digest = wanted.digest.to_string();
    let mut others = Vec::new();
    let mut folders = vec![(mirror.to_owned(), 0)];
    let mut left = FILES;
    while let Some((folder, depth)) = folders.pop() {
        // A folder that cannot be read has nothing for us.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth < DEPTH {
                    folders.push((path, depth + 1));
                }
                continue;
            }
            left = left.saturating_sub(1);
            let name = entry.file_name();
            if name != digest.as_str() && !wanted.names.iter().any(|wanted| name == wanted.as_str()) {
                continue;
            }
            match holds(&path, wanted.digest, wanted.bytes) {
                Ok(true) => return Ok(path),
                Ok(false) => others.push(format!("{} has other bytes", path.display())),
                Err(error) => others.push(format!("{}: {error}", path.display())),
            }
        }
        if left == 0 {
            break;
        }
    }
    if others.is_empty() {
        others.push(format!("{} has no file named {} or {digest}", mirror.display(), wanted.names.join(" or ")));
    }
    Err(others.join("; "))
}
