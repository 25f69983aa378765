//! The catalogue from outside: fetching from caches, mirrors and servers that misbehave, and every entry as an app.

mod entries;
mod fetching;
mod mirrors;
mod server;

use std::{path::Path, time::Duration};

use tempfile::TempDir;
use url::Url;
use vision_catalog::{Depot, Wanted};
use vision_protocol::Digest;

/// Something to fetch: bytes that differ from place to place.
fn bytes() -> Vec<u8> {
    (0..50_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()).collect()
}

fn wanted(urls: &[Url]) -> Wanted {
    let bytes = bytes();
    Wanted {
        names: vec!["model.onnx".to_owned()],
        digest: Digest::of(&bytes),
        bytes: bytes.len() as u64,
        urls: urls.to_vec(),
        hint: None,
    }
}

fn depot(cache: &TempDir, mirror: Option<&Path>) -> Depot {
    let depot = Depot::new(cache.path().join("models"), mirror.map(Path::to_owned)).expect("a depot");
    depot.with_pause(Duration::from_millis(1))
}

/// How much of the file a broken download left behind.
fn left(cache: &TempDir, wanted: &Wanted) -> Option<u64> {
    let part = cache.path().join("models").join(wanted.digest.to_string()).with_extension("part");
    std::fs::metadata(part).ok().map(|part| part.len())
}
