//! Taking an uploaded zip: spooled, checked, completed, stored.

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;
use vision_package::Package;
use vision_protocol::{
    fault::Fault,
    ids::{AppId, Digest, InstallId, ReleaseId, Slug},
    limits::PackageLimits,
};

use super::super::{DomainError, Result, accounts::User, site};
use crate::{
    blobs::{BlobError, objects::ObjectKey},
    state::Portal,
    store::{JobKind, Lease, NewRelease, ReleasePlan, StoreError},
};

/// A file that goes away with its owner. A package is no photo: it may lie on disk as it is.
pub(in crate::domain) struct Spooled(PathBuf);

impl Spooled {
    pub(in crate::domain) fn new(portal: &Portal) -> Self {
        Self(portal.spool_dir().join(format!("{}.zip", Uuid::new_v4().simple())))
    }

    pub(in crate::domain) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_file(&self.0);
    }
}

pub(super) async fn spooled<S, E>(portal: &Portal, author: &User, app: Option<&Slug>, mut zip: S) -> Result<ReleaseId>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let limit = site::current(portal).await?.packages(&portal.config.limits).zipped_bytes;
    let spool = Spooled::new(portal);
    let mut file = tokio::fs::File::create_new(spool.path()).await.map_err(BlobError::Io)?;
    let mut size = 0;
    while let Some(piece) = zip.next().await {
        let piece = piece.map_err(|error| DomainError::Upload(error.to_string()))?;
        size += piece.len() as u64;
        if size > limit {
            return Err(DomainError::TooLarge { limit });
        }
        file.write_all(&piece).await.map_err(BlobError::Io)?;
    }
    file.flush().await.map_err(BlobError::Io)?;
    if size == 0 {
        return Err(DomainError::invalid("", "choose the zip file of your app"));
    }
    accept(portal, author, app, &spool, Terms::default()).await
}

/// What an accepted package is part of.
#[derive(Default)]
pub(in crate::domain) struct Terms<'a> {
    /// Whether everybody can run it as soon as it is proven.
    pub(in crate::domain) publish_when_proven: bool,
    /// The install that it ends, with the job in hand.
    pub(in crate::domain) install: Option<(&'a Lease, InstallId)>,
}

/// Accepts a spooled zip as a release of the author's app, or of a new one.
pub(in crate::domain) async fn accept(
    portal: &Portal,
    author: &User,
    app: Option<&Slug>,
    spool: &Spooled,
    terms: Terms<'_>,
) -> Result<ReleaseId> {
    if portal.stopping.is_cancelled() {
        return Err(DomainError::Stopping);
    }
    let app = match app {
        Some(slug) => {
            let app = portal.store.app_by_slug(slug).await?.filter(|app| app.author_id == author.id.0);
            Some(AppId(app.ok_or(DomainError::NotFound)?.id))
        }
        None => None,
    };
    let complete = Spooled::new(portal);
    let (source, target) = (spool.path().to_owned(), complete.path().to_owned());
    let limits = site::current(portal).await?.packages(&portal.config.limits);
    let (package, digest) = tokio::task::spawn_blocking(move || check(&source, &target, &limits))
        .await
        .map_err(DomainError::internal)??;
    let version = package.manifest.version.to_string();
    if let Some(app) = app
        && portal.store.has_version(app, &version).await?
    {
        return Err(version_taken(&version));
    }
    store(portal, complete.path(), digest).await?;
    let plan = app.map_or_else(|| ReleasePlan::New(Slug::from_name(&package.manifest.name)), ReleasePlan::Existing);
    // PostgreSQL takes no NUL in a text.
    let text = |text: &Option<String>| text.as_ref().map(|text| text.replace('\0', "\u{FFFD}"));
    let (template, readme) = (text(&package.template), text(&package.readme));
    let manifest = serde_json::to_string(&package.manifest).map_err(DomainError::internal)?;
    let new = NewRelease {
        author: author.id,
        version: &version,
        digest: &digest.to_string(),
        manifest: &manifest,
        name: &package.manifest.name,
        template: template.as_deref(),
        readme: readme.as_deref(),
        icon: package.icon.as_ref().map(|icon| (icon.media_type, icon.bytes.as_slice())),
        publish_when_proven: terms.publish_when_proven,
        now: portal.now(),
    };
    match portal.store.create_release(plan, &new, terms.install).await {
        Ok((release, slug)) => {
            tracing::info!(release.id = %release, app.slug = %slug, release.digest = %digest, "release uploaded");
            portal.queue.wake(JobKind::CheckRelease);
            Ok(release)
        }
        Err(StoreError::Taken) => Err(version_taken(&version)),
        Err(error) => Err(error.into()),
    }
}

fn version_taken(version: &str) -> DomainError {
    let message = format!("{version} is there already; a release never changes, so give this one a new version");
    DomainError::Invalid(vec![Fault::new("app.json: Version", message)])
}

/// Everything that is cheap to find out, then the package as runners get it.
fn check(source: &Path, target: &Path, limits: &PackageLimits) -> Result<(Package, Digest)> {
    let open = || File::open(source).map_err(|error| DomainError::Blob(BlobError::Io(error)));
    let package = vision_package::check(open()?, limits).map_err(DomainError::Invalid)?;
    let target = File::create_new(target).map_err(BlobError::Io)?;
    let digest = vision_package::complete(open()?, &package, BufWriter::new(target)).map_err(BlobError::Io)?;
    Ok((package, digest))
}

async fn store(portal: &Portal, path: &Path, digest: Digest) -> Result<()> {
    let key = ObjectKey::Package(digest);
    if portal.objects.contains(key).await? {
        return Ok(());
    }
    let mut file = tokio::fs::File::open(path).await.map_err(BlobError::Io)?;
    let mut writer = portal.objects.create(key).await?;
    writer.copy_from(&mut file).await?;
    Ok(writer.finish().await?)
}
