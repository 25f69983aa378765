//! From a draft to a release: put together as a zip, and through the same gate as every upload.

use vision_protocol::{
    fault::Fault,
    ids::{AppId, ReleaseId},
    manifest::Manifest,
};

use super::{Draft, archive, files};
use crate::{
    blobs::BlobError,
    domain::{
        DomainError, Result,
        accounts::User,
        publishing::{self, Spooled, Terms},
        roles::Permission,
        versions::{self, Suggestion},
    },
    state::Portal,
};

/// How a draft is to be published.
#[derive(Clone, Debug, Default)]
pub struct Publication {
    /// Whether the author has accepted the terms.
    pub accepts_terms: bool,
    /// Whether everybody can run it as soon as it is proven.
    pub at_once: bool,
}

/// The draft as a package, on disk.
async fn assemble(portal: &Portal, draft: &Draft) -> Result<Spooled> {
    let spool = Spooled::new(portal);
    let mut sources = Vec::new();
    for file in &draft.files {
        let source = match file.object {
            Some(object) => archive::Source::File(files::file_of(portal, object).await?),
            None => archive::Source::Archive,
        };
        sources.push((file.path.clone(), source));
    }
    let texts = [
        (Manifest::FILE, draft.document.to_json()),
        (Manifest::TEMPLATE, draft.template.clone()),
        ("README.md", draft.readme.clone()),
    ];
    for (path, text) in texts.into_iter().filter(|(_, text)| !text.trim().is_empty()) {
        sources.push((path.to_owned(), archive::Source::Text(text)));
    }
    let base = match draft.archive {
        Some(object) => Some(files::file_of(portal, object).await?),
        None => None,
    };
    let target = spool.path().to_owned();
    tokio::task::spawn_blocking(move || archive::assemble(base, sources, &target))
        .await
        .map_err(DomainError::internal)?
        .map_err(BlobError::Io)?;
    Ok(spool)
}

/// Checks a draft as an upload is checked: everything short of a runner's proof.
///
/// # Errors
/// `Invalid` with every fault.
pub async fn check(portal: &Portal, draft: &Draft) -> Result<()> {
    let spool = assemble(portal, draft).await?;
    let limits = portal.config.limits.packages();
    let checked = tokio::task::spawn_blocking(move || {
        let file = std::fs::File::open(spool.path()).map_err(BlobError::Io)?;
        vision_package::check(file, &limits).map(drop).map_err(files::too_many)
    });
    checked.await.map_err(DomainError::internal)?
}

/// The version that a new release of the app should have, by what changed; `None` for a new app, or while the draft is
/// not right yet.
///
/// # Errors
/// The database's.
pub async fn suggestion(portal: &Portal, author: &User, draft: &Draft) -> Result<Option<Suggestion>> {
    let (Some((_, slug)), Some(manifest)) = (&draft.app, draft.document.manifest()) else { return Ok(None) };
    let models_changed = draft.files.iter().any(|file| file.path.starts_with("models/") && file.object.is_some());
    versions::next(portal, author, slug, &manifest, models_changed).await.map(Some)
}

/// Makes a release of a draft; a runner proves it next. The draft stays, as the place for the next version.
///
/// # Errors
/// `Invalid` with every fault, each at its place; `Forbidden`; `Stopping`.
pub async fn publish(portal: &Portal, author: &User, draft: &Draft, how: &Publication) -> Result<ReleaseId> {
    author.require(Permission::PublishApps)?;
    let mut faults: Vec<Fault> = Vec::new();
    if !how.accepts_terms {
        faults.push(Fault::new("terms", "must be accepted before anything is published"));
    }
    if draft.notes.chars().count() > versions::LONGEST_NOTES {
        let message = format!("must have at most {} characters", versions::LONGEST_NOTES);
        faults.push(Fault::new("Version: notes", message));
    }
    faults.extend(draft.faults().into_iter().map(|(_, fault)| fault));
    if !faults.is_empty() {
        return Err(files::too_many(faults));
    }
    let spool = assemble(portal, draft).await?;
    let app = draft.app.as_ref().map(|(_, slug)| slug);
    let terms = Terms { publish_when_proven: how.at_once, ..Terms::default() };
    let release = publishing::accept(portal, author, app, &spool, terms).await?;
    versions::set_notes(portal, author, release, &draft.notes).await?;
    let row = publishing::stored(portal, release).await?;
    portal.store.note_release_of_draft(draft.id, release, AppId(row.app_id), portal.now()).await?;
    Ok(release)
}
