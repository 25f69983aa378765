//! The form beside a result in which a person says whether it was right: made, and read again.

use std::collections::BTreeMap;

use vision_protocol::{
    fault::Fault,
    ids::RunId,
    results::{Boxes, ResultType},
};

use super::{results::file_url, show};
use crate::domain::{
    DomainError,
    feedback::{self, Correction, Feedback, Given, TrueBox, Truth, Verdict},
    running::{RunView, Shown},
};

/// Empty rows for boxes that were not found, for readers without scripts.
const SPARE_ROWS: usize = 3;
/// A box that was not touched comes back as it was sent, to a tenth of a pixel.
const UNTOUCHED: f64 = 0.051;

/// `parts/feedback.html`.
pub(crate) struct FeedbackPart {
    pub(crate) run: RunId,
    /// What was said before.
    pub(crate) given: bool,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) comment: String,
    pub(crate) consent: bool,
    /// The photo, if there is one.
    pub(crate) photo: Option<String>,
    /// Labels to choose from.
    pub(crate) labels: Vec<String>,
    pub(crate) fields: Vec<TruthField>,
    pub(crate) editors: Vec<BoxEditor>,
}

/// A field for the right label, text or number.
pub(crate) struct TruthField {
    /// The result variable.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) kind: FieldKind,
    pub(crate) value: String,
    /// What the app answered.
    pub(crate) found: String,
}

/// What a field takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Label,
    Text,
    Number,
    Date,
    YesNo,
}

/// Fields for the right boxes.
pub(crate) struct BoxEditor {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) rows: Vec<BoxRow>,
}

/// One box; all empty for one that may be added.
#[derive(Default)]
pub(crate) struct BoxRow {
    pub(crate) label: String,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) width: String,
    pub(crate) height: String,
}

impl FeedbackPart {
    /// The form for a run that is done.
    pub(crate) fn new(run: &RunView, given: Option<&Given>, labels: Vec<String>) -> Self {
        let nothing = Correction::new();
        let said = given.map(|given| &given.feedback);
        let correction = said.map_or(&nothing, |said| &said.correction);
        let photo = run.inputs.iter().find_map(|input| match &input.value {
            Some(Shown::File(file)) => Some(file_url(run.id, file.blob)),
            _ => None,
        });
        Self {
            run: run.id,
            given: given.is_some(),
            verdict: said.map(|said| said.verdict),
            comment: said.map(|said| said.comment.clone()).unwrap_or_default(),
            consent: said.is_some_and(|said| said.consent),
            photo,
            labels,
            fields: fields(run, correction),
            editors: editors(run, correction),
        }
    }

    pub(crate) fn is(&self, verdict: &Verdict) -> bool {
        self.verdict == Some(*verdict)
    }

    pub(crate) fn is_judged_wrong(&self) -> bool {
        matches!(self.verdict, Some(Verdict::Wrong | Verdict::Partly))
    }

    pub(crate) fn takes_corrections(&self) -> bool {
        !self.fields.is_empty() || !self.editors.is_empty()
    }
}

/// A verdict, for people: a word, and what it means.
pub(crate) fn words(verdict: &Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Right => ("Right", "All of it"),
        Verdict::Partly => ("Partly", "Some of it is wrong or missing"),
        Verdict::Wrong => ("Wrong", "It is something else"),
    }
}

fn fields(run: &RunView, correction: &Correction) -> Vec<TruthField> {
    let mut fields = Vec::new();
    for result in &run.results {
        let Shown::Plain(value) = &result.value else { continue };
        let kind = match result.variable.result_type {
            ResultType::Labels => FieldKind::Label,
            ResultType::Text => FieldKind::Text,
            ResultType::Number => FieldKind::Number,
            ResultType::Date => FieldKind::Date,
            ResultType::Boolean => FieldKind::YesNo,
            _ => continue,
        };
        let found = match kind {
            FieldKind::Label => {
                value.get(0).and_then(|best| best.get("label")?.as_str()).unwrap_or("nothing").to_owned()
            }
            FieldKind::YesNo => if value.as_bool() == Some(true) { "yes" } else { "no" }.to_owned(),
            FieldKind::Number => value.as_f64().map(show::number).unwrap_or_default(),
            FieldKind::Text | FieldKind::Date => value.as_str().unwrap_or_default().to_owned(),
        };
        let value = match correction.get(&result.variable.name) {
            Some(Truth::Label(text) | Truth::Text(text)) => text.clone(),
            Some(Truth::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let (name, title) = (result.variable.name.clone(), feedback::title(&result.variable).to_owned());
        fields.push(TruthField { name, title, kind, value, found });
    }
    fields
}

fn editors(run: &RunView, correction: &Correction) -> Vec<BoxEditor> {
    let boxes = run.results.iter().filter(|result| result.variable.result_type == ResultType::Boxes);
    boxes
        .filter_map(|result| {
            let found = feedback::found_boxes(run, &result.variable.name)?;
            let shown = match correction.get(&result.variable.name) {
                Some(Truth::Boxes(boxes)) => boxes.clone(),
                _ => as_true(&found),
            };
            let mut rows: Vec<BoxRow> = shown.iter().map(BoxRow::new).collect();
            rows.extend((0..SPARE_ROWS).map(|_| BoxRow::default()));
            let (name, title) = (result.variable.name.clone(), feedback::title(&result.variable).to_owned());
            Some(BoxEditor { name, title, width: found.width, height: found.height, rows })
        })
        .collect()
}

fn as_true(found: &Boxes) -> Vec<TrueBox> {
    let as_true = |found: &vision_protocol::results::BoundingBox| TrueBox {
        label: found.label.clone(),
        x: found.x,
        y: found.y,
        width: found.width,
        height: found.height,
    };
    found.boxes.iter().take(feedback::MOST_BOXES).map(as_true).collect()
}

impl BoxRow {
    fn new(shown: &TrueBox) -> Self {
        let tenths = |value: f64| ((value * 10.0).round() / 10.0).to_string();
        Self {
            label: shown.label.clone(),
            x: tenths(shown.x),
            y: tenths(shown.y),
            width: tenths(shown.width),
            height: tenths(shown.height),
        }
    }
}

/// Reads the form: names and texts in the order of the page.
pub(crate) fn read(run: &RunView, form: &[(String, String)]) -> Result<Feedback, DomainError> {
    let field = |name: &str| form.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.as_str());
    let Some(verdict) = Verdict::by_name(field("verdict")) else {
        return Err(DomainError::invalid("verdict", "say whether it was right, partly right or wrong"));
    };
    let (mut correction, mut faults) = (Correction::new(), Vec::new());
    for (name, text) in form.iter().filter_map(|(name, text)| Some((name.strip_prefix("c.")?, text.trim()))) {
        if !text.is_empty() {
            match truth(run, name, text) {
                Ok(truth) => _ = correction.insert(name.to_owned(), truth),
                Err(fault) => faults.push(fault),
            }
        }
    }
    for result in run.results.iter().filter(|result| result.variable.result_type == ResultType::Boxes) {
        let name = &result.variable.name;
        let Some(boxes) = boxes(name, form, &mut faults) else { continue };
        let found = feedback::found_boxes(run, name).map(|found| as_true(&found)).unwrap_or_default();
        if !is_untouched(&found, &boxes) {
            correction.insert(name.clone(), Truth::Boxes(boxes));
        }
    }
    // What was typed and then called right is not looked at.
    if !faults.is_empty() && verdict != Verdict::Right {
        return Err(DomainError::Invalid(faults));
    }
    let comment = field("comment").to_owned();
    Ok(Feedback { verdict, comment, correction, consent: field("consent") == "on" })
}

fn truth(run: &RunView, name: &str, text: &str) -> Result<Truth, Fault> {
    let variable = run.manifest.result_variables.iter().find(|variable| variable.name == name);
    match variable.map(|variable| variable.result_type) {
        Some(ResultType::Labels) => Ok(Truth::Label(text.to_owned())),
        Some(ResultType::Number) => {
            let number = text.replace(',', ".").parse().map(Truth::Number);
            number.map_err(|_| Fault::new(name, format!("“{text}” is not a number")))
        }
        _ => Ok(Truth::Text(text.to_owned())),
    }
}

/// The rows of an editor; a row without a label is no box. `None` if the form has no such editor.
fn boxes(name: &str, form: &[(String, String)], faults: &mut Vec<Fault>) -> Option<Vec<TrueBox>> {
    let begin = format!("b.{name}.");
    let mut rows: BTreeMap<usize, BTreeMap<&str, &str>> = BTreeMap::new();
    for (place, text) in form {
        let Some((row, part)) = place.strip_prefix(&begin).and_then(|rest| rest.split_once('.')) else { continue };
        if let Ok(row) = row.parse() {
            rows.entry(row).or_default().insert(part, text.trim());
        }
    }
    if rows.is_empty() && !form.iter().any(|(place, _)| *place == format!("e.{name}")) {
        return None;
    }
    let mut boxes = Vec::new();
    for (row, parts) in rows {
        let text = |part: &str| parts.get(part).copied().unwrap_or_default();
        if text("label").is_empty() {
            continue;
        }
        let mut side = |part: &str| {
            text(part).replace(',', ".").parse::<f64>().unwrap_or_else(|_| {
                faults.push(Fault::new(name, format!("box {}: {part} must be a number of pixels", row + 1)));
                0.0
            })
        };
        let (x, y, width, height) = (side("x"), side("y"), side("width"), side("height"));
        boxes.push(TrueBox { label: text("label").to_owned(), x, y, width, height });
    }
    Some(boxes)
}

/// Whether boxes are those that the app found: then nobody said that they are right.
fn is_untouched(found: &[TrueBox], given: &[TrueBox]) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() < UNTOUCHED;
    let same = |(a, b): (&TrueBox, &TrueBox)| {
        a.label.trim() == b.label
            && near(a.x, b.x)
            && near(a.y, b.y)
            && near(a.width, b.width)
            && near(a.height, b.height)
    };
    found.len() == given.len() && found.iter().zip(given).all(same)
}
