//! What is said of a photo: by the person, and by the app.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use vision_protocol::{
    ids::{AppId, RunId, UserId},
    manifest::Manifest,
    results::{Boxes, ResultType, ScoredLabel},
};

use super::super::{Correction, Truth, Verdict, opened, verdict};
use crate::{
    domain::{Result, catalog, running},
    state::Portal,
    store::ConsentedRow,
};

/// What an app, or a person, answers with, by result variable.
pub(super) type Answer = BTreeMap<String, Said>;

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// Labels of the whole photo, best first.
    Labels(Vec<(String, Option<f64>)>),
    /// Boxes on it.
    Boxes(Vec<Mark>),
    /// Anything else.
    Value(Value),
}

/// A box with its label: in pixels of the upright photo.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) label: String,
    pub(super) score: Option<f64>,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// What is said of a photo.
pub(super) struct Item {
    pub(super) verdict: Verdict,
    pub(super) version: String,
    pub(super) comment: String,
    /// Milliseconds.
    pub(super) given_at: i64,
    /// What is right, as far as one can know.
    pub(super) truth: Answer,
    /// What the app answered.
    pub(super) predicted: Answer,
    /// The size of the upright photo, as the runner saw it.
    pub(super) size: Option<(f64, f64)>,
}

/// Where items come from.
pub(super) struct Source {
    pub(super) portal: Portal,
    app: AppId,
    releases: HashMap<i64, Manifest>,
}

impl Source {
    /// `releases` as [`crate::store::Store::releases_of_app`] tells them.
    pub(super) fn new(portal: Portal, app: AppId, releases: &[(i64, String, String, String)]) -> Result<Self> {
        let manifests = releases.iter().map(|(id, _, _, text)| Ok((*id, catalog::manifest(text)?)));
        Ok(Self { portal, app, releases: manifests.collect::<Result<_>>()? })
    }

    /// What is said of a photo, if its person consents at this moment.
    pub(super) async fn item(&self, run: RunId) -> Result<Option<Item>> {
        let Some(row) = self.portal.store.consented(self.app, run, self.portal.now()).await? else { return Ok(None) };
        let Some(manifest) = self.releases.get(&row.release_id) else { return Ok(None) };
        // The key of an account that has ended is destroyed, and with it what was said.
        let Ok(key) = self.portal.master.user_key(UserId(row.user_id), &row.data_key) else { return Ok(None) };
        let body = opened(&key, run, &row.body)?;
        let results = match &row.outcome {
            Some(sealed) => running::plain_results(&key, run, sealed)?,
            None => Vec::new(),
        };
        Item::new(&row, manifest, body.comment, &body.correction, results).map(Some)
    }
}

impl Item {
    fn new(
        row: &ConsentedRow,
        manifest: &Manifest,
        comment: String,
        correction: &Correction,
        results: Vec<(String, Value)>,
    ) -> Result<Self> {
        let verdict = verdict(&row.verdict)?;
        let mut item = Self {
            verdict,
            version: manifest.version.to_string(),
            comment,
            given_at: row.created_at,
            truth: Answer::new(),
            predicted: Answer::new(),
            size: None,
        };
        for (name, value) in results {
            let variable = manifest.result_variables.iter().find(|variable| variable.name == name);
            let kind = variable.map_or(ResultType::Json, |variable| variable.result_type);
            if kind == ResultType::Boxes {
                item.size = item.size.or(size(&value));
            }
            let said = said(kind, value);
            if verdict == Verdict::Right {
                item.truth.insert(name.clone(), said.without_scores());
            }
            item.predicted.insert(name, said);
        }
        if verdict != Verdict::Right {
            item.truth = correction.iter().map(|(name, truth)| (name.clone(), Said::of(truth))).collect();
        }
        Ok(item)
    }
}

fn size(value: &Value) -> Option<(f64, f64)> {
    Some((value.get("width")?.as_f64()?, value.get("height")?.as_f64()?))
}

fn said(kind: ResultType, value: Value) -> Said {
    match kind {
        ResultType::Labels => match serde_json::from_value::<Vec<ScoredLabel>>(value.clone()) {
            Ok(labels) => Said::Labels(labels.into_iter().map(|one| (one.label, Some(one.score))).collect()),
            Err(_) => Said::Value(value),
        },
        ResultType::Boxes => match serde_json::from_value::<Boxes>(value.clone()) {
            Ok(found) => Said::Boxes(found.boxes.into_iter().map(Mark::from).collect()),
            Err(_) => Said::Value(value),
        },
        _ => Said::Value(value),
    }
}

impl From<vision_protocol::results::BoundingBox> for Mark {
    fn from(found: vision_protocol::results::BoundingBox) -> Self {
        Self {
            label: found.label,
            score: Some(found.score),
            x: found.x,
            y: found.y,
            width: found.width,
            height: found.height,
        }
    }
}

impl Said {
    fn of(truth: &Truth) -> Self {
        match truth {
            Truth::Label(label) => Self::Labels(vec![(label.clone(), None)]),
            Truth::Boxes(boxes) => Self::Boxes(
                boxes
                    .iter()
                    .map(|right| Mark {
                        label: right.label.clone(),
                        score: None,
                        x: right.x,
                        y: right.y,
                        width: right.width,
                        height: right.height,
                    })
                    .collect(),
            ),
            Truth::Text(text) => Self::Value(text.clone().into()),
            Truth::Number(number) => Self::Value((*number).into()),
        }
    }

    /// What is right is sure; of a list of labels, it is the best one.
    fn without_scores(&self) -> Self {
        match self {
            Self::Labels(labels) => {
                Self::Labels(labels.iter().take(1).map(|(label, _)| (label.clone(), None)).collect())
            }
            Self::Boxes(marks) => Self::Boxes(marks.iter().map(|mark| Mark { score: None, ..mark.clone() }).collect()),
            Self::Value(value) => Self::Value(value.clone()),
        }
    }

    /// As JSON.
    pub(super) fn json(&self) -> Value {
        let scored = |mut object: Value, score: Option<f64>| {
            if let Some(score) = score {
                object["score"] = score.into();
            }
            object
        };
        match self {
            Self::Labels(labels) => {
                labels.iter().map(|(label, score)| scored(serde_json::json!({ "label": label }), *score)).collect()
            }
            Self::Boxes(marks) => marks
                .iter()
                .map(|mark| {
                    let object = serde_json::json!({
                        "label": mark.label, "x": mark.x, "y": mark.y, "width": mark.width, "height": mark.height,
                    });
                    scored(object, mark.score)
                })
                .collect(),
            Self::Value(value) => value.clone(),
        }
    }
}

/// The boxes of an answer on a photo of this size; a label of the whole photo is a box around all of it. `None` if the
/// answer says nothing of what is where: it is unknown, as opposed to nothing.
pub(super) fn marks(answer: &Answer, (width, height): (f64, f64)) -> Option<Vec<Mark>> {
    let mut found: Option<Vec<Mark>> = None;
    for said in answer.values() {
        match said {
            Said::Boxes(marks) => found.get_or_insert_default().extend(marks.iter().cloned()),
            Said::Labels(labels) => found.get_or_insert_default().extend(labels.iter().map(|(label, score)| Mark {
                label: label.clone(),
                score: *score,
                x: 0.0,
                y: 0.0,
                width,
                height,
            })),
            Said::Value(_) => {}
        }
    }
    found
}

/// Classes, numbered as they come up.
#[derive(Default)]
pub(super) struct Classes {
    names: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Classes {
    /// The number of a class, from 0.
    pub(super) fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len();
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// In the order of their numbers.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }
}
