//! What each target does with the bytes that it is given: it calls what production calls, and states what must hold
//! whatever the bytes are.
//!
//! The fuzzer calls these functions from `fuzz_targets/`. `runner-tract/tests/regressions.rs` includes this file and
//! replays everything in `seeds/` and `regressions/`, so that a finding stays mended.

use std::{io::Cursor, sync::LazyLock};

use url::Url;
use vision_package::{check, complete, component as glue, unpack};
use vision_protocol::{
    BlobId, Fault, Manifest, ReleaseId, RunId,
    limits::PackageLimits,
    messages::RunRequest,
    parameters::{InputValue, check_inputs},
    signed_url::{Grant, Method, SignedQuery, SigningKey, verify},
};

/// Longest text of one fault. A page lists a hundred of them.
const LONGEST_FAULT: usize = 2_000;

/// An archive as it was uploaded.
pub fn archive(data: &[u8]) {
    match check(Cursor::new(data), &small_limits()) {
        Err(faults) => presentable(&faults),
        Ok(package) => {
            let mut completed = Vec::new();
            complete(Cursor::new(data), &package, &mut completed).expect("what was checked can be completed");
            let folder = tempfile::tempdir().expect("a folder");
            let unpacked = unpack(Cursor::new(&completed), &PackageLimits::default(), folder.path());
            let unpacked = unpacked.expect("what was completed can be unpacked");
            for file in &unpacked.files {
                let path = folder.path().join(&file.path);
                let held = std::fs::symlink_metadata(&path).expect("a file that was unpacked");
                assert!(held.is_file() && held.len() == file.size, "{}", file.path);
                assert!(
                    path.canonicalize().expect("a path").starts_with(folder.path().canonicalize().expect("a path"))
                );
            }
        }
    }
}

/// An archive of the files that `data` lists: `@@ path`, then a line break and the content, up to the next `@@ `.
/// Gets past signatures and checksums to what looks into the files.
pub fn files(data: &[u8]) {
    let mut zip = StoredZip::default();
    for (index, part) in split(data, b"@@ ").into_iter().enumerate() {
        let end = part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len());
        let (path, content) = part.split_at(end);
        if index > 0 || !path.is_empty() {
            zip.add(path, content.get(1..).unwrap_or_default());
        }
    }
    archive(&zip.finish());
}

/// `app.json`.
pub fn manifest(data: &[u8]) {
    match Manifest::parse(data) {
        Err(faults) => presentable(&faults),
        Ok(manifest) => {
            let again = Manifest::parse(manifest.to_json().as_bytes()).expect("a good manifest stays good");
            assert_eq!(again, manifest);
        }
    }
}

/// `app.wasm`.
pub fn component(data: &[u8]) {
    let faults = glue::check(data);
    assert!(faults.len() <= 1_000);
    if !faults.is_empty() {
        presentable(&faults);
    }
}

/// The body of `/run`.
pub fn body(data: &[u8]) {
    static APP: LazyLock<Manifest> = LazyLock::new(|| Manifest::parse(EVERY_PARAMETER).expect("a good manifest"));
    let Ok(request) = serde_json::from_slice::<RunRequest>(data) else { return };
    let written = serde_json::to_vec(&request).expect("a request that was read can be written");
    assert_eq!(serde_json::from_slice::<RunRequest>(&written).expect("and read again"), request);
    match check_inputs(&APP.app_parameters, &request.data) {
        Err(faults) => presentable(&faults),
        Ok(inputs) => {
            for (name, value) in inputs {
                match value {
                    InputValue::Number(number) => assert!((-10.0..=10.0).contains(&number), "{name}"),
                    InputValue::Text(text) => assert!(text.chars().count() <= 20, "{name}"),
                    InputValue::Date(day) => assert!(day.year() >= 2000, "{name}"),
                    InputValue::Image(url) => assert!(matches!(url.scheme(), "http" | "https"), "{name}"),
                    InputValue::Select(choice) => assert!(choice == "small" || choice == "large", "{name}"),
                    InputValue::Boolean(_) => {}
                }
            }
        }
    }
}

/// A signed URL, of which some was changed. The first byte says how many bytes of a good one stay.
pub fn url(data: &[u8]) {
    let key = SigningKey::new(7, [42; 32]);
    let grant = Grant {
        method: Method::Get,
        blob: BlobId(uuid(1)),
        release: ReleaseId(12),
        run: RunId(uuid(2)),
        expires_at: 1_900_000_000_000,
    };
    let good = key.sign(&Url::parse("http://127.0.0.1:8080/base").expect("an address"), &grant);
    let Some((kept, rest)) = data.split_first() else { return };
    let kept = good.as_str().get(..usize::from(*kept)).unwrap_or(good.as_str());
    let Ok(rest) = str::from_utf8(rest) else { return };
    let Ok(forged) = Url::parse(&format!("{kept}{rest}")) else { return };
    let blob = forged.path_segments().and_then(|mut segments| segments.next_back()).and_then(|id| id.parse().ok());
    let Ok(query) = serde_urlencoded::from_str::<SignedQuery>(forged.query().unwrap_or_default()) else { return };
    if let Some(blob) = blob
        && let Ok(granted) = verify(std::slice::from_ref(&key), Method::Get, blob, &query, 0)
    {
        assert_eq!(granted, grant, "nothing else was ever signed");
    }
    let other = verify(&[key], Method::Put, grant.blob, &query, 0);
    assert!(other.is_err(), "the signature covers the method");
}

/// Bounds under which a bomb costs no time here.
fn small_limits() -> PackageLimits {
    PackageLimits {
        zipped_bytes: 1 << 20,
        inflated_bytes: 4 << 20,
        entries: 100,
        text_bytes: 64 << 10,
        ..PackageLimits::default()
    }
}

/// Faults are shown to people: few enough, short enough, and without what could forge a line of a log.
fn presentable(faults: &[Fault]) {
    assert!(!faults.is_empty(), "an error names a fault");
    for fault in faults {
        let text = fault.to_string();
        assert!(!fault.message.is_empty(), "a fault without words");
        assert!(text.len() <= LONGEST_FAULT, "a fault of {} bytes: {:.200}", text.len(), text);
        assert!(!text.chars().any(char::is_control), "a fault with control characters: {text:?}");
    }
}

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

fn split<'a>(data: &'a [u8], mark: &[u8]) -> Vec<&'a [u8]> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at + mark.len() <= data.len() {
        if data[at..].starts_with(mark) && (at == 0 || data[at - 1] == b'\n') {
            parts.push(&data[start..at]);
            at += mark.len();
            start = at;
        } else {
            at += 1;
        }
    }
    parts.push(&data[start.min(data.len())..]);
    parts
}

/// Writes archives without compression, with whatever names and contents.
#[derive(Default)]
struct StoredZip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

impl StoredZip {
    fn add(&mut self, name: &[u8], content: &[u8]) {
        let name = &name[..name.len().min(1_000)];
        let mut head = [0; 26];
        // Version, the flag for UTF-8, method 0, the time of nothing.
        head[..4].copy_from_slice(&[20, 0, 0, 8]);
        head[10..14].copy_from_slice(&crc32(content).to_le_bytes());
        head[14..18].copy_from_slice(&(content.len() as u32).to_le_bytes());
        head[18..22].copy_from_slice(&(content.len() as u32).to_le_bytes());
        head[22..24].copy_from_slice(&(name.len() as u16).to_le_bytes());
        let offset = self.bytes.len() as u32;
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(head);
        self.bytes.extend(name);
        self.bytes.extend(content);
        self.directory.extend(b"PK\x01\x02\x14\0");
        self.directory.extend(head);
        self.directory.extend([0; 10]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name);
        self.entries = self.entries.saturating_add(1);
    }

    fn finish(mut self) -> Vec<u8> {
        let start = self.bytes.len() as u32;
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend(self.entries.to_le_bytes());
        self.bytes.extend(self.entries.to_le_bytes());
        self.bytes.extend((self.directory.len() as u32).to_le_bytes());
        self.bytes.extend(start.to_le_bytes());
        self.bytes.extend([0, 0]);
        self.bytes
    }
}

fn crc32(content: &[u8]) -> u32 {
    !content.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

const EVERY_PARAMETER: &[u8] = br#"{
  "Name": "Everything", "Version": "1.0.0",
  "AppParameters": [
    {"ParameterType": "Number", "Name": "Number", "Min": -10, "Max": 10, "Step": 0.5, "Required": false},
    {"ParameterType": "Text", "Name": "Text", "MaxLength": 20, "Required": false},
    {"ParameterType": "Date", "Name": "Date", "Min": "2000-01-01", "Required": false},
    {"ParameterType": "Image", "Name": "Image"},
    {"ParameterType": "Select", "Name": "Select", "Options": ["small", "large"], "Default": "small"},
    {"ParameterType": "Boolean", "Name": "Boolean", "Default": false}
  ],
  "ResultVariables": [{"ResultType": "Text", "Name": "answer"}]
}"#;
