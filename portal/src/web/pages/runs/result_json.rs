//! `GET /runs/{id}/result.json`: a run with its inputs and results, for programs. Files are addresses.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde_json::{Map, Value, json};
use vision_protocol::ids::RunId;

use crate::{
    domain::{
        DomainError,
        running::{self, RunView, Shown},
    },
    state::Portal,
    web::{error::WebError, identity::CurrentUser, respond, results::file_url},
};

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    id: Path<RunId>,
) -> Result<HttpResponse, WebError> {
    let run = running::view(&portal, &user, *id).await?;
    let body = serde_json::to_vec_pretty(&document(&portal, &run)).map_err(DomainError::internal)?;
    Ok(respond::download(&format!("{}.json", run.slug), "application/json", body))
}

fn document(portal: &Portal, run: &RunView) -> Value {
    let value = |shown: &Shown| match shown {
        Shown::Plain(value) => value.clone(),
        Shown::File(file) => match portal.public_url.join(&file_url(run.id, file.blob)) {
            Ok(url) => json!({ "file": url, "mediaType": file.media_type, "bytes": file.size }),
            Err(_) => Value::Null,
        },
    };
    let inputs: Map<String, Value> = run
        .inputs
        .iter()
        .filter_map(|input| Some((input.parameter.name.clone(), value(input.value.as_ref()?))))
        .collect();
    let results: Map<String, Value> =
        run.results.iter().map(|result| (result.variable.name.clone(), value(&result.value))).collect();
    json!({
        "run": run.id,
        "app": run.slug,
        "version": run.manifest.version.to_string(),
        "status": run.status.name(),
        "createdAt": run.created_at,
        "finishedAt": run.finished_at,
        "inputs": inputs,
        "results": results,
        "error": run.error,
    })
}
