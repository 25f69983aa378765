//! A result as text. What comes from an app is a stranger's: nothing of it moves the cursor.

use std::io::{self, Write};

use serde_json::{Map, Value};
use vision_protocol::{
    Manifest,
    messages::{LogLevel, LogLine, Timings},
    results::{Boxes, ResultType, ResultVariable, ScoredLabel},
};

/// Characters of a full score bar.
const BAR: usize = 24;
/// Rows of one table.
const MOST_ROWS: usize = 100;
/// Lines of one value.
const MOST_LINES: usize = 60;

/// Text without what would move the cursor or hide.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// All result variables, in the manifest's order.
pub(crate) fn result(out: &mut impl Write, manifest: &Manifest, result: &Map<String, Value>) -> io::Result<()> {
    for variable in &manifest.result_variables {
        let title = clean(if variable.label.is_empty() { &variable.name } else { &variable.label });
        match result.get(&variable.name) {
            None => writeln!(out, "{title}: nothing")?,
            Some(value) => shown(out, &title, variable, value)?,
        }
    }
    Ok(())
}

fn shown(out: &mut impl Write, title: &str, variable: &ResultVariable, value: &Value) -> io::Result<()> {
    match variable.result_type {
        ResultType::Labels => match serde_json::from_value::<Vec<ScoredLabel>>(value.clone()) {
            Ok(labels) => return show_labels(out, title, &labels),
            Err(_) => writeln!(out, "{title}:")?,
        },
        ResultType::Boxes => match serde_json::from_value::<Boxes>(value.clone()) {
            Ok(boxes) => return show_boxes(out, title, &boxes),
            Err(_) => writeln!(out, "{title}:")?,
        },
        ResultType::Table => {
            writeln!(out, "{title}:")?;
            return show_rows(out, value.as_array().map(Vec::as_slice).unwrap_or_default());
        }
        ResultType::Image => return writeln!(out, "{title}: a picture"),
        ResultType::Boolean => return writeln!(out, "{title}: {}", if value == true { "yes" } else { "no" }),
        ResultType::Text | ResultType::Number | ResultType::Date => {
            return writeln!(out, "{title}: {}", plain(value));
        }
        // JSON, and what has no form of its own here.
        _ => writeln!(out, "{title}:")?,
    }
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    for line in text.lines().take(MOST_LINES) {
        writeln!(out, "  {}", clean(line))?;
    }
    let more = text.lines().count().saturating_sub(MOST_LINES);
    if more > 0 { writeln!(out, "  … and {more} more lines") } else { Ok(()) }
}

fn show_labels(out: &mut impl Write, title: &str, labels: &[ScoredLabel]) -> io::Result<()> {
    writeln!(out, "{title}:")?;
    let rows: Vec<_> = labels.iter().map(|one| vec![clean(&one.label), score(one.score)]).collect();
    table(out, &[], &rows)
}

fn show_boxes(out: &mut impl Write, title: &str, boxes: &Boxes) -> io::Result<()> {
    writeln!(out, "{title}: {} on {} x {} pixels", boxes.boxes.len(), boxes.width, boxes.height)?;
    if boxes.boxes.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = boxes
        .boxes
        .iter()
        .map(|found| {
            let sides = [found.x, found.y, found.width, found.height].map(|side| format!("{side:>6.0}"));
            [vec![clean(&found.label), score(found.score)], sides.to_vec()].concat()
        })
        .collect();
    table(out, &["label", "score", "     x", "     y", " width", "height"], &rows)
}

fn show_rows(out: &mut impl Write, rows: &[Value]) -> io::Result<()> {
    let mut columns: Vec<&str> = Vec::new();
    for key in rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()) {
        if !columns.contains(&key.as_str()) {
            columns.push(key);
        }
    }
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|key| plain(&row[*key])).collect()).collect();
    let heads: Vec<String> = columns.iter().map(|column| clean(column)).collect();
    table(out, &heads.iter().map(String::as_str).collect::<Vec<_>>(), &cells)
}

/// Columns as wide as what is in them.
fn table(out: &mut impl Write, heads: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let wide = |text: &str| text.chars().count();
    let columns = rows.first().map_or(heads.len(), Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().take(MOST_ROWS).map(|row| wide(&row[column])).max().unwrap_or_default();
            cells.max(heads.get(column).map_or(0, |head| wide(head)))
        })
        .collect();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<_> =
            cells.zip(&widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - wide(cell)))).collect();
        writeln!(out, "  {}", padded.join("  ").trim_end())
    };
    if !heads.is_empty() {
        line(&mut heads.iter().copied())?;
    }
    for row in rows.iter().take(MOST_ROWS) {
        line(&mut row.iter().map(String::as_str))?;
    }
    let more = rows.len().saturating_sub(MOST_ROWS);
    if more > 0 { writeln!(out, "  … and {more} more") } else { Ok(()) }
}

/// A score and its bar.
fn score(score: f64) -> String {
    let eighths = (score.clamp(0.0, 1.0) * (BAR * 8) as f64).round() as usize;
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    let bar = format!("{}{part}", "█".repeat(eighths / 8));
    format!("{score:.2} {bar:<BAR$}")
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => clean(text),
        other => clean(&other.to_string()),
    }
}

/// The six stages, of one run beside another.
pub(crate) fn timings(out: &mut impl Write, first: &Timings, warm: &Timings) -> io::Result<()> {
    let stage = |name: &str, of: fn(&Timings) -> f64| {
        vec![name.to_owned(), format!("{:>10.1}", of(first)), format!("{:>10.1}", of(warm))]
    };
    let rows = [
        stage("starting the app", |t| t.app_loading_ms),
        stage("preparing the inputs", |t| t.pre_processing_ms),
        stage("loading the model", |t| t.loading_model_ms),
        stage("running the model", |t| t.running_model_ms),
        stage("making the result", |t| t.generating_result_ms),
        stage("everything else", |t| t.misc_ms),
        stage("total", |t| t.total_ms),
    ];
    writeln!(out, "Milliseconds:")?;
    table(out, &["", " first run", "  warm run"], &rows)
}

/// What the app logged.
pub(crate) fn logs(out: &mut impl Write, lines: &[LogLine]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "Log:")?;
    for line in lines {
        let level = match line.level {
            LogLevel::Debug => "debug",
            LogLevel::Info => "info ",
            LogLevel::Warn => "warn ",
            LogLevel::Error => "error",
        };
        writeln!(out, "  {:>6} ms {level} {}", line.at_ms, clean(&line.message))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_result_has_a_form() {
        let manifest = json!({
            "Name": "x", "Version": "1.0.0", "ResultVariables": [
                { "ResultType": "Labels", "Name": "labels", "Label": "Labels" },
                { "ResultType": "Boxes", "Name": "boxes" },
                { "ResultType": "Table", "Name": "table" },
                { "ResultType": "Boolean", "Name": "good" },
                { "ResultType": "Json", "Name": "json" },
                { "ResultType": "Text", "Name": "gone" }
            ]
        });
        let manifest = Manifest::parse(manifest.to_string().as_bytes()).unwrap();
        let Value::Object(values) = json!({
            "labels": [{ "label": "a\u{1b}[2Jcat", "score": 0.75 }, { "label": "dog", "score": 0.01 }],
            "boxes": { "width": 40, "height": 30, "boxes":
                [{ "label": "dog", "score": 1, "x": 1.2, "y": 2, "width": 30, "height": 4 }] },
            "table": [{ "a": 1, "b": "x" }, { "b": "yy", "c": null }],
            "good": true,
            "json": { "deep": [1] }
        }) else {
            unreachable!()
        };
        let mut text = Vec::new();
        result(&mut text, &manifest, &values).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains('\u{1b}'), "{text}");
        for line in [
            "  a [2Jcat  0.75 ██████████████████\n",
            "  dog       0.01 ▎\n",
            "boxes: 1 on 40 x 30 pixels\n",
            "  dog    1.00 ████████████████████████       1       2      30       4\n",
            "  a  b   c\n  1  x\n     yy\n",
            "good: yes\n",
            "gone: nothing\n",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
    }
}
