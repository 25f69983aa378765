//! Results as tables: for a spreadsheet, beside those of another run, and as a line in a list.

use serde::de::DeserializeOwned;
use serde_json::Value;
use vision_protocol::results::{Boxes, Points, Polygons, ResultType, ScoredLabel};

use super::{FileRef, ResultView, Shown};

/// One result as a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The name of the result variable.
    pub name: String,
    /// What people see above it.
    pub title: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Cells as text, one per column.
    pub rows: Vec<Vec<String>>,
    /// The picture, if it is one.
    pub file: Option<FileRef>,
}

/// Longest line that a summary becomes, in characters.
const LONGEST_SUMMARY: usize = 90;

/// Each result as a table.
pub fn parts(results: &[ResultView]) -> Vec<Part> {
    results.iter().map(part).collect()
}

fn part(result: &ResultView) -> Part {
    let variable = &result.variable;
    let title = if variable.label.is_empty() { &variable.name } else { &variable.label };
    let (columns, rows, file) = match &result.value {
        Shown::File(file) => (vec!["file".to_owned()], vec![vec![file.blob.to_string()]], Some(file.clone())),
        Shown::Plain(value) => {
            let (columns, rows) = table(variable.result_type, value);
            (columns, rows, None)
        }
    };
    Part { name: variable.name.clone(), title: title.clone(), columns, rows, file }
}

type Cells = (Vec<String>, Vec<Vec<String>>);

fn table(kind: ResultType, value: &Value) -> Cells {
    let found = match kind {
        ResultType::Labels => read::<Vec<ScoredLabel>>(value).map(|found| labels(&found)),
        ResultType::Boxes => read(value).map(|found| boxes(&found)),
        ResultType::Points => read(value).map(|found| points(&found)),
        ResultType::Polygons => read(value).map(|found| polygons(&found)),
        ResultType::Table => Some(objects(value)),
        _ => None,
    };
    found.unwrap_or_else(|| (names(&["value"]), vec![vec![cell(value)]]))
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn numbers(label: &str, numbers: &[f64]) -> Vec<String> {
    std::iter::once(label.to_owned()).chain(numbers.iter().map(ToString::to_string)).collect()
}

fn labels(found: &[ScoredLabel]) -> Cells {
    (names(&["label", "score"]), found.iter().map(|found| numbers(&found.label, &[found.score])).collect())
}

fn boxes(found: &Boxes) -> Cells {
    let rows = found.boxes.iter().map(|b| numbers(&b.label, &[b.score, b.x, b.y, b.width, b.height]));
    (names(&["label", "score", "x", "y", "width", "height"]), rows.collect())
}

fn points(found: &Points) -> Cells {
    let row = |point: &vision_protocol::results::Point| {
        let score = point.score.map(|score| score.to_string()).unwrap_or_default();
        vec![point.label.clone(), score, point.x.to_string(), point.y.to_string()]
    };
    (names(&["label", "score", "x", "y"]), found.points.iter().map(row).collect())
}

fn polygons(found: &Polygons) -> Cells {
    let row = |polygon: &vision_protocol::results::Polygon| {
        let corners: Vec<String> = polygon.points.iter().map(|[x, y]| format!("{x} {y}")).collect();
        vec![polygon.label.clone(), polygon.score.to_string(), corners.join("; ")]
    };
    (names(&["label", "score", "corners"]), found.polygons.iter().map(row).collect())
}

fn objects(value: &Value) -> Cells {
    let objects: Vec<_> = value.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    let mut columns: Vec<String> = Vec::new();
    for key in objects.iter().flat_map(|object| object.keys()) {
        if !columns.contains(key) {
            columns.push(key.clone());
        }
    }
    let rows = objects.iter().map(|object| columns.iter().map(|c| object.get(c).map(cell).unwrap_or_default()));
    let rows = rows.map(Iterator::collect).collect();
    (columns, rows)
}

/// A value as text; a number without a needless fraction.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())
        }
        other => other.to_string(),
    }
}

/// All results as one table: a row per thing found, with the result's name before it.
pub fn sheet(parts: &[Part]) -> Cells {
    let mut columns = names(&["result"]);
    for column in parts.iter().flat_map(|part| &part.columns) {
        if !columns[1..].contains(column) {
            columns.push(column.clone());
        }
    }
    let mut rows = Vec::new();
    for part in parts {
        for row in &part.rows {
            let of_column = |column: &String| {
                let index = part.columns.iter().position(|known| known == column);
                index.and_then(|index| row.get(index)).cloned().unwrap_or_default()
            };
            let name = std::iter::once(part.name.clone());
            rows.push(name.chain(columns[1..].iter().map(of_column)).collect());
        }
    }
    (columns, rows)
}

/// The results in one line, such as "tabby cat (0.71)" or "3 × dog, car".
pub fn summary(parts: &[Part]) -> String {
    let words: Vec<String> = parts.iter().filter(|part| part.file.is_none()).filter_map(in_words).collect();
    let text = words.join(" · ");
    if text.chars().count() <= LONGEST_SUMMARY {
        return text;
    }
    let cut: String = text.chars().take(LONGEST_SUMMARY - 1).collect();
    format!("{}…", cut.trim_end())
}

fn in_words(part: &Part) -> Option<String> {
    if part.rows.is_empty() {
        return Some("nothing".to_owned());
    }
    match part.columns.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["value"] => Some(part.rows[0][0].clone()),
        ["label", "score"] => {
            let score: f64 = part.rows[0][1].parse().unwrap_or_default();
            Some(format!("{} ({score:.2})", part.rows[0][0]))
        }
        ["label", "score", ..] => {
            let mut counts: Vec<(&str, usize)> = Vec::new();
            for row in &part.rows {
                match counts.iter_mut().find(|(label, _)| *label == row[0]) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((&row[0], 1)),
                }
            }
            let words = counts.iter().map(|(label, count)| match count {
                1 => (*label).to_owned(),
                many => format!("{many} × {label}"),
            });
            Some(words.collect::<Vec<_>>().join(", "))
        }
        _ if part.rows.len() == 1 => Some("1 row".to_owned()),
        _ => Some(format!("{} rows", part.rows.len())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vision_protocol::results::ResultVariable;

    use super::*;

    fn result(kind: &str, name: &str, value: Value) -> ResultView {
        let variable = json!({ "ResultType": kind, "Name": name });
        let variable: ResultVariable = serde_json::from_value(variable).unwrap();
        ResultView { variable, value: Shown::Plain(value) }
    }

    #[test]
    fn every_result_has_its_rows() {
        let found = json!({"label": "dog", "score": 0.5, "x": 1.0, "y": 2.5, "width": 3.0, "height": 4.0});
        let results = [
            result("Boxes", "boxes", json!({"width": 9.0, "height": 9.0, "boxes": [found, found]})),
            result("Labels", "labels", json!([{"label": "cat", "score": 0.713}])),
            result("Number", "count", json!(2.0)),
            result("Table", "rows", json!([{"a": 1, "b": "x"}, {"b": "y"}])),
        ];
        let parts = parts(&results);
        let (columns, rows) = sheet(&parts);
        assert_eq!(columns, ["result", "label", "score", "x", "y", "width", "height", "value", "a", "b"]);
        assert_eq!(rows[0], ["boxes", "dog", "0.5", "1", "2.5", "3", "4", "", "", ""]);
        assert_eq!(rows[2][..3], ["labels", "cat", "0.713"]);
        assert_eq!(rows[3][7], "2");
        assert_eq!((rows.len(), rows[5][9].as_str()), (6, "y"));
        assert_eq!(summary(&parts), "2 × dog · cat (0.71) · 2 · 2 rows");
        assert_eq!(summary(&super::parts(&[result("Text", "t", json!("x".repeat(200)))])).chars().count(), 90);
    }
}
