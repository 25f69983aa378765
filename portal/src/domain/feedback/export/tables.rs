//! CSV and JSON Lines: all results, those that are no boxes too.

use serde_json::{Map, Value, json};

use super::{
    super::super::{DomainError, Result, spreadsheets::cell_of as cell},
    Archive, Photo, Source,
    items::{Answer, Item, Said},
};
use crate::state::timestamp;

const COLUMNS: [&str; 17] = [
    "file",
    "width",
    "height",
    "run",
    "version",
    "verdict",
    "given_at",
    "comment",
    "kind",
    "variable",
    "label",
    "score",
    "x",
    "y",
    "box_width",
    "box_height",
    "value",
];
/// Columns that each row of a photo repeats.
const SHARED: usize = 8;

/// `feedback.csv`.
pub(super) async fn csv(source: &Source, archive: &mut Archive, photos: &[Photo]) -> Result<()> {
    archive.begin("feedback.csv", true).await?;
    archive.write(rows([COLUMNS.map(ToOwned::to_owned)])?).await?;
    for photo in photos {
        let Some(item) = source.item(photo.run).await? else { continue };
        let shared = shared(photo, &item);
        let mut cells = told("truth", &item.truth);
        if cells.is_empty() {
            cells.push(["unknown".to_owned(), String::new(), String::new()].into_iter().collect());
        }
        cells.extend(told("predicted", &item.predicted));
        let filled = cells.into_iter().map(|row| {
            let mut all = shared.clone();
            all.extend(row);
            all.resize(COLUMNS.len(), String::new());
            all
        });
        archive.write(rows(filled)?).await?;
    }
    Ok(())
}

fn rows<R>(records: impl IntoIterator<Item = R>) -> Result<Vec<u8>>
where
    R: IntoIterator<Item = String>,
{
    let mut table = csv::Writer::from_writer(Vec::new());
    for record in records {
        table.write_record(record).map_err(DomainError::internal)?;
    }
    table.into_inner().map_err(DomainError::internal)
}

fn shared(photo: &Photo, item: &Item) -> Vec<String> {
    let shared = vec![
        photo.path(),
        photo.width.to_string(),
        photo.height.to_string(),
        photo.run.to_string(),
        item.version.clone(),
        item.verdict.name().to_owned(),
        timestamp(item.given_at).to_string(),
        cell(&item.comment),
    ];
    debug_assert_eq!(shared.len(), SHARED, "as many as the columns say");
    shared
}

/// From `kind` on: a row per label or box, and one without a label where there is none.
fn told(kind: &str, answer: &Answer) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (variable, said) in answer {
        let row = |label: &str, more: Vec<String>| {
            let mut row = vec![kind.to_owned(), cell(variable), cell(label)];
            row.extend(more);
            row
        };
        let score = |score: Option<f64>| score.map(|score| score.to_string()).unwrap_or_default();
        match said {
            Said::Labels(labels) => all.extend(labels.iter().map(|(label, sure)| row(label, vec![score(*sure)]))),
            Said::Boxes(marks) if marks.is_empty() => all.push(row("", Vec::new())),
            Said::Boxes(marks) => all.extend(marks.iter().map(|mark| {
                let sides = [mark.x, mark.y, mark.width, mark.height].map(|side| side.to_string());
                let mut more = vec![score(mark.score)];
                more.extend(sides);
                row(&mark.label, more)
            })),
            Said::Value(value) => {
                let text = match value {
                    Value::String(text) => cell(text),
                    other => other.to_string(),
                };
                let mut more = vec![String::new(); 5];
                more.push(text);
                all.push(row("", more));
            }
        }
    }
    all
}

/// `feedback.jsonl`.
pub(super) async fn jsonl(source: &Source, archive: &mut Archive, photos: &[Photo]) -> Result<()> {
    archive.begin("feedback.jsonl", true).await?;
    for photo in photos {
        let Some(item) = source.item(photo.run).await? else { continue };
        let object = json!({
            "file": photo.path(), "width": photo.width, "height": photo.height, "run": photo.run,
            "version": item.version, "verdict": item.verdict, "comment": item.comment,
            "givenAt": timestamp(item.given_at), "truth": object(&item.truth), "predicted": object(&item.predicted),
        });
        archive.write(format!("{object}\n")).await?;
    }
    Ok(())
}

fn object(answer: &Answer) -> Value {
    Value::Object(answer.iter().map(|(name, said)| (name.clone(), said.json())).collect::<Map<_, _>>())
}
