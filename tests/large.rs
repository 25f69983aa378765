//! The seeding of a large marketplace, at a small size: every page answers, and lists have their pages. With
//! `VISION_LARGE` naming a folder, at the full size, and with figures.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::{
    measure,
    seed::{self, Size},
    support::{database::Database, require},
};

#[tokio::test]
async fn every_page_of_a_seeded_marketplace_answers() {
    let folder = TempDir::new().expect("a temporary folder");
    seed_and_ask(folder.path().to_path_buf(), None).await;
}

#[tokio::test]
async fn every_page_of_a_seeded_marketplace_answers_over_postgresql() {
    let database = require!(Database::create().await);
    let folder = TempDir::new().expect("a temporary folder");
    seed_and_ask(folder.path().to_path_buf(), Some(&database.url())).await;
}

async fn seed_and_ask(folder: PathBuf, database: Option<&str>) {
    let size = Size { apps: 600, authors: 40, people: 300, runs: 6000 };
    seed::seed(&folder, database, &size).await;
    let pages = measure::every_page(&folder, database, 1).await;
    for page in &pages {
        assert!(page.status == 200 || !page.path.starts_with("/search"), "{page}");
    }
    let home = pages.iter().find(|page| page.path == "/").expect("the first page is a page");
    assert!(home.kilobytes < 100, "{home}");
    assert!(pages.iter().filter(|page| page.status == 200).count() > 20, "most pages are there");
}

/// As `just seed-large` and `just measure-large`, without another build. Meant to be started by hand.
#[tokio::test]
#[ignore = "takes minutes; VISION_LARGE names the folder"]
async fn a_large_marketplace_is_measured() {
    let folder = PathBuf::from(std::env::var("VISION_LARGE").expect("VISION_LARGE names a folder"));
    let database = std::env::var("VISION_LARGE_DATABASE").ok();
    if !folder.join("seeded").exists() {
        seed::seed(&folder, database.as_deref(), &Size::large()).await;
        std::fs::write(folder.join("seeded"), "").expect("a file can be written");
    }
    for page in measure::every_page(&folder, database.as_deref(), 20).await {
        eprintln!("{page}");
    }
}
