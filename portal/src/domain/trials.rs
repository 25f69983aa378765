//! Testing a release: its examples with one click, each result variable held against what is expected; and the same
//! inputs on the release that is published, side by side.

use serde_json::{Map, Value};
use vision_protocol::ids::{ReleaseId, RunId};

use super::{
    DomainError, Result,
    accounts::User,
    catalog, examples, publishing,
    running::{self, RunView, Shown},
};
use crate::{
    state::Portal,
    store::{NewTrial, ReleaseRow, StoreError, TrialRow},
};

/// Own runs that can be compared.
const OWN_RUNS: i64 = 10;

/// A test of a release.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The example's name; empty for inputs of one's own.
    pub name: String,
    /// The run.
    pub run: RunView,
    /// The version of the published release, and the same inputs there.
    pub baseline: Option<(String, RunView)>,
    /// Each result variable.
    pub lines: Vec<Line>,
}

/// A result variable of a test.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// What is expected, as JSON; `None` if nothing is.
    pub expected: Option<String>,
    /// How far each number may be off.
    pub tolerance: f64,
    /// What came, as JSON; `None` until it has.
    pub actual: Option<String>,
    /// What the published release answers, as JSON.
    pub baseline: Option<String>,
    /// Whether it is right; `None` while that is open.
    pub is_right: Option<bool>,
    /// The first place that differs.
    pub difference: Option<String>,
}

/// One's own release, in a state in which it can be run.
async fn own(portal: &Portal, author: &User, id: ReleaseId) -> Result<ReleaseRow> {
    let row = publishing::stored(portal, id).await?;
    if row.author_id == author.id.0 { Ok(row) } else { Err(DomainError::NotFound) }
}

/// The published release of the same app, if it is another one that takes the same inputs.
async fn baseline(portal: &Portal, row: &ReleaseRow) -> Result<Option<ReleaseRow>> {
    let Some(published) = row.published_release.filter(|published| *published != row.id) else { return Ok(None) };
    let published = publishing::stored(portal, ReleaseId(published)).await?;
    let same =
        catalog::manifest(&published.manifest)?.app_parameters == catalog::manifest(&row.manifest)?.app_parameters;
    Ok(Some(published).filter(|_| same))
}

/// Runs the examples of a release of one's own, and the same inputs on the published release. Says how many there are.
///
/// # Errors
/// `NotFound`; `Conflict` if the release cannot be run, or has no examples.
pub async fn begin(portal: &Portal, author: &User, id: ReleaseId) -> Result<usize> {
    let row = own(portal, author, id).await?;
    let digest = row.digest.parse().map_err(|_| StoreError::Corrupt("digest"))?;
    let given = examples::read(portal, digest).await?;
    if given.is_empty() {
        let message =
            "The package has no examples. Put inputs and what you expect into examples/, and upload it again.";
        return Err(DomainError::Conflict(message.to_owned()));
    }
    let baseline = baseline(portal, &row).await?;
    portal.store.forget_trials(id, author.id, true).await?;
    for example in &given {
        let run = examples::begin(portal, author, id, example).await?;
        let other = match &baseline {
            Some(row) => Some((ReleaseId(row.id), examples::begin(portal, author, ReleaseId(row.id), example).await?)),
            None => None,
        };
        let (tolerance, expected) = match &example.expected {
            Some(expected) => (expected.tolerance, Value::Object(expected.result.clone())),
            None => (0.0, Value::Object(Map::new())),
        };
        let new = NewTrial {
            release: id,
            user: author.id,
            name: &example.name,
            expected: &expected.to_string(),
            tolerance,
            run,
            baseline: other,
            now: portal.now(),
        };
        portal.store.create_trial(&new).await?;
    }
    Ok(given.len())
}

/// Holds a run of one's own on a release against the same inputs on the published release.
///
/// # Errors
/// `NotFound`; `Conflict` if no release is published that takes the same inputs.
pub async fn compare(portal: &Portal, author: &User, id: ReleaseId, run: RunId) -> Result<()> {
    let row = own(portal, author, id).await?;
    let view = running::view(portal, author, run).await?;
    if view.release != id {
        return Err(DomainError::NotFound);
    }
    let Some(published) = baseline(portal, &row).await? else {
        let message = "There is no published release that asks for the same parameters.";
        return Err(DomainError::Conflict(message.to_owned()));
    };
    let published = ReleaseId(published.id);
    let other = running::again_on(portal, author, run, published).await?;
    portal.store.forget_trials(id, author.id, false).await?;
    let new = NewTrial {
        release: id,
        user: author.id,
        name: "",
        expected: "",
        tolerance: 0.0,
        run,
        baseline: Some((published, other)),
        now: portal.now(),
    };
    Ok(portal.store.create_trial(&new).await?)
}

/// One's own runs of a release that can be compared, the newest first.
///
/// # Errors
/// The database's.
pub async fn own_runs(portal: &Portal, author: &User, id: ReleaseId) -> Result<Vec<RunView>> {
    let row = own(portal, author, id).await?;
    if baseline(portal, &row).await?.is_none() {
        return Ok(Vec::new());
    }
    let tested = portal.store.trials(id, author.id).await?;
    let mut runs = Vec::new();
    for run in portal.store.own_runs_of_release(author.id, id, OWN_RUNS).await? {
        if !tested.iter().any(|row| row.run_id == run.to_string()) {
            runs.push(running::view(portal, author, run).await?);
        }
    }
    Ok(runs)
}

/// The tests of a release of one's own.
///
/// # Errors
/// `NotFound`.
pub async fn list(portal: &Portal, author: &User, id: ReleaseId) -> Result<Vec<Trial>> {
    own(portal, author, id).await?;
    let mut trials = Vec::new();
    for row in portal.store.trials(id, author.id).await? {
        trials.push(trial(portal, author, row).await?);
    }
    Ok(trials)
}

async fn trial(portal: &Portal, author: &User, row: TrialRow) -> Result<Trial> {
    let id = |text: &str| -> Result<RunId> { Ok(text.parse().map_err(|_| StoreError::Corrupt("run id"))?) };
    let run = running::view(portal, author, id(&row.run_id)?).await?;
    let baseline = match (row.baseline_version, &row.baseline_run) {
        (Some(version), Some(other)) => Some((version, running::view(portal, author, id(other)?).await?)),
        _ => None,
    };
    let expected: Map<String, Value> = serde_json::from_str(&row.expected).unwrap_or_default();
    let lines = lines(&run, baseline.as_ref().map(|(_, run)| run), &expected, row.tolerance);
    Ok(Trial { name: row.name, run, baseline, lines })
}

fn value<'a>(run: &'a RunView, name: &str) -> Option<&'a Shown> {
    run.results.iter().find(|result| result.variable.name == name).map(|result| &result.value)
}

fn shown(value: &Shown) -> String {
    match value {
        Shown::File(file) => format!("a picture, {} bytes of {}", file.size, file.media_type),
        Shown::Plain(value) => serde_json::to_string_pretty(value).unwrap_or_default(),
    }
}

fn lines(run: &RunView, baseline: Option<&RunView>, expected: &Map<String, Value>, tolerance: f64) -> Vec<Line> {
    let line = |name: &String| {
        let (wanted, actual) = (expected.get(name), value(run, name));
        let verdict = match (wanted, actual) {
            (Some(wanted), Some(Shown::Plain(actual))) => Some(vision_package::matches(wanted, actual, tolerance)),
            (Some(_), Some(Shown::File(_))) => Some(Err("expected a value, found a picture".to_owned())),
            (Some(_), None) if run.status.is_final() => Some(Err("there is no result".to_owned())),
            _ => None,
        };
        Line {
            name: name.clone(),
            expected: wanted.map(|value| serde_json::to_string_pretty(value).unwrap_or_default()),
            tolerance,
            actual: actual.map(shown),
            baseline: baseline.and_then(|run| value(run, name)).map(shown),
            is_right: verdict.as_ref().map(std::result::Result::is_ok),
            difference: verdict.and_then(std::result::Result::err),
        }
    };
    run.manifest.result_variables.iter().map(|variable| line(&variable.name)).collect()
}

impl Trial {
    /// Whether everything is as expected; `None` while that is open, or nothing is expected.
    pub fn is_right(&self) -> Option<bool> {
        if self.run.error.is_some() {
            return Some(false);
        }
        let verdicts: Vec<bool> = self.lines.iter().filter_map(|line| line.is_right).collect();
        (!verdicts.is_empty()).then(|| verdicts.iter().all(|right| *right))
    }

    /// Whether it is still running.
    pub fn is_pending(&self) -> bool {
        let other = self.baseline.as_ref().is_some_and(|(_, run)| !run.status.is_final());
        other || !self.run.status.is_final()
    }
}
