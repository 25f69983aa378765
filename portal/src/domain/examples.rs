//! The examples that a package brings: run once when a release is published, as runs of the house's own, and shown to
//! everybody who looks at the app. They count as nobody's runs.

mod job;

use vision_protocol::ids::{BlobId, ReleaseId, Slug};

use super::{
    DomainError, Result,
    accounts::{self, User},
    catalog,
    files::FileStream,
    running::{self, RunView},
};
use crate::{
    state::Portal,
    store::{JobKind, StoreError},
};

pub(super) use job::{RunExamples, begin, read};

/// An example in an app's list.
#[derive(Clone, Debug)]
pub struct ExampleCard {
    /// Its place, from 1.
    pub position: u32,
    /// What people read.
    pub title: String,
    /// Its first photo.
    pub picture: Option<BlobId>,
}

/// The examples of a release that have a result.
///
/// # Errors
/// The database's.
pub async fn list(portal: &Portal, release: ReleaseId) -> Result<Vec<ExampleCard>> {
    let rows = portal.store.examples_of(release).await?;
    rows.into_iter()
        .map(|row| {
            let picture = row.picture.map(|id| id.parse().map_err(|_| StoreError::Corrupt("file id"))).transpose()?;
            let position = u32::try_from(row.position).map_err(|_| StoreError::Corrupt("place of an example"))?;
            Ok(ExampleCard { position, title: title(&row.name), picture })
        })
        .collect()
}

/// A folder's name as people read it: `pen-on-paper` is "Pen on paper".
fn title(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut letters = words.trim().chars();
    letters.next().map_or_else(|| name.to_owned(), |first| first.to_uppercase().chain(letters).collect())
}

/// The run of an example of a published app.
///
/// # Errors
/// `NotFound`.
pub async fn show(portal: &Portal, viewer: Option<&User>, app: &Slug, position: u32) -> Result<RunView> {
    let (_, release) = catalog::published(portal, viewer, app).await?;
    let run = portal.store.run_of_example(release, position.into()).await?.ok_or(DomainError::NotFound)?;
    running::view(portal, &accounts::house(portal).await?, run).await
}

/// A file of an example of a published app.
///
/// # Errors
/// `NotFound`.
pub async fn file(
    portal: &Portal,
    viewer: Option<&User>,
    app: &Slug,
    position: u32,
    blob: BlobId,
) -> Result<FileStream> {
    let (_, release) = catalog::published(portal, viewer, app).await?;
    let run = portal.store.run_of_example(release, position.into()).await?.ok_or(DomainError::NotFound)?;
    running::file(portal, &accounts::house(portal).await?, run, blob).await
}

/// Has the examples run of all that was published before there were any.
pub(super) async fn catch_up(portal: &Portal) -> Result<()> {
    let releases = portal.store.enqueue_all_examples(portal.now()).await?;
    if releases > 0 {
        tracing::info!(releases, "examples are being run");
        portal.queue.wake(JobKind::RunExamples);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn a_folders_name_is_readable() {
        assert_eq!(title("pen-on-paper"), "Pen on paper");
        assert_eq!(title("übung_1"), "Übung 1");
        assert_eq!(title("-"), "-");
    }
}
