//! How a result is shown: a standard layout's data, or the author's own HTML, cleaned.

mod custom;

use serde::de::DeserializeOwned;
use serde_json::Value;
use vision_protocol::{
    manifest::{Manifest, Task},
    results::{Boxes, Points, Polygons, ResultType, ScoredLabel, StandardLayout},
};

use super::{
    Result,
    running::{FileRef, ResultView, RunView, Shown},
};
use crate::state::Portal;

/// A result, ready to be shown.
#[derive(Clone, Debug)]
pub enum RenderedLayout {
    /// Data for a standard layout.
    Standard(Box<StandardView>),
    /// The author's layout: HTML without scripts, forms or outside loads, to be framed under a CSP.
    Custom(String),
}

/// All that the standard layouts show. A layout shows its own part first; the rest can be shown below it.
#[derive(Clone, Debug)]
pub struct StandardView {
    /// Which one.
    pub layout: StandardLayout,
    /// The first photo among the inputs.
    pub photo: Option<FileRef>,
    /// Every list of labels.
    pub labels: Vec<Titled<Vec<ScoredLabel>>>,
    /// Every set of boxes.
    pub boxes: Vec<Titled<Boxes>>,
    /// Every set of points.
    pub points: Vec<Titled<Points>>,
    /// Every set of outlines.
    pub polygons: Vec<Titled<Polygons>>,
    /// Every result picture.
    pub images: Vec<Titled<FileRef>>,
    /// Every table.
    pub tables: Vec<Titled<Table>>,
    /// Numbers, for a chart.
    pub numbers: Vec<Titled<f64>>,
    /// Texts, numbers, days, yes and no: as text.
    pub values: Vec<Titled<String>>,
    /// Everything that is JSON, indented.
    pub json: Vec<Titled<String>>,
}

/// Something with what people see beside it.
#[derive(Clone, Debug)]
pub struct Titled<T> {
    /// What people see beside it.
    pub title: String,
    /// A sentence about it; may be empty.
    pub description: String,
    /// The thing.
    pub value: T,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Keys of the first row, then of others.
    pub columns: Vec<String>,
    /// Cells as text, one per column.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Whether a column holds numbers and nothing else: those stand on the right.
    pub fn is_numeric(&self, column: &usize) -> bool {
        let mut cells = self.rows.iter().filter_map(|row| row.get(*column)).filter(|cell| !cell.is_empty()).peekable();
        cells.peek().is_some() && cells.all(|cell| cell.parse::<f64>().is_ok_and(f64::is_finite))
    }
}

/// Renders the result of a run that is done.
///
/// # Errors
/// `Invalid` with what is wrong with the author's template, for the author's eyes.
pub fn render(_: &Portal, run: &RunView) -> Result<RenderedLayout> {
    render_at(run, &format!("/runs/{}", run.id))
}

/// As [`render`], where the files of the run stand below another address than its own: `place/files/…`.
///
/// # Errors
/// As [`render`].
pub fn render_at(run: &RunView, place: &str) -> Result<RenderedLayout> {
    match &run.template {
        Some(template) => custom::render(template, run, place).map(RenderedLayout::Custom),
        None => Ok(RenderedLayout::Standard(Box::new(standard(run)))),
    }
}

/// The data of the standard layouts, also for a run whose own layout cannot be rendered.
pub fn standard(run: &RunView) -> StandardView {
    let mut view = StandardView {
        layout: layout(&run.manifest),
        photo: run.inputs.iter().find_map(|input| match &input.value {
            Some(Shown::File(file)) => Some(file.clone()),
            _ => None,
        }),
        labels: Vec::new(),
        boxes: Vec::new(),
        points: Vec::new(),
        polygons: Vec::new(),
        images: Vec::new(),
        tables: Vec::new(),
        numbers: Vec::new(),
        values: Vec::new(),
        json: Vec::new(),
    };
    for result in &run.results {
        view.add(result);
    }
    view
}

fn layout(manifest: &Manifest) -> StandardLayout {
    let named = manifest.result_layout.as_deref().and_then(StandardLayout::by_name);
    let of_task = || manifest.task.and_then(Task::layout);
    named.or_else(of_task).unwrap_or_else(|| StandardLayout::for_results(&manifest.result_variables))
}

impl StandardView {
    fn add(&mut self, result: &ResultView) {
        let variable = &result.variable;
        let title = if variable.label.is_empty() { &variable.name } else { &variable.label };
        fn titled<T>(title: &str, description: &str, value: T) -> Titled<T> {
            Titled { title: title.to_owned(), description: description.to_owned(), value }
        }
        let value = match &result.value {
            Shown::File(file) => return self.images.push(titled(title, &variable.description, file.clone())),
            Shown::Plain(value) => value,
        };
        match variable.result_type {
            ResultType::Labels => {
                self.labels.extend(read(value).map(|labels| titled(title, &variable.description, labels)));
            }
            ResultType::Boxes => {
                self.boxes.extend(read(value).map(|boxes| titled(title, &variable.description, boxes)));
            }
            ResultType::Points => {
                self.points.extend(read(value).map(|points| titled(title, &variable.description, points)));
            }
            ResultType::Polygons => {
                self.polygons.extend(read(value).map(|polygons| titled(title, &variable.description, polygons)));
            }
            ResultType::Table => self.tables.push(titled(title, &variable.description, table(value))),
            ResultType::Json | ResultType::Image => {
                let text = serde_json::to_string_pretty(value).unwrap_or_default();
                self.json.push(titled(title, &variable.description, text));
            }
            ResultType::Text | ResultType::Number | ResultType::Boolean | ResultType::Date => {
                if let Some(number) = value.as_f64() {
                    self.numbers.push(titled(title, &variable.description, number));
                }
                self.values.push(titled(title, &variable.description, text(value)));
            }
        }
    }
}

/// A value in the form that its type has; what a runner let pass in another is not shown.
fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// A plain value as people read it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        // Glue has one kind of number: two of something come as 2.0.
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())
        }
        other => other.to_string(),
    }
}

fn table(value: &Value) -> Table {
    let mut columns: Vec<String> = Vec::new();
    let rows: Vec<_> = value.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    for key in rows.iter().flat_map(|row| row.keys()) {
        if !columns.contains(key) {
            columns.push(key.clone());
        }
    }
    let cells = |row: &&serde_json::Map<String, Value>| {
        columns.iter().map(|c| row.get(c).map(text).unwrap_or_default()).collect()
    };
    let rows = rows.iter().map(cells).collect();
    Table { columns, rows }
}

#[cfg(test)]
mod tests;
