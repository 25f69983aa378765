//! What people say of their runs, and what an author may do with it.
//!
//! Verdict, comment and correction are for the author of the app. The photo, and what the app answered, are so only with
//! the person's consent, which is given run by run and can be withdrawn: see [`consents`] and [`export`].

pub mod authors;
pub mod consents;
pub mod export;
mod labels;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vision_protocol::{
    fault::Fault,
    ids::{AppId, ReleaseId, RunId, UserId},
    results::{Boxes, ResultType, ResultVariable},
};

use super::{
    DomainError, Result,
    accounts::User,
    running::{self, RunStatus, RunView, Shown},
};
use crate::{
    blobs::keys::UserKey,
    state::{Portal, timestamp},
    store::{FeedbackRow, NewFeedback, StoreError},
};

pub use labels::labels;

/// Characters of a comment.
pub const LONGEST_COMMENT: usize = 2000;
/// Characters of a label.
pub const LONGEST_LABEL: usize = 100;
/// Characters of a right text.
pub const LONGEST_TEXT: usize = 4000;
/// Boxes of a correction.
pub const MOST_BOXES: usize = 200;

/// Whether the app was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All of it.
    Right,
    /// Some of it.
    Partly,
    /// None of it.
    Wrong,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Right, Self::Partly, Self::Wrong];

    /// Its name in forms, in answers and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Partly => "partly",
            Self::Wrong => "wrong",
        }
    }

    /// The verdict of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

/// What would have been right, by result variable.
pub type Correction = BTreeMap<String, Truth>;

/// What would have been right, in the shape of the result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Truth {
    /// The label.
    Label(String),
    /// The boxes; none if there was nothing to be found.
    Boxes(Vec<TrueBox>),
    /// The text, day, or yes and no.
    Text(String),
    /// The number.
    Number(f64),
}

/// A box that is right: in pixels of the upright photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrueBox {
    /// What it is.
    pub label: String,
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// What somebody says of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Feedback {
    /// Whether the app was right.
    pub verdict: Verdict,
    /// In the person's words; may be empty.
    pub comment: String,
    /// What would have been right, as far as it was said.
    pub correction: Correction,
    /// Whether the author may use the photo.
    pub consent: bool,
}

/// Feedback, as whoever gave it sees it again.
#[derive(Clone, Debug)]
pub struct Given {
    /// What was said.
    pub feedback: Feedback,
    /// When it was said first.
    pub created_at: Timestamp,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Body {
    comment: String,
    correction: Correction,
}

fn context(run: RunId) -> String {
    format!("run/{run}/feedback")
}

fn opened(key: &UserKey, run: RunId, sealed: &[u8]) -> Result<Body> {
    let text = key.open_column(&context(run), sealed)?;
    Ok(serde_json::from_slice(&text).map_err(|_| StoreError::Corrupt("feedback"))?)
}

fn read(portal: &Portal, row: &FeedbackRow) -> Result<(RunId, Feedback)> {
    let run: RunId = row.run_id.parse().map_err(|_| StoreError::Corrupt("run id"))?;
    let key = portal.master.user_key(UserId(row.user_id), &row.data_key)?;
    let Body { comment, correction } = opened(&key, run, &row.body)?;
    let verdict = verdict(&row.verdict)?;
    Ok((run, Feedback { verdict, comment, correction, consent: row.consent != 0 }))
}

fn verdict(name: &str) -> Result<Verdict> {
    Ok(Verdict::by_name(name).ok_or(StoreError::Corrupt("verdict"))?)
}

/// What a person said of a run of their own.
///
/// # Errors
/// The database's.
pub async fn on(portal: &Portal, viewer: &User, run: RunId) -> Result<Option<Given>> {
    let row = portal.store.feedback_on(run).await?.filter(|row| row.user_id == viewer.id.0);
    row.map(|row| Ok(Given { feedback: read(portal, &row)?.1, created_at: timestamp(row.created_at) })).transpose()
}

/// Keeps what a person says of a run of their own, in the place of what they said before.
///
/// # Errors
/// `NotFound`, also when the run is somebody else's; `Conflict` if it has no result; `Invalid` with every fault.
pub async fn give(
    portal: &Portal,
    user: &User,
    id: RunId,
    make: impl FnOnce(&RunView) -> Result<Feedback>,
) -> Result<()> {
    let run = running::view(portal, user, id).await?;
    if run.status != RunStatus::Done {
        return Err(DomainError::Conflict("Only a run that has a result can be judged.".to_owned()));
    }
    let mut feedback = make(&run)?;
    feedback.comment = clean(&feedback.comment);
    if feedback.verdict == Verdict::Right {
        feedback.correction.clear();
    }
    let faults = check(&run, &mut feedback);
    if !faults.is_empty() {
        return Err(DomainError::Invalid(faults));
    }
    let release = portal.store.release(run.release).await?.ok_or(DomainError::NotFound)?;
    let row = portal.store.user(user.id).await?.ok_or(DomainError::NotFound)?;
    let key = portal.master.user_key(user.id, &row.data_key)?;
    let label = label(&feedback.correction).to_owned();
    let body = Body { comment: feedback.comment, correction: feedback.correction };
    let body = serde_json::to_vec(&body).map_err(DomainError::internal)?;
    let new = NewFeedback {
        run: id,
        user: user.id,
        app: AppId(release.app_id),
        release: ReleaseId(release.id),
        verdict: feedback.verdict.name(),
        label: &label,
        body: &key.seal_column(&context(id), &body, &*portal.random),
        consent: feedback.consent,
        now: portal.now(),
    };
    Ok(portal.store.keep_feedback(&new).await?)
}

/// Removes what a person said of a run, and with it the consent.
///
/// # Errors
/// `NotFound` if there is nothing, or the run is somebody else's.
pub async fn remove(portal: &Portal, user: &User, run: RunId) -> Result<()> {
    if portal.store.remove_feedback(user.id, run).await? { Ok(()) } else { Err(DomainError::NotFound) }
}

/// The label that is counted.
fn label(correction: &Correction) -> &str {
    let mut labels = correction.values().filter_map(|truth| match truth {
        Truth::Label(label) => Some(label.as_str()),
        _ => None,
    });
    labels.next_back().unwrap_or_default()
}

/// PostgreSQL takes no NUL in a text, and nobody means one.
fn clean(text: &str) -> String {
    text.replace('\0', " ").replace("\r\n", "\n").trim().to_owned()
}

/// Whether a run was given a photo.
pub fn has_photo(run: &RunView) -> bool {
    run.inputs.iter().any(|input| matches!(input.value, Some(Shown::File(_))))
}

/// The boxes that the app answered with.
pub fn found_boxes(run: &RunView, name: &str) -> Option<Boxes> {
    let result = run.results.iter().find(|result| result.variable.name == name)?;
    match &result.value {
        Shown::Plain(value) => serde_json::from_value(value.clone()).ok(),
        Shown::File(_) => None,
    }
}

/// Everything that is wrong with feedback on a run. Boxes are cut at the edges of the photo.
fn check(run: &RunView, feedback: &mut Feedback) -> Vec<Fault> {
    let mut faults = Vec::new();
    if feedback.comment.chars().count() > LONGEST_COMMENT {
        faults.push(Fault::new("comment", format!("must have at most {LONGEST_COMMENT} characters")));
    }
    if feedback.consent && !has_photo(run) {
        faults.push(Fault::new("consent", "the run has no photo"));
    }
    for (name, truth) in &mut feedback.correction {
        let variable = run.manifest.result_variables.iter().find(|variable| variable.name == *name);
        let Some(variable) = variable else {
            faults.push(Fault::new(name.clone(), "the app has no such result"));
            continue;
        };
        let size = found_boxes(run, name).map_or((1.0, 1.0), |found| (found.width, found.height));
        if let Err(message) = check_truth(variable, truth, size) {
            faults.push(Fault::new(title(variable), message));
        }
    }
    faults
}

/// What people see beside a result.
pub fn title(variable: &ResultVariable) -> &str {
    if variable.label.is_empty() { &variable.name } else { &variable.label }
}

fn check_truth(variable: &ResultVariable, truth: &mut Truth, size: (f64, f64)) -> Result<(), String> {
    match (variable.result_type, truth) {
        (ResultType::Labels, Truth::Label(label)) => check_label(label),
        (ResultType::Boxes, Truth::Boxes(boxes)) => {
            if boxes.len() > MOST_BOXES {
                return Err(format!("at most {MOST_BOXES} boxes can be kept"));
            }
            boxes.iter_mut().enumerate().try_for_each(|(index, found)| {
                check_label(&mut found.label).map_err(|wrong| format!("box {}: the label {wrong}", index + 1))?;
                cut(found, size).map_err(|wrong| format!("box {}: {wrong}", index + 1))
            })
        }
        (ResultType::Text | ResultType::Date | ResultType::Boolean, Truth::Text(text)) => {
            *text = clean(text);
            if text.chars().count() > LONGEST_TEXT {
                return Err(format!("must have at most {LONGEST_TEXT} characters"));
            }
            Ok(())
        }
        (ResultType::Number, Truth::Number(number)) if number.is_finite() => Ok(()),
        (ResultType::Number, Truth::Number(_)) => Err("must be a number".to_owned()),
        _ => Err("is a result of another kind".to_owned()),
    }
}

fn check_label(label: &mut String) -> Result<(), String> {
    *label = clean(label).replace('\n', " ");
    match label.chars().count() {
        1..=LONGEST_LABEL => Ok(()),
        _ => Err(format!("must have 1 to {LONGEST_LABEL} characters")),
    }
}

/// What of a box lies on the photo, to a tenth of a pixel.
fn cut(found: &mut TrueBox, (width, height): (f64, f64)) -> Result<(), &'static str> {
    if ![found.x, found.y, found.width, found.height].into_iter().all(f64::is_finite) {
        return Err("left, top, width and height must be numbers");
    }
    let tenths = |value: f64| (value * 10.0).round() / 10.0;
    let (right, bottom) = ((found.x + found.width).min(width), (found.y + found.height).min(height));
    (found.x, found.y) = (tenths(found.x.max(0.0)), tenths(found.y.max(0.0)));
    (found.width, found.height) = (tenths(right - found.x), tenths(bottom - found.y));
    if found.width <= 0.0 || found.height <= 0.0 {
        return Err("it must be wider and higher than nothing, and lie on the photo");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_cut_at_the_edges() {
        let made = |x, y, width, height| TrueBox { label: "a".to_owned(), x, y, width, height };
        let mut over = made(-5.0, 90.0, 20.04, 30.0);
        cut(&mut over, (100.0, 100.0)).unwrap();
        assert_eq!(over, made(0.0, 90.0, 15.0, 10.0));
        for bad in [made(0.0, 0.0, 0.0, 5.0), made(120.0, 0.0, 5.0, 5.0), made(f64::NAN, 0.0, 5.0, 5.0)] {
            assert!(cut(&mut bad.clone(), (100.0, 100.0)).is_err(), "{bad:?}");
        }
    }
}
