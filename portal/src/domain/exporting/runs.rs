//! Runs: a folder each, with what was given, what came out, and the files beside it.

use serde_json::{Map, Value, json};
use vision_protocol::ids::RunId;

use crate::domain::archive::Archive;
use crate::{
    domain::{
        DomainError, Result,
        accounts::User,
        feedback::{self, Given},
        running::{self, FileRef, RunView, Shown},
    },
    state::Portal,
    store::{HistoryQuery, StoreError},
};

/// Runs that are looked up at once.
const AT_ONCE: i64 = 100;

pub(super) async fn add(portal: &Portal, user: &User, archive: &mut Archive) -> Result<()> {
    let mut before = None;
    loop {
        let query = HistoryQuery { user: user.id, apps: None, status: None, before, limit: AT_ONCE, now: portal.now() };
        let rows = portal.store.history(&query).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        before = Some((last.created_at, last.id.parse().map_err(|_| StoreError::Corrupt("run id"))?));
        for row in &rows {
            add_one(portal, user, row.id.parse().map_err(|_| StoreError::Corrupt("run id"))?, archive).await?;
        }
    }
}

async fn add_one(portal: &Portal, user: &User, id: RunId, archive: &mut Archive) -> Result<()> {
    let run = match running::view(portal, user, id).await {
        // Deleted meanwhile.
        Err(DomainError::NotFound) => return Ok(()),
        run => run?,
    };
    let mut files = Vec::new();
    let inputs = run.inputs.iter().filter_map(|input| Some((&input.parameter.name, input.value.as_ref()?)));
    let inputs = values(inputs, "inputs", &mut files);
    let results =
        values(run.results.iter().map(|result| (&result.variable.name, &result.value)), "results", &mut files);
    let said = feedback::on(portal, user, id).await?;
    archive.json(&format!("runs/{id}/run.json"), &told(&run, &inputs, &results, said.as_ref())).await?;
    for (path, file) in files {
        match running::file(portal, user, id, file.blob).await {
            Err(DomainError::NotFound) => {}
            opened => archive.file(&format!("runs/{id}/{path}"), opened?.content).await?,
        }
    }
    Ok(())
}

fn told(run: &RunView, inputs: &Map<String, Value>, results: &Map<String, Value>, said: Option<&Given>) -> Value {
    json!({
        "id": run.id,
        "app": run.manifest.name,
        "version": run.manifest.version,
        "address": run.slug,
        "status": run.status.name(),
        "begun": run.created_at,
        "ended": run.finished_at,
        "goneAt": run.gone_at,
        "inputs": inputs,
        "results": results,
        "error": run.error,
        "timings": run.timings,
        "logs": run.logs,
        "feedback": said.map(|said| json!({
            "verdict": said.feedback.verdict.name(),
            "comment": said.feedback.comment,
            "correction": said.feedback.correction,
            "authorMayUseThePhoto": said.feedback.consent,
            "said": said.created_at,
        })),
    })
}

/// Values by name; a file is told by its path, and noted.
fn values<'a>(
    named: impl Iterator<Item = (&'a String, &'a Shown)>,
    folder: &str,
    files: &mut Vec<(String, FileRef)>,
) -> Map<String, Value> {
    named
        .map(|(name, value)| match value {
            Shown::Plain(value) => (name.clone(), value.clone()),
            Shown::File(file) => {
                let ending = file.media_type.rsplit('/').next().unwrap_or("bin");
                // Numbered: two names may differ by case alone, which not every file system tells apart.
                let path = format!("{folder}/{}-{}.{ending}", files.len() + 1, harmless(name));
                files.push((path.clone(), file.clone()));
                (name.clone(), Value::String(path))
            }
        })
        .collect()
}

/// A name that no file system trips over.
fn harmless(name: &str) -> String {
    let letters = name.chars().filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
    letters.take(40).collect()
}
