//! Looking at a run.

use std::collections::HashMap;

use vision_protocol::{
    ids::{BlobId, ReleaseId, RunId},
    manifest::Manifest,
};

use super::{
    FileRef, InputView, Keeping, ResultView, RunView, Shown, own, queue_place, runnable, status,
    stored::{Column, Named, Outcome, StoredValue},
};
use crate::{
    domain::{DomainError, Result, accounts::User, catalog},
    state::{Portal, timestamp},
    store::StoreError,
};

/// A run of one's own.
///
/// # Errors
/// `NotFound`, also when it is somebody else's.
pub async fn view(portal: &Portal, viewer: &User, id: RunId) -> Result<RunView> {
    let row = own(portal, viewer, id).await?;
    let release = portal.store.release(ReleaseId(row.release_id)).await?.ok_or(DomainError::NotFound)?;
    let user = portal.store.user(viewer.id).await?.ok_or(DomainError::NotFound)?;
    let key = portal.master.user_key(viewer.id, &user.data_key)?;
    let files = files(portal, id).await?;
    let inputs: Vec<Named> = Column::Inputs.open(&key, id, &row.inputs)?;
    let outcome: Outcome = match &row.outcome {
        Some(sealed) => Column::Outcome.open(&key, id, sealed)?,
        None => Outcome::default(),
    };
    let manifest = catalog::manifest(&release.manifest)?;
    let status = status(&row.status)?;
    let template = release.template.filter(|_| manifest.result_layout.as_deref() == Some(Manifest::TEMPLATE));
    let can_retry = status.is_final() && runnable(portal, viewer, ReleaseId(row.release_id)).await.is_ok();
    Ok(RunView {
        id,
        status,
        queue_place: queue_place(portal, id, status).await?,
        slug: catalog::slug(&release.slug)?,
        app_is_listed: release.published_release.is_some(),
        release: ReleaseId(row.release_id),
        inputs: input_views(&manifest, inputs, &files),
        results: result_views(&manifest, outcome.results, &files),
        manifest,
        deprecated: release.deprecated,
        template,
        timings: outcome.timings,
        logs: outcome.logs,
        error: outcome.error,
        created_at: timestamp(row.created_at),
        finished_at: row.finished_at.map(timestamp),
        can_retry,
        keeping: Keeping::of_ms(row.keep_ms),
        gone_at: row.keep_until.map(timestamp),
        batch: row.batch.and_then(|batch| batch.parse().ok()),
    })
}

pub(super) async fn files(portal: &Portal, run: RunId) -> Result<HashMap<BlobId, FileRef>> {
    let rows = portal.store.blobs_of_run(run).await?;
    rows.into_iter()
        .map(|row| {
            let blob = row.id.parse().map_err(|_| StoreError::Corrupt("file id"))?;
            Ok((blob, FileRef { blob, media_type: row.media_type, size: row.size.unsigned_abs() }))
        })
        .collect()
}

fn shown(value: StoredValue, files: &HashMap<BlobId, FileRef>) -> Option<Shown> {
    match value {
        StoredValue::Plain(value) => Some(Shown::Plain(value)),
        StoredValue::File(blob) => files.get(&blob).cloned().map(Shown::File),
    }
}

fn take(values: &mut Vec<Named>, name: &str) -> Option<StoredValue> {
    let index = values.iter().position(|named| named.name == name)?;
    Some(values.swap_remove(index).value)
}

fn input_views(manifest: &Manifest, mut values: Vec<Named>, files: &HashMap<BlobId, FileRef>) -> Vec<InputView> {
    let parameters = manifest.app_parameters.iter();
    parameters
        .map(|parameter| InputView {
            value: take(&mut values, &parameter.name).and_then(|value| shown(value, files)),
            parameter: parameter.clone(),
        })
        .collect()
}

pub(super) fn result_views(
    manifest: &Manifest,
    mut values: Vec<Named>,
    files: &HashMap<BlobId, FileRef>,
) -> Vec<ResultView> {
    let variables = manifest.result_variables.iter();
    variables
        .filter_map(|variable| {
            let value = shown(take(&mut values, &variable.name)?, files)?;
            Some(ResultView { variable: variable.clone(), value })
        })
        .collect()
}
