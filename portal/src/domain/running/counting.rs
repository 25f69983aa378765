//! What a run that has ended adds to the figures of its release.

use serde_json::Value;
use vision_protocol::{
    ids::{ReleaseId, RunId, UserId},
    messages::Timings,
};

use super::stored::{Outcome, StoredValue};
use crate::{
    domain::{
        Result,
        figures::names::{self, End, Trait},
    },
    runners::RunnerError,
    state::Portal,
    store::{BlobRole, RunRow, Tally},
};

/// The runner answered with something that the manifest does not promise.
pub(super) const WRONG_RESULT: &str = "wrong-result";
/// No runner took it, however often it was offered.
pub(super) const GIVEN_UP: &str = "given-up";

/// Why a runner's refusal ends a run, in one word.
pub(super) fn reason(error: &RunnerError) -> String {
    let word = |refusal: &crate::runners::Refusal| {
        let code = serde_json::to_value(refusal.code).ok()?;
        code.as_str().map(ToOwned::to_owned)
    };
    match error {
        RunnerError::Refused(refusal) => word(refusal).unwrap_or_else(|| "refused".to_owned()),
        RunnerError::TimedOut => "deadline".to_owned(),
        _ => "wrong-answer".to_owned(),
    }
}

/// What is counted of a run.
pub(super) async fn tally(
    portal: &Portal,
    id: RunId,
    row: &RunRow,
    outcome: &Outcome,
    reason: Option<&str>,
) -> Result<Tally> {
    let end = match (&outcome.error, reason) {
        (None, _) => names::DONE.to_owned(),
        (Some(_), reason) => End::failed(reason.unwrap_or(WRONG_RESULT)),
    };
    let (mut by_day, mut by_hour) = (vec![end.clone()], vec![end]);
    if let Some(timings) = &outcome.timings {
        let stages = stages(timings);
        by_day.extend(stages.iter().enumerate().map(|(stage, ms)| names::time(stage, *ms)));
        by_hour.push(names::time(names::TOTAL, stages[names::TOTAL]));
    }
    if outcome.error.is_none() {
        by_day.extend(top_score(outcome).map(|score| Trait::Score.counted(score)));
        by_day.extend(outcome.facts.first().map(|facts| Trait::Light.counted(facts.brightness)));
        let files = portal.store.blobs_of_run(id).await?;
        let photo = files.iter().find(|file| file.role == BlobRole::Input.name());
        by_day.extend(photo.map(|file| Trait::Bytes.counted(file.size as f64)));
    }
    Ok(Tally { release: ReleaseId(row.release_id), user: UserId(row.user_id), by_day, by_hour })
}

fn stages(timings: &Timings) -> [f64; 7] {
    [
        timings.app_loading_ms,
        timings.pre_processing_ms,
        timings.loading_model_ms,
        timings.running_model_ms,
        timings.generating_result_ms,
        timings.misc_ms,
        timings.total_ms,
    ]
}

/// The best score of all that was found; less than nothing if nothing was; `None` if the app gives no scores.
fn top_score(outcome: &Outcome) -> Option<f64> {
    let values = outcome.results.iter().filter_map(|named| match &named.value {
        StoredValue::Plain(value) => Some(value),
        StoredValue::File(_) => None,
    });
    values.filter_map(best).reduce(f64::max)
}

fn best(value: &Value) -> Option<f64> {
    let found = match value {
        Value::Array(found) => found,
        Value::Object(fields) => {
            ["boxes", "points", "polygons"].iter().find_map(|name| fields.get(*name))?.as_array()?
        }
        _ => return None,
    };
    let scores = found.iter().map(|one| one.get("score").and_then(Value::as_f64));
    let scores: Option<Vec<f64>> = scores.collect();
    // A list of something else has no scores; an empty one says that nothing was found.
    scores.map(|scores| scores.into_iter().filter(|score| (0.0..=1.0).contains(score)).fold(-1.0, f64::max))
}

/// Ends the oldest run that waits as if a runner had answered with these results, or with none of them in time.
#[cfg(test)]
pub(crate) async fn finish_for_testing(portal: &Portal, results: Option<&Value>, total_ms: f64) -> RunId {
    use crate::store::JobKind;

    let now = portal.now();
    let lease = portal.store.claim_job(JobKind::ExecuteRun, "test", now, now + 60_000).await.unwrap().unwrap();
    let id: RunId = lease.subject.parse().unwrap();
    let row = portal.store.run(id).await.unwrap().unwrap();
    let user = portal.store.user(UserId(row.user_id)).await.unwrap().unwrap();
    let key = portal.master.user_key(UserId(row.user_id), &user.data_key).unwrap();
    let named = |(name, value): (&String, &Value)| super::stored::Named {
        name: name.clone(),
        value: StoredValue::Plain(value.clone()),
    };
    let mut outcome = match results {
        Some(results) => {
            Outcome { results: results.as_object().unwrap().iter().map(named).collect(), ..Outcome::default() }
        }
        None => Outcome::failed("It was not done in time."),
    };
    outcome.timings = Some(Timings { running_model_ms: total_ms / 2.0, total_ms, ..Timings::default() });
    let status = if results.is_some() { "done" } else { "failed" };
    let sealed = super::stored::Column::Outcome.seal(portal, &key, id, &outcome).unwrap();
    let tally = tally(portal, id, &row, &outcome, Some("deadline")).await.unwrap();
    assert!(portal.store.finish_run(&lease, id, (status, &sealed), Some(&tally), now).await.unwrap());
    id
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_best_score_is_found_whatever_the_shape() {
        assert_eq!(best(&json!([{"label": "a", "score": 0.2}, {"label": "b", "score": 0.7}])), Some(0.7));
        assert_eq!(best(&json!({"width": 1, "height": 1, "boxes": [{"score": 0.4}]})), Some(0.4));
        assert_eq!(best(&json!({"width": 1, "height": 1, "boxes": []})), Some(-1.0));
        assert_eq!((best(&json!([{"name": "x"}])), best(&json!("text")), best(&json!({"a": 1}))), (None, None, None));
    }
}
