//! Results that were given, for the same person who asks the same again. In memory only, and only where the author
//! says that an app always answers the same, the portal says who asks, and the operator wants it.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use sha2::{Digest as _, Sha256};
use vision_protocol::messages::LogLine;

use super::{packages::Release, process::Order, results::Assembled};

/// How long a result is kept.
const KEPT_FOR: Duration = Duration::from_secs(10 * 60);
/// What keeping one result takes beside its content.
const OVERHEAD: usize = 512;

/// The results that are kept.
pub(super) struct Results(Option<Cache<Key, Arc<Kept>>>);

/// Who asked which release what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

/// A result, before its pictures went anywhere.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) assembled: Assembled,
    pub(super) logs: Vec<LogLine>,
}

impl Results {
    /// Keeps so many bytes; none, if 0.
    pub(super) fn new(bytes: u64) -> Self {
        let cache = || {
            let weigh = |_: &Key, kept: &Arc<Kept>| u32::try_from(kept.bytes()).unwrap_or(u32::MAX);
            Cache::builder().max_capacity(bytes).weigher(weigh).time_to_live(KEPT_FOR).build()
        };
        Self((bytes > 0).then(cache))
    }

    /// Whether any are kept.
    pub(super) fn keeps(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn get(&self, key: &Key) -> Option<Arc<Kept>> {
        self.0.as_ref()?.get(key)
    }

    pub(super) fn keep(&self, key: Key, kept: Arc<Kept>) {
        if let Some(cache) = &self.0 {
            cache.insert(key, kept);
        }
    }

    /// Bytes that are kept.
    pub(super) fn size(&self) -> u64 {
        let Some(cache) = &self.0 else { return 0 };
        cache.run_pending_tasks();
        cache.weighted_size()
    }
}

impl Key {
    /// Photos are compared by their bytes: the same photo has another URL every time, and a URL proves nothing.
    pub(super) fn of(release: &Release, caller: &str, order: &Order) -> Self {
        let mut hash = Sha256::new();
        // With its length before each part, so that no two lists of parts look the same.
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(&release.id.0.to_le_bytes());
        part(&release.digest.0);
        part(caller.as_bytes());
        for (name, value) in &order.inputs {
            part(name.as_bytes());
            part(format!("{value:?}").as_bytes());
        }
        for picture in &order.attachments {
            part(picture.as_ref());
        }
        Self(hash.finalize().into())
    }
}

impl Kept {
    fn bytes(&self) -> usize {
        let logs: usize = self.logs.iter().map(|line| line.message.len() + size_of::<LogLine>()).sum();
        OVERHEAD + self.assembled.bytes + logs
    }
}
