//! A run's result, made ready for the standard layouts of `templates/layouts/`.

mod shapes;

use serde_json::Value;
use vision_protocol::{
    fault::Fault,
    ids::{BlobId, RunId, Slug},
    messages::Timings,
    results::{ScoredLabel, StandardLayout},
};

pub(crate) use shapes::{BoxSet, OutlineSet, PointSet};

use super::{fields::as_typed, show};
use crate::domain::{
    DomainError,
    layouts::{self, RenderedLayout, StandardView, Table, Titled},
    running::{FileRef, InputView, ResultView, RunStatus, RunView, Shown},
};

/// What the page of a run that is done shows.
pub(crate) enum ResultPart {
    /// A standard layout.
    Standard(Box<StandardResult>),
    /// The author's own layout, in a frame that shows this address.
    Custom(String),
    /// The author's own layout failed.
    Broken(BrokenLayout),
    /// There is nothing to show.
    None,
}

impl ResultPart {
    /// What a run shows, whose files stand at `place`.
    ///
    /// # Errors
    /// Not for what an author's layout does wrong: that is shown.
    pub(crate) fn of(run: &RunView, place: &Place) -> Result<Self, DomainError> {
        if run.status != RunStatus::Done || run.results.is_empty() {
            return Ok(Self::None);
        }
        Ok(match layouts::render_at(run, &place.0) {
            Ok(RenderedLayout::Standard(view)) => Self::Standard(Box::new(StandardResult::new(place, *view))),
            Ok(RenderedLayout::Custom(_)) => Self::Custom(place.layout()),
            Err(DomainError::Invalid(faults)) => {
                Self::Broken(BrokenLayout { faults, values: plain_values(place, run) })
            }
            Err(error) => return Err(error),
        })
    }
}

/// Plain results, and why they are plain.
pub(crate) struct BrokenLayout {
    pub(crate) faults: Vec<Fault>,
    /// Title and JSON of each result.
    pub(crate) values: Vec<(String, String)>,
}

/// All that a standard layout shows; files are addresses here.
pub(crate) struct StandardResult {
    pub(crate) layout: StandardLayout,
    pub(crate) photo: Option<String>,
    pub(crate) labels: Vec<Titled<Vec<Bar>>>,
    pub(crate) boxes: Vec<Titled<BoxSet>>,
    pub(crate) points: Vec<Titled<PointSet>>,
    pub(crate) polygons: Vec<Titled<OutlineSet>>,
    pub(crate) images: Vec<Titled<String>>,
    pub(crate) tables: Vec<Titled<Table>>,
    pub(crate) bars: Vec<Bar>,
    pub(crate) values: Vec<Titled<String>>,
    pub(crate) json: Vec<Titled<String>>,
}

/// A line with a bar.
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) score: f64,
    /// What people read.
    pub(crate) text: String,
    /// Where the bar begins.
    pub(crate) start: f64,
    /// Length of the bar.
    pub(crate) percent: f64,
}

/// Below which address the files of a run stand.
#[derive(Clone, Debug)]
pub(crate) struct Place(String);

impl Place {
    /// On the pages of its owner.
    pub(crate) fn of_run(run: RunId) -> Self {
        Self(format!("/runs/{run}"))
    }

    /// On the page of the app whose example it is.
    pub(crate) fn of_example(app: &Slug, position: u32) -> Self {
        Self(format!("/apps/{app}/examples/{position}"))
    }

    /// A file.
    pub(crate) fn file(&self, blob: BlobId) -> String {
        format!("{}/files/{blob}", self.0)
    }

    /// The address itself.
    pub(crate) fn path(&self) -> &str {
        &self.0
    }

    /// The author's own layout, alone.
    pub(crate) fn layout(&self) -> String {
        format!("{}/layout", self.0)
    }
}

/// A file of a run, for its owner.
pub(crate) fn file_url(run: RunId, blob: BlobId) -> String {
    Place::of_run(run).file(blob)
}

impl StandardResult {
    /// Makes a view ready.
    pub(crate) fn new(place: &Place, view: StandardView) -> Self {
        let url = |file: &FileRef| place.file(file.blob);
        Self {
            layout: view.layout,
            photo: view.photo.as_ref().map(url),
            labels: view
                .labels
                .into_iter()
                .map(|part| map(part, |list| list.iter().map(label_bar).collect()))
                .collect(),
            boxes: numbered("boxes", view.boxes, |id, boxes| BoxSet::new(id, &boxes)),
            points: numbered("points", view.points, |id, points| PointSet::new(id, &points)),
            polygons: numbered("outlines", view.polygons, |id, found| OutlineSet::new(id, &found)),
            images: view.images.into_iter().map(|part| map(part, |file| url(&file))).collect(),
            tables: view.tables,
            bars: number_bars(&view.numbers),
            values: view.values,
            json: view.json,
        }
    }
}

fn map<T, U>(part: Titled<T>, make: impl FnOnce(T) -> U) -> Titled<U> {
    Titled { title: part.title, description: part.description, value: make(part.value) }
}

/// Parts with an id each, so that a list can name the photo that it belongs to.
fn numbered<T, U>(word: &str, parts: Vec<Titled<T>>, make: impl Fn(String, T) -> U) -> Vec<Titled<U>> {
    let parts = parts.into_iter().enumerate();
    parts.map(|(index, part)| map(part, |value| make(format!("{word}-{index}"), value))).collect()
}

fn bar_length(score: f64) -> f64 {
    let percent = (score * 100.0).clamp(0.0, 100.0);
    if percent.is_finite() { (percent * 10.0).round() / 10.0 } else { 0.0 }
}

fn label_bar(scored: &ScoredLabel) -> Bar {
    Bar {
        label: scored.label.clone(),
        score: scored.score,
        text: show::percent(scored.score),
        start: 0.0,
        percent: bar_length(scored.score),
    }
}

/// Bars that begin at zero, to the right for what is larger and to the left for what is smaller.
fn number_bars(numbers: &[Titled<f64>]) -> Vec<Bar> {
    let (low, high) = numbers.iter().fold((0.0_f64, 0.0_f64), |(low, high), n| (low.min(n.value), high.max(n.value)));
    let place = |value: f64| if high > low { bar_length((value - low) / (high - low)) } else { 0.0 };
    let bar = |number: &Titled<f64>| {
        let (start, end) = (place(number.value.min(0.0)), place(number.value.max(0.0)));
        Bar {
            label: number.title.clone(),
            score: number.value,
            text: show::number(number.value),
            start,
            percent: ((end - start) * 10.0).round() / 10.0,
        }
    };
    numbers.iter().map(bar).collect()
}

/// An input beside the result.
pub(crate) struct InputLine {
    pub(crate) title: String,
    /// The address of a picture.
    pub(crate) picture: Option<String>,
    pub(crate) text: String,
}

impl InputLine {
    /// The inputs of a run.
    pub(crate) fn of(place: &Place, inputs: &[InputView]) -> Vec<Self> {
        let line = |input: &InputView| {
            let (picture, text) = match &input.value {
                Some(Shown::File(file)) => (Some(place.file(file.blob)), String::new()),
                Some(Shown::Plain(Value::Bool(yes))) => (None, if *yes { "Yes" } else { "No" }.to_owned()),
                Some(Shown::Plain(value)) => (None, as_typed(value)),
                None => (None, "–".to_owned()),
            };
            Self { title: input.parameter.title().to_owned(), picture, text }
        };
        inputs.iter().map(line).collect()
    }
}

/// The results as JSON, for when the author's layout cannot show them.
pub(crate) fn plain_values(place: &Place, run: &RunView) -> Vec<(String, String)> {
    let plain = |result: &ResultView| {
        let name = if result.variable.label.is_empty() { &result.variable.name } else { &result.variable.label };
        let text = match &result.value {
            Shown::File(file) => place.file(file.blob),
            Shown::Plain(value) => serde_json::to_string_pretty(value).unwrap_or_default(),
        };
        (name.clone(), text)
    };
    run.results.iter().map(plain).collect()
}

/// The six stages as one bar.
pub(crate) struct StageBar {
    pub(crate) stages: Vec<Stage>,
    pub(crate) total: String,
}

/// One stage.
pub(crate) struct Stage {
    pub(crate) title: &'static str,
    pub(crate) text: String,
    pub(crate) start: f64,
    pub(crate) percent: f64,
}

impl StageBar {
    /// The bar of a run's timings.
    pub(crate) fn new(timings: &Timings) -> Self {
        let stages = [
            ("Starting the app", timings.app_loading_ms),
            ("Preparing the photo", timings.pre_processing_ms),
            ("Loading the model", timings.loading_model_ms),
            ("Running the model", timings.running_model_ms),
            ("Making the result", timings.generating_result_ms),
            ("Everything else", timings.misc_ms),
        ];
        let whole = stages.iter().map(|(_, ms)| ms.max(0.0)).sum::<f64>().max(0.001);
        let mut start = 0.0;
        let stages = stages
            .into_iter()
            .map(|(title, ms)| {
                let percent = (ms.max(0.0) / whole * 10_000.0).round() / 100.0;
                let stage = Stage { title, text: show::milliseconds(ms), start, percent };
                start = ((start + percent) * 100.0).round() / 100.0;
                stage
            })
            .collect();
        Self { stages, total: show::milliseconds(timings.total_ms) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_of_numbers_begin_at_zero() {
        let titled = |title: &str, value| Titled { title: title.to_owned(), description: String::new(), value };
        let bars = number_bars(&[titled("up", 30.0), titled("down", -10.0), titled("none", 0.0)]);
        let places: Vec<_> = bars.iter().map(|bar| (bar.start, bar.percent)).collect();
        assert_eq!(places, [(25.0, 75.0), (0.0, 25.0), (25.0, 0.0)]);
        assert_eq!(number_bars(&[titled("nothing", 0.0)])[0].percent, 0.0);
    }

    #[test]
    fn stages_fill_the_bar() {
        let timings = Timings { running_model_ms: 30.0, misc_ms: 10.0, total_ms: 40.0, ..Timings::default() };
        let bar = StageBar::new(&timings);
        assert_eq!(bar.stages.len(), 6);
        assert!((bar.stages.iter().map(|s| s.percent).sum::<f64>() - 100.0).abs() < 0.1);
        assert_eq!(bar.total, "40.0 ms");
    }
}
