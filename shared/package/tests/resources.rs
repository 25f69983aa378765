//! Wrong uploads are answered within a second and within 100 MB of memory. One test, because memory is measured
//! for the whole process.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made ends its test")]

mod common;

use std::{
    fs::{self, File},
    io::Write,
    time::{Duration, Instant},
};

use common::{Entry, MANIFEST, MODEL, good_and, good_but, zip};
use vision_package::check;
use vision_protocol::limits::PackageLimits;

#[test]
fn wrong_uploads_cost_little() {
    let large = 640; // times 16 MiB: 10 GiB
    let lying = |name: &str, size| Entry { size, ..Entry::bomb(name, large) };
    let broken = r#"{"Name": 5, "Nmae": "x", "Version": "x", "Models": {}}"#;
    let mut wide: Vec<String> = (0..20_000).map(|i| format!("\"Unknown{i}\": {i}")).collect();
    wide.push("\"Name\": \"x\"".to_owned());
    measure("an honest bomb", good_and([Entry::bomb("assets/zeros", large)]), "10 GiB when unpacked");
    measure("a bomb that lies", good_and([lying("assets/zeros", 1000)]), "more than the 1000 bytes");
    measure("a manifest that is a bomb", good_but(lying("app.json", 1000)), "app.json: unpacks to more");
    measure("a model that is a bomb", good_but(lying("models/cats.onnx", 1 << 20)), "unpacks to more");
    measure("a component that is a bomb", good_and([lying("app.wasm", 32 << 20)]), "app.wasm: unpacks to more");
    measure("as large as allowed, and broken", full(broken), "unknown field");
    measure("as large as allowed, and lying", full_and_lying(), "unpacks to more");
    let wide = format!("{{{}}}", wide.join(","));
    measure("a manifest of unknown keys", good_but(Entry::deflated("app.json", wide.as_bytes())), "unknown field");
    measure("two thousand names", many(1_900), "does not belong");
    measure("many entries", many(60_000), "60003 entries");
    let mut cut = good_and([Entry::bomb("assets/zeros", large)]);
    cut.truncate(cut.len() - 100);
    measure("a truncated bomb", cut, "cut off or damaged");
    measure("ten megabytes of text", b"PK is how this text begins. ".repeat(400_000), "a text file");
    measure("ten megabytes of ends", [b"PK\x03\x04".to_vec(), b"PK\x05\x06".repeat(2_500_000)].concat(), "damaged");
}

/// As many zeros as the limit allows, said honestly.
fn full(manifest: &str) -> Vec<u8> {
    let mut zeros = Entry::bomb("assets/zeros", 31);
    zeros.crc = 0;
    zip(&[Entry::deflated("app.json", manifest.as_bytes()), zeros])
}

fn full_and_lying() -> Vec<u8> {
    let lying = |i: u32| Entry { size: 15 << 20, ..Entry::bomb(&format!("assets/{i}"), 1) };
    let mut entries = vec![Entry::deflated("app.json", MANIFEST.as_bytes()), Entry::stored("models/cats.onnx", MODEL)];
    entries.extend((0..34).map(lying));
    zip(&entries)
}

fn many(count: usize) -> Vec<u8> {
    good_and((0..count).map(|i| Entry::stored(&format!("junk-{i}"), b"")))
}

fn measure(what: &str, archive: Vec<u8>, part: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upload.zip");
    File::create(&path).unwrap().write_all(&archive).unwrap();
    drop(archive);
    // The best of some tries: what is measured is the work, not what else the machine does.
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let before = reset_peak();
        let start = Instant::now();
        let faults = check(File::open(&path).unwrap(), &PackageLimits::default()).unwrap_err();
        best = best.min(start.elapsed());
        let grown = peak().saturating_sub(before);
        assert!(grown < 100 << 20, "{what}: {} MiB", grown >> 20);
        assert!(faults.iter().any(|fault| fault.to_string().contains(part)), "{what}: {faults:#?}");
        if best < Duration::from_millis(500) {
            break;
        }
    }
    eprintln!("{what}: {best:?}");
    assert!(best < Duration::from_secs(1), "{what}: {best:?}");
}

/// Forgets the peak so far and returns what is in use.
fn reset_peak() -> u64 {
    let _ = fs::write("/proc/self/clear_refs", "5");
    status("VmRSS:")
}

fn peak() -> u64 {
    status("VmHWM:")
}

fn status(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}
