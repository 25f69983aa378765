//! From a runner's answer to the outcome of a run: every promised result checked, every picture sealed.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::Value;
use url::Url;
use vision_protocol::{
    ids::{BlobId, RunId, UserId},
    manifest::Manifest,
    messages::RunResponse,
    results::{ResultType, ResultVariable},
};

use super::stored::{Named, Outcome, StoredValue};
use crate::{
    blobs::keys::UserKey,
    domain::{DomainError, files},
    runners::RunnerError,
    state::Portal,
    store::{BlobRole, NewBlob},
};

/// Whose run it is.
pub(super) struct Place<'a> {
    pub(super) run: RunId,
    pub(super) owner: UserId,
    pub(super) key: &'a UserKey,
}

/// Reads an answer. What the manifest does not promise is left out.
pub(super) async fn read(
    portal: &Portal,
    place: &Place<'_>,
    manifest: &Manifest,
    mut answer: RunResponse,
    uploads: &[(BlobId, Url)],
) -> Result<Outcome, RunnerError> {
    let mut results = Vec::new();
    let mut problem = None;
    for variable in &manifest.result_variables {
        let Some(value) = answer.result.remove(&variable.name) else {
            problem = Some(format!("The app did not answer with \"{}\", which its manifest promises.", variable.name));
            break;
        };
        match stored(portal, place, variable, value, uploads).await? {
            Ok(value) => results.push(Named { name: variable.name.clone(), value }),
            Err(message) => {
                problem = Some(format!("The app's result \"{}\" is not right: {message}.", variable.name));
                break;
            }
        }
    }
    if problem.is_some() {
        results.clear();
    }
    Ok(Outcome { results, timings: answer.timings, logs: answer.logs, error: problem, facts: answer.facts })
}

async fn stored(
    portal: &Portal,
    place: &Place<'_>,
    variable: &ResultVariable,
    value: Value,
    uploads: &[(BlobId, Url)],
) -> Result<Result<StoredValue, String>, RunnerError> {
    if let Err(message) = variable.result_type.check(&value) {
        return Ok(Err(message));
    }
    let text = match (variable.result_type, &value) {
        (ResultType::Image, Value::String(text)) => text,
        _ => return Ok(Ok(StoredValue::Plain(value))),
    };
    if let Some((id, _)) = uploads.iter().find(|(_, url)| url.as_str() == text) {
        let row = portal.store.blob_of_run(place.run, *id).await.map_err(RunnerError::local)?;
        return Ok(match row {
            Some(row) if row.stored != 0 => Ok(StoredValue::File(*id)),
            _ => Err("the picture was never uploaded".to_owned()),
        });
    }
    let Some(picture) = data_uri(text) else {
        return Ok(Err("expected a picture as a base64 data: URI".to_owned()));
    };
    seal(portal, place, &variable.name, picture).await
}

async fn seal(
    portal: &Portal,
    place: &Place<'_>,
    name: &str,
    picture: Vec<u8>,
) -> Result<Result<StoredValue, String>, RunnerError> {
    let id = BlobId::generate();
    let role = BlobRole::Output;
    let new = NewBlob { id, user: place.owner, run: Some(place.run), role, name, now: portal.now() };
    let limit = portal.config.limits.runs().result_bytes;
    let stream = futures_util::stream::iter([Ok::<_, String>(Bytes::from(picture))]);
    match files::create(portal, place.key, &new, limit, stream).await {
        Ok(()) => Ok(Ok(StoredValue::File(id))),
        Err(error @ (DomainError::Invalid(_) | DomainError::TooLarge { .. })) => Ok(Err(error.to_string())),
        Err(error) => Err(RunnerError::local(error)),
    }
}

/// `data:image/png;base64,…`
fn data_uri(text: &str) -> Option<Vec<u8>> {
    let (kind, content) = text.strip_prefix("data:image/")?.split_once(',')?;
    if !kind.ends_with(";base64") {
        return None;
    }
    STANDARD.decode(content.trim()).ok()
}
