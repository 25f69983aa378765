//! Archives that were made to do harm, or were broken on their way.

mod common;

use std::{fs, io::Cursor};

use common::{Entry, assert_fault, check_bytes, faults, good, good_and, good_but, zip};
use vision_package::{UnpackError, unpack};
use vision_protocol::limits::PackageLimits;

#[test]
fn what_is_no_zip_is_called_by_its_name() {
    assert_fault(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "the file is a PNG image, not a zip archive", "app.json");
    assert_fault(b"\x1f\x8b\x08\0\0\0\0\0", "the file is a gzip file, not a zip archive", "");
    assert_fault(b"Rar!\x1a\x07\x01\0", "the file is a RAR archive", "");
    assert_fault(b"7z\xbc\xaf\x27\x1c\0\x04", "the file is a 7z archive", "");
    assert_fault(b"Dear reviewer, here is my app.", "the file is a text file", "");
    assert_fault(b"{\"Name\": \"Cats\"}", "the file is a JSON or text file", "");
    assert_fault(b"", "the file is empty", "");
    assert_fault(&[7; 100], "the file is something else", "");
}

#[test]
fn a_zip_behind_something_else_is_refused() {
    let mut archive = b"\x89PNG\r\n\x1a\n".to_vec();
    archive.extend(zip(&good()));
    assert_fault(&archive, "the file is a PNG image", "");
}

#[test]
fn a_truncated_archive_is_refused_at_any_length() {
    let archive = zip(&good());
    check_bytes(&archive).unwrap();
    for length in (4..archive.len()).step_by(7) {
        assert_fault(&archive[..length], "the zip archive is cut off or damaged", "upload it again");
    }
}

#[test]
fn an_empty_archive_is_refused() {
    assert_fault(&zip(&[]), "the archive is empty", "");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for (name, part) in [
        ("../evil.sh", "leads out of the archive"),
        ("assets/../../evil.sh", "leads out of the archive"),
        ("/etc/cron.d/evil", "absolute path"),
        ("assets\\evil.txt", "backslash"),
        ("..\\..\\evil.txt", "backslash"),
        ("C:/evil.txt", "drive letter"),
        ("assets//evil.txt", "empty part"),
        ("assets/./evil.txt", "empty part"),
        ("assets/a\0b", "the character “\\0”"),
        ("assets/a\nb", "the character “\\n”"),
        ("assets/a:b", "the character “:”"),
        ("assets/\u{202e}gpj.exe", "the character"),
        ("assets/nul.txt", "Windows keeps"),
        ("assets/trailing.", "ends with a dot"),
    ] {
        let found = faults(&good_and([Entry::stored(name, b"x")]));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].contains(part), "{name:?}: {found:#?}");
        assert!(!found[0].chars().any(char::is_control), "{found:#?}");
    }
    let long = format!("assets/{}", "x".repeat(200));
    assert_fault(&good_and([Entry::stored(&long, b"x")]), "assets/xxx", "longer than");
    let deep = format!("assets/{}x", "d/".repeat(20));
    assert_fault(&good_and([Entry::stored(&deep, b"x")]), "assets/d/", "folders deep");
}

#[test]
fn names_in_many_scripts_are_fine() {
    let more = ["assets/Ünïcode 猫.txt", "assets/e\u{301}te\u{301}.txt", "assets/a (1)+[2],3.txt"];
    check_bytes(&good_and(more.map(|name| Entry::stored(name, b"x")))).unwrap();
}

#[test]
fn links_and_devices_are_refused() {
    for (mode, part) in [(0o120_777, "is a link"), (0o020_666, "neither a file nor a folder"), (0o010_644, "neither")] {
        let link = Entry { attributes: mode << 16, ..Entry::stored("assets/link", b"/etc/passwd") };
        assert_fault(&good_and([link]), "assets/link", part);
    }
}

#[test]
fn names_that_collide_are_refused() {
    let twice = good_and([Entry::stored("assets/a.txt", b"1"), Entry::stored("assets/a.txt", b"2")]);
    assert_fault(&twice, "assets/a.txt", "more than once");
    let case = good_and([Entry::stored("assets/a.txt", b"1"), Entry::stored("assets/A.TXT", b"2")]);
    assert_fault(&case, "assets/A.TXT", "only by case");
    let accents = good_and([Entry::stored("assets/\u{e9}", b"1"), Entry::stored("assets/e\u{301}", b"2")]);
    assert_fault(&accents, "assets/", "only by case or accents");
    let folders = good_and([Entry::stored("assets/x/1", b"1"), Entry::stored("assets/X/2", b"2")]);
    assert_fault(&folders, "assets/X/2", "only by case");
    let inside = good_and([Entry::stored("assets/x", b"1"), Entry::stored("assets/x/2", b"2")]);
    assert_fault(&inside, "assets/x/2", "which is a file");
    let outside = good_and([Entry::stored("assets/x/2", b"2"), Entry::stored("assets/x", b"1")]);
    assert_fault(&outside, "assets/x", "both a file and a folder");
}

#[test]
fn a_second_manifest_does_not_slip_in() {
    assert_fault(&good_and([Entry::stored("app.json", b"{}")]), "app.json", "more than once");
}

#[test]
fn encrypted_and_oddly_compressed_entries_are_refused() {
    let encrypted = Entry { flags: 0x801, ..Entry::stored("assets/secret", b"0123456789abcdef") };
    assert_fault(&good_and([encrypted]), "assets/secret", "without a password");
    for (method, part) in [(93, "Zstandard"), (14, "LZMA"), (77, "method 77")] {
        let entry = Entry { method, ..Entry::stored("assets/odd", b"x") };
        assert_fault(&good_and([entry]), "assets/odd", part);
    }
}

#[test]
fn a_wrong_checksum_is_found_in_every_kind_of_file() {
    for name in ["models/cats.onnx", "assets/labels.txt", "README.md", "app.json"] {
        let entry = good().into_iter().find(|entry| entry.name == name.as_bytes());
        let mut entry = entry.unwrap_or_else(|| Entry::stored(name, b"text"));
        entry.crc ^= 1;
        assert_fault(&good_but(entry), name, "checksum");
    }
}

#[test]
fn damaged_deflate_data_is_found() {
    let mut entry = Entry::deflated("assets/data.bin", &(0..=255).collect::<Vec<u8>>());
    entry.data[20] ^= 0xff;
    assert_fault(&good_but(entry), "assets/data.bin", "is damaged");
}

#[test]
fn sizes_that_lie_are_found() {
    let mut less = Entry::deflated("assets/data.bin", &[7; 5000]);
    less.size = 100;
    assert_fault(&good_but(less), "assets/data.bin", "more than the 100 bytes that the archive says");
    let mut more = Entry::deflated("assets/data.bin", &[7; 5000]);
    more.size = 6000;
    assert_fault(&good_but(more), "assets/data.bin", "is damaged");
}

#[test]
fn limits_are_kept() {
    let limits = PackageLimits { entries: 5, zipped_bytes: 5_000, text_bytes: 500, ..PackageLimits::default() };
    let message = |archive: &[u8]| {
        let faults = vision_package::check(Cursor::new(archive), &limits).unwrap_err();
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let many = good_and((0..3).map(|i| Entry::stored(&format!("assets/{i}"), b"")));
    assert_eq!(message(&many), "the archive has 6 entries; at most 5 are allowed");
    let noise: Vec<u8> = (0..10_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let large = message(&good_and([Entry::stored("assets/noise", &noise)]));
    assert!(large.starts_with("the archive has 10.") && large.ends_with("at most 4.9 KiB are allowed"), "{large}");
    let long = message(&good_and([Entry::deflated("README.md", &[b'x'; 600])]));
    assert_eq!(long, "README.md: has 600 bytes; at most 500 bytes are allowed");
}

#[test]
fn json_that_would_grow_in_memory_is_refused() {
    let nested = format!("[{}0]", "{\"\":0},".repeat(100_000));
    assert_fault(&good_but(Entry::deflated("app.json", nested.as_bytes())), "app.json", "too large");
    let deep = "[".repeat(40_000);
    assert_fault(&good_but(Entry::deflated("app.json", deep.as_bytes())), "app.json", "recursion limit");
}

#[test]
fn a_directory_full_of_padding_is_refused() {
    let mut padded = Entry::stored("assets/a", b"");
    padded.extra = [0xfe, 0xca, 0x00, 0xf0].into_iter().chain([0; 0xf000]).collect();
    assert_fault(&good_and([padded, Entry::stored("assets/b", b"")]), "the archive's directory", "far larger");
}

#[test]
fn a_file_under_two_names_is_refused() {
    let mut archive = good_and([Entry::stored("assets/one", b"x")]);
    let local = archive.windows(10).position(|name| name == b"assets/one").unwrap();
    archive[local..local + 10].copy_from_slice(b"../../evil");
    assert_fault(&archive, "assets/one: stands under two names", "here and as “../../evil”");
}

#[test]
fn files_that_lie_in_one_another_are_refused() {
    let mut archive = good_and([Entry::deflated("assets/one", &[7; 5000]), Entry::stored("assets/two", b"x")]);
    // The last entry's offset stands before its name in the directory.
    let listed = archive.windows(10).rposition(|name| name == b"assets/two").unwrap();
    let one = archive.windows(10).position(|name| name == b"assets/one").unwrap() - 30 + 35;
    archive[listed - 4..listed].copy_from_slice(&(one as u32).to_le_bytes());
    assert_fault(&archive, "assets/two: shares its bytes with “assets/one”", "make the archive again");
}

#[test]
fn nothing_is_written_of_a_refused_archive() {
    let parent = tempfile::tempdir().unwrap();
    let into = parent.path().join("package");
    for name in ["../evil", "/tmp/vision-evil", "assets/../../evil"] {
        let archive = good_and([Entry::stored(name, b"x")]);
        let error = unpack(Cursor::new(archive), &PackageLimits::default(), &into).unwrap_err();
        assert!(matches!(error, UnpackError::Faults(_)));
    }
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn all_faults_come_at_once() {
    let archive = zip(&[
        Entry::stored(
            "app.json",
            br#"{"Name": "", "Version": "one", "Models": [{"Name": "m", "File": "models/gone.onnx"}]}"#,
        ),
        Entry::stored("../evil", b"x"),
        Entry::stored("models/photo.onnx", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        Entry::stored("icon.png", b"GIF89a"),
        Entry { attributes: 0o120_777 << 16, ..Entry::stored("assets/link", b"/etc") },
        Entry { crc: 1, ..Entry::stored("assets/bad", b"x") },
        Entry::stored("notes.docx", b"x"),
    ]);
    let found = faults(&archive);
    for part in [
        "app.json: Name: must not be empty",
        "app.json: Version:",
        "app.json: Models[0].File: names “models/gone.onnx”, which is not in the archive",
        "../evil: leads out of the archive",
        "models/photo.onnx: is a PNG image, not an ONNX model",
        "models/photo.onnx: is not named",
        "icon.png: is a GIF image, not a PNG image",
        "assets/link: is a link",
        "assets/bad: is damaged",
        "notes.docx: does not belong into a package",
        "app.wasm: is missing",
    ] {
        assert!(found.iter().any(|fault| fault.starts_with(part)), "{part} is not in {found:#?}");
    }
}

#[test]
fn a_flood_of_faults_is_cut() {
    let found = faults(&good_and((0..500).map(|i| Entry::stored(&format!("junk-{i}"), b""))));
    assert_eq!(found.len(), 101);
    assert_eq!(found[100], "and 400 more faults");
}
