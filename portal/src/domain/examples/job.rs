//! Running the examples of a release, after it was published.

use std::{fs::File, io::Read};

use bytes::Bytes;
use futures_util::{future::BoxFuture, stream};
use serde_json::Value;
use vision_package::{Example, Expected};
use vision_protocol::{
    ids::{Digest, ReleaseId, RunId},
    limits::PackageLimits,
};
use zip::ZipArchive;

use super::super::{DomainError, Result, accounts, accounts::User, publishing::ReleaseStatus, running};
use crate::{
    blobs::{BlobError, objects::ObjectKey},
    config::JobsConfig,
    jobs::{Verdict, Work},
    state::Portal,
    store::{JobKind, Lease, StoreError},
};

/// So many are run and shown; more would help nobody who looks at the app.
const MOST: usize = 12;

/// Runs examples.
pub(in crate::domain) struct RunExamples;

impl Work for RunExamples {
    fn kind(&self) -> JobKind {
        JobKind::RunExamples
    }

    fn parallel(&self, _: &JobsConfig) -> usize {
        1
    }

    fn attempts(&self, config: &JobsConfig) -> u32 {
        config.check_attempts
    }

    fn perform<'a>(&'a self, portal: &'a Portal, lease: &'a Lease) -> BoxFuture<'a, Result<Verdict>> {
        Box::pin(perform(portal, lease))
    }

    fn postpone<'a>(&'a self, portal: &'a Portal, lease: &'a Lease, run_at: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            portal.store.postpone(lease, run_at).await?;
            Ok(())
        })
    }

    fn give_up<'a>(&'a self, portal: &'a Portal, lease: &'a Lease, reason: String) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            tracing::warn!(release.id = lease.subject, %reason, "the examples of a release are not shown");
            portal.store.finish_examples(lease, release_id(lease)?).await?;
            Ok(())
        })
    }
}

fn release_id(lease: &Lease) -> Result<ReleaseId> {
    Ok(lease.subject.parse().map_err(|_| StoreError::Corrupt("job"))?)
}

/// An example with what it is given.
pub(in crate::domain) struct Given {
    pub(in crate::domain) name: String,
    /// What must come out.
    pub(in crate::domain) expected: Option<Expected>,
    /// By parameter: the content of a file, or text as a form would send it.
    inputs: Vec<(String, Input)>,
}

enum Input {
    File(Vec<u8>),
    Text(String),
}

async fn perform(portal: &Portal, lease: &Lease) -> Result<Verdict> {
    let id = release_id(lease)?;
    let published = portal.store.release(id).await?.filter(|row| row.status == ReleaseStatus::Published.name());
    let Some(release) = published else {
        // Publishing it again asks for its examples again.
        portal.store.drop_job(lease).await?;
        return Ok(Verdict::Ended);
    };
    let digest = release.digest.parse().map_err(|_| StoreError::Corrupt("digest"))?;
    let begun = portal.store.begun_examples(id).await?;
    let house = accounts::house(portal).await?;
    for (position, given) in (1..).zip(read(portal, digest).await?) {
        if begun.contains(&position) {
            continue;
        }
        match begin(portal, &house, id, &given).await {
            Ok(run) => {
                portal.store.note_example(id, position, &given.name, run).await?;
                if !ended(portal, &house, run).await? {
                    return Ok(Verdict::retry("the marketplace is being restarted"));
                }
            }
            // One that no form would take is left out.
            Err(DomainError::Invalid(faults)) => {
                let faults = vision_protocol::fault::summary(&faults);
                tracing::warn!(release.id = %id, example = given.name, %faults, "an example is not shown");
            }
            // Not published any more, or the portal stops: next time.
            Err(error) => return Err(error),
        }
    }
    portal.store.finish_examples(lease, id).await?;
    tracing::info!(release.id = %id, "examples are run");
    Ok(Verdict::Ended)
}

/// Waits for a run. One at a time: however many releases wait for their examples, people's runs wait for one of them at
/// most. Says whether it has ended; if not, the portal is about to.
async fn ended(portal: &Portal, house: &User, run: RunId) -> Result<bool> {
    let mut watch = running::watch(portal, house, run).await?;
    while let Some(progress) = watch.next().await? {
        if progress.status.is_final() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Runs an example as somebody's own run.
pub(in crate::domain) async fn begin(
    portal: &Portal,
    house: &User,
    release: ReleaseId,
    given: &Given,
) -> Result<RunId> {
    let mut draft = running::begin(portal, house, release).await?;
    for (name, input) in &given.inputs {
        match input {
            Input::Text(text) => draft.text(name, text),
            Input::File(content) => {
                let content = Bytes::copy_from_slice(content);
                draft.file(name, stream::iter([Ok::<_, std::io::Error>(content)])).await?;
            }
        }
    }
    draft.submit().await
}

/// The examples of a stored package.
pub(in crate::domain) async fn read(portal: &Portal, digest: Digest) -> Result<Vec<Given>> {
    let file = portal.objects.open(ObjectKey::Package(digest)).await?.into_file().into_std().await;
    let limits = portal.config.limits.packages();
    tokio::task::spawn_blocking(move || read_archive(&file, &limits)).await.map_err(DomainError::internal)?
}

fn read_archive(file: &File, limits: &PackageLimits) -> Result<Vec<Given>> {
    // It was checked when it was uploaded; its examples are found, and its sizes held to, by the same code again.
    let package = vision_package::check(file, limits).map_err(DomainError::Invalid)?;
    let mut archive = ZipArchive::new(file).map_err(DomainError::internal)?;
    package.examples.iter().take(MOST).map(|example| given(example, &mut archive)).collect()
}

fn given(example: &Example, archive: &mut ZipArchive<&File>) -> Result<Given> {
    let mut inputs = Vec::new();
    for (name, value) in &example.inputs {
        let input = match value {
            Value::String(file) if example.files.contains(file) => {
                let mut content = Vec::new();
                let mut entry = archive.by_name(&example.path(file)).map_err(DomainError::internal)?;
                entry.read_to_end(&mut content).map_err(BlobError::Io)?;
                Input::File(content)
            }
            Value::String(text) => Input::Text(text.clone()),
            Value::Null => continue,
            other => Input::Text(other.to_string()),
        };
        inputs.push((name.clone(), input));
    }
    Ok(Given { name: example.name.clone(), expected: example.expected.clone(), inputs })
}
