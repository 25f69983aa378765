//! Every entry: its manifest, its labels, its app, and the bytes of its models where they are at hand.

use std::{collections::BTreeMap, fs, path::PathBuf};

use tempfile::TempDir;
use vision_catalog::{Catalog, Depot, Entry, readme};
use vision_protocol::{Digest, limits::PackageLimits};

/// The real models that `VISION_TEST_DATA` names.
fn test_models() -> Option<PathBuf> {
    let repository = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let data = std::env::var_os("VISION_TEST_DATA").map(|data| PathBuf::from(repository).join(data).join("models"));
    let found = data.filter(|models| models.is_dir());
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI=true, but VISION_TEST_DATA names no models");
        eprintln!("skipped: VISION_TEST_DATA names no models");
    }
    found
}

#[test]
fn every_entry_is_sound() {
    let mut names = BTreeMap::new();
    for entry in Catalog::builtin().entries() {
        let manifest = entry.manifest().unwrap_or_else(|faults| panic!("{}: {faults:?}", entry.name));
        assert!(manifest.task.is_some(), "{}: no code comes with an entry", entry.name);
        assert!(!manifest.description.is_empty() && !manifest.category.is_empty(), "{}", entry.name);
        assert!(!entry.credits.is_empty() && entry.licence_url.scheme() == "https", "{}", entry.name);
        if let Some(other) = names.insert(manifest.name.clone(), &entry.name) {
            panic!("{other} and {} are both called {}", entry.name, manifest.name);
        }
        for model in &entry.models {
            let commit = &model.source.commit;
            assert!(commit.len() >= 7 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{}: {commit}", entry.name);
            let wanted = model.wanted();
            assert_eq!(wanted.urls.is_empty(), model.converted.is_some(), "{}", entry.name);
            assert!(wanted.urls.iter().all(|url| url.scheme() == "https"), "{}", entry.name);
            assert!(wanted.urls.is_empty() || wanted.urls[0].as_str().contains(commit), "{}", entry.name);
        }
        let told = readme(entry);
        assert!(told.contains(&entry.licence) && told.contains(&entry.credits), "{told}");
    }
    assert!(names.len() >= 25, "only {names:?}");
}

#[test]
fn labels_are_as_many_as_classes() {
    for (list, lines) in [("coco", 80), ("imagenet", 1000), ("voc", 21), ("digits", 10), ("expressions", 7)] {
        let text =
            fs::read_to_string(format!("{}/../../sample-apps/catalog/labels/{list}.txt", env!("CARGO_MANIFEST_DIR")));
        let text = text.expect("the list is there");
        assert_eq!(text.lines().filter(|line| !line.trim().is_empty()).count(), lines, "{list}");
    }
}

/// The entry with small files in the place of its models, so that all of them can be put together here.
fn with_stand_ins(entry: &Entry, mirror: &TempDir) -> Entry {
    let mut entry = entry.clone();
    for (number, model) in entry.models.iter_mut().enumerate() {
        // ir_version 8, then an empty graph: enough for the check of a package.
        let mut bytes = vec![0x08, 0x08, 0x3a, 0x00];
        bytes.extend(std::iter::repeat_n([0x3a, 0x00], number).flatten());
        fs::write(mirror.path().join(Digest::of(&bytes).to_string()), &bytes).expect("written");
        (model.sha256, model.bytes) = (Digest::of(&bytes), bytes.len() as u64);
    }
    entry
}

#[tokio::test]
async fn every_entry_becomes_an_app_without_faults() {
    for entry in Catalog::builtin().entries() {
        let mirror = TempDir::new().unwrap();
        let entry = with_stand_ins(entry, &mirror);
        let depot = Depot::new(mirror.path().join("cache"), Some(mirror.path().to_owned())).unwrap();
        let mut zip = tempfile::tempfile().unwrap();
        vision_catalog::write_zip(&depot, &entry, zip.try_clone().unwrap(), |_| {}).await.unwrap();
        let package = vision_package::check(&mut zip, &PackageLimits::default());
        let package = package.unwrap_or_else(|faults| panic!("{}: {faults:?}", entry.name));
        assert_eq!(package.manifest, entry.manifest().unwrap());
        assert!(package.readme.is_some_and(|readme| readme.contains(&entry.licence)));
    }
}

#[test]
fn the_bytes_of_the_test_data_are_those_of_the_entries() {
    let Some(models) = test_models() else { return };
    let mut known = BTreeMap::new();
    for folder in fs::read_dir(models).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let bytes = fs::read(&file).unwrap();
            known.insert(file.file_name().unwrap().to_str().unwrap().to_owned(), (Digest::of(&bytes), bytes.len()));
        }
    }
    let mut compared = 0;
    for model in Catalog::builtin().entries().iter().flat_map(|entry| &entry.models) {
        let name = model.path.rsplit('/').next().unwrap();
        if let Some((digest, bytes)) = known.get(name) {
            assert_eq!((model.sha256, model.bytes), (*digest, *bytes as u64), "{name}");
            compared += 1;
        }
    }
    assert!(compared >= 20, "only {compared} files compared");
}
