//! A run's result, made ready for the standard layouts of `templates/layouts/`.

mod shapes;

use serde_json::Value;
use vision_protocol::{
    fault::Fault,
    ids::{BlobId, RunId},
    messages::Timings,
    results::{BoundingBox, Boxes, ScoredLabel, StandardLayout},
};

pub(crate) use shapes::{OutlineSet, PointSet};

use super::{fields::as_typed, show};
use crate::domain::{
    layouts::{StandardView, Table, Titled},
    running::{FileRef, InputView, ResultView, RunView, Shown},
};

/// What the page of a run that is done shows.
pub(crate) enum ResultPart {
    /// A standard layout.
    Standard(Box<StandardResult>),
    /// The author's own layout, in a frame.
    Custom,
    /// The author's own layout failed.
    Broken(BrokenLayout),
    /// There is nothing to show.
    None,
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
    /// Length of the bar.
    pub(crate) percent: f64,
}

/// Boxes on a photo, with the geometry of their captions for readers without scripts.
pub(crate) struct BoxSet {
    pub(crate) id: String,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) caption_size: f64,
    pub(crate) plate_height: f64,
    pub(crate) boxes: Vec<MarkedBox>,
    /// For example "2 dogs, car".
    pub(crate) summary: String,
}

/// One box.
pub(crate) struct MarkedBox {
    /// Its place in the list.
    pub(crate) index: usize,
    pub(crate) label: String,
    pub(crate) score: f64,
    pub(crate) text: String,
    pub(crate) percent: f64,
    /// Which colour; one per label.
    pub(crate) mark: usize,
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) plate_x: f64,
    pub(crate) plate_y: f64,
    pub(crate) plate_width: f64,
    pub(crate) text_x: f64,
    pub(crate) text_y: f64,
    /// Points that belong to it.
    pub(crate) points: Vec<(f64, f64)>,
}

/// Colours in the style sheet.
const MARKS: usize = 8;

/// Where a file of a run stands.
pub(crate) fn file_url(run: RunId, blob: BlobId) -> String {
    format!("/runs/{run}/files/{blob}")
}

impl StandardResult {
    /// Makes a view ready.
    pub(crate) fn new(run: RunId, view: StandardView) -> Self {
        let url = |file: &FileRef| file_url(run, file.blob);
        Self {
            layout: view.layout,
            photo: view.photo.as_ref().map(url),
            labels: view
                .labels
                .into_iter()
                .map(|part| map(part, |list| list.iter().map(label_bar).collect()))
                .collect(),
            boxes: view
                .boxes
                .into_iter()
                .enumerate()
                .map(|(index, part)| map(part, |boxes| BoxSet::new(format!("boxes-{index}"), &boxes)))
                .collect(),
            points: view.points.into_iter().map(|part| map(part, |points| PointSet::new(&points))).collect(),
            polygons: view.polygons.into_iter().map(|part| map(part, |found| OutlineSet::new(&found))).collect(),
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

fn bar_length(score: f64) -> f64 {
    let percent = (score * 100.0).clamp(0.0, 100.0);
    if percent.is_finite() { (percent * 10.0).round() / 10.0 } else { 0.0 }
}

fn label_bar(scored: &ScoredLabel) -> Bar {
    Bar {
        label: scored.label.clone(),
        score: scored.score,
        text: show::percent(scored.score),
        percent: bar_length(scored.score),
    }
}

fn number_bars(numbers: &[Titled<f64>]) -> Vec<Bar> {
    let largest = numbers.iter().map(|n| n.value.abs()).fold(0.0, f64::max);
    let bar = |number: &Titled<f64>| Bar {
        label: number.title.clone(),
        score: number.value,
        text: show::number(number.value),
        percent: if largest > 0.0 { bar_length(number.value.abs() / largest) } else { 0.0 },
    };
    numbers.iter().map(bar).collect()
}

impl BoxSet {
    fn new(id: String, found: &Boxes) -> Self {
        let (width, height) = (found.width.max(1.0), found.height.max(1.0));
        let caption_size = (width / 40.0).max(height / 60.0).max(1.0);
        let plate_height = caption_size * 1.5;
        let marks = Marks::of(found.boxes.iter().map(|found| found.label.as_str()));
        let boxes = found
            .boxes
            .iter()
            .enumerate()
            .map(|(index, found)| {
                let mark = marks.mark(&found.label);
                MarkedBox { index, ..MarkedBox::new(found, mark, caption_size, plate_height, width) }
            })
            .collect();
        let summary = marks.summary();
        Self { id, width, height, caption_size, plate_height, boxes, summary }
    }
}

impl MarkedBox {
    fn new(found: &BoundingBox, mark: usize, caption_size: f64, plate_height: f64, photo_width: f64) -> Self {
        let text = show::percent(found.score);
        // 0.58 em is about what a letter of a sans-serif face takes.
        let letters = found.label.chars().count() + text.chars().count() + 1;
        let plate_width = caption_size * (0.58 * f64::from(u32::try_from(letters).unwrap_or(u32::MAX)) + 0.8);
        let plate_x = found.x.min(photo_width - plate_width).max(0.0);
        let plate_y = if found.y >= plate_height { found.y - plate_height } else { found.y };
        Self {
            index: 0,
            label: found.label.clone(),
            score: found.score,
            percent: bar_length(found.score),
            text,
            mark,
            x: found.x,
            y: found.y,
            width: found.width.max(0.0),
            height: found.height.max(0.0),
            plate_x,
            plate_y,
            plate_width,
            text_x: plate_x + caption_size * 0.4,
            text_y: plate_y + plate_height / 2.0,
            points: found.points.iter().map(|&[x, y]| (x, y)).collect(),
        }
    }
}

/// The labels of what was found, each with how often it was.
struct Marks<'a>(Vec<(&'a str, usize)>);

impl<'a> Marks<'a> {
    fn of(labels: impl Iterator<Item = &'a str>) -> Self {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for label in labels {
            match counts.iter_mut().find(|(known, _)| *known == label) {
                Some((_, count)) => *count += 1,
                None => counts.push((label, 1)),
            }
        }
        Self(counts)
    }

    /// Which colour stands for a label.
    fn mark(&self, label: &str) -> usize {
        self.0.iter().position(|(known, _)| *known == label).unwrap_or(0) % MARKS
    }

    /// For example "2 × dog, car".
    fn summary(&self) -> String {
        let words = self.0.iter().map(|(label, count)| match count {
            1 => (*label).to_owned(),
            many => format!("{many} × {label}"),
        });
        words.collect::<Vec<_>>().join(", ")
    }
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
    pub(crate) fn of(run: RunId, inputs: &[InputView]) -> Vec<Self> {
        let line = |input: &InputView| {
            let (picture, text) = match &input.value {
                Some(Shown::File(file)) => (Some(file_url(run, file.blob)), String::new()),
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
pub(crate) fn plain_values(run: &RunView) -> Vec<(String, String)> {
    let plain = |result: &ResultView| {
        let name = if result.variable.label.is_empty() { &result.variable.name } else { &result.variable.label };
        let text = match &result.value {
            Shown::File(file) => file_url(run.id, file.blob),
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

    fn found(label: &str, x: f64, y: f64) -> BoundingBox {
        BoundingBox { label: label.to_owned(), score: 0.9, x, y, width: 20.0, height: 10.0, points: Vec::new() }
    }

    #[test]
    fn captions_stay_on_the_photo() {
        let boxes = vec![found("dog", 90.0, 0.0), found("car", 0.0, 50.0), found("dog", 10.0, 60.0)];
        let set = BoxSet::new("b".to_owned(), &Boxes { width: 100.0, height: 80.0, boxes });
        for marked in &set.boxes {
            assert!(marked.plate_x >= 0.0 && marked.plate_x + marked.plate_width <= 100.0 + 1e-9);
            assert!(marked.plate_y >= 0.0 && marked.plate_y + set.plate_height <= 80.0);
        }
        assert_eq!(set.summary, "2 × dog, car");
        assert_eq!([set.boxes[0].mark, set.boxes[1].mark, set.boxes[2].mark], [0, 1, 0]);
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
