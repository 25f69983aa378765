//! Sample apps that come with the portal, built into the program: published under the house's name as soon as a
//! runner has proven them.

use std::{fs::File, io::BufWriter};

use serde_json::Value;
use vision_protocol::ids::{AppId, Slug};

use super::{
    DomainError, Result, accounts,
    publishing::{self, Spooled, Terms},
};
use crate::{blobs::BlobError, state::Portal};

struct Sample {
    name: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

const SAMPLES: &[Sample] = include!(concat!(env!("OUT_DIR"), "/samples.rs"));

/// Publishes every sample app, or its new version, that is not there yet. One that cannot be published stops
/// neither the others nor the portal.
///
/// # Errors
/// The database's.
pub async fn seed(portal: &Portal) -> Result<()> {
    let house = accounts::house(portal).await?;
    for sample in SAMPLES {
        match seed_one(portal, &house, sample).await {
            Ok(true) => tracing::info!(app = sample.name, "sample app uploaded"),
            Ok(false) => {}
            Err(DomainError::Stopping) => return Ok(()),
            Err(error) => tracing::error!(app = sample.name, %error, "sample app could not be uploaded"),
        }
    }
    Ok(())
}

async fn seed_one(portal: &Portal, house: &accounts::User, sample: &'static Sample) -> Result<bool> {
    let manifest = sample.files.iter().find(|(path, _)| *path == "app.json").map(|(_, bytes)| *bytes);
    let manifest: Value = serde_json::from_slice(manifest.unwrap_or_default()).map_err(DomainError::internal)?;
    let slug = Slug::from_name(manifest["Name"].as_str().unwrap_or(sample.name));
    let known = portal.store.app_by_slug(&slug).await?;
    let app = match known {
        // Somebody else's app of that name came first.
        Some(app) if app.author_id != house.id.0 => return Ok(false),
        Some(app) => {
            let version = manifest["Version"].as_str().unwrap_or_default();
            if portal.store.has_version(AppId(app.id), version).await? {
                return Ok(false);
            }
            Some(&slug)
        }
        None => None,
    };
    let spool = Spooled::new(portal);
    let path = spool.path().to_owned();
    let pack = move || {
        let out = BufWriter::new(File::create_new(path)?);
        vision_package::pack_files(sample.files.iter().copied(), out)
    };
    tokio::task::spawn_blocking(pack).await.map_err(DomainError::internal)?.map_err(BlobError::Io)?;
    let terms = Terms { publish_when_proven: true, install: None };
    publishing::accept(portal, house, app, &spool, terms).await?;
    Ok(true)
}
