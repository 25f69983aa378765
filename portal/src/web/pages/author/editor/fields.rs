//! What a step's form holds: plain fields, numbered rows, and the button that was pressed.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::drafting::Step;

/// Rows of one form.
const MOST_ROWS: usize = 200;

/// The fields of a form, in order.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Fields(Vec<(String, String)>);

/// One numbered row of a form, such as a parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row(BTreeMap<String, String>);

/// The button that was pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Save and stay.
    Save,
    /// Save, and on to the next step.
    Next,
    /// Save, and back to the step before.
    Previous,
    /// Save, and on to this step.
    Go(Step),
    /// Show what it would look like.
    Preview,
    /// Save, and show it as JSON or as a form.
    View {
        /// As JSON.
        json: bool,
    },
    /// A new row at the end.
    Add,
    /// Without this row.
    Remove(usize),
    /// This row before the one above.
    Up(usize),
    /// This row behind the one below.
    Down(usize),
    /// Anything else.
    Other(String),
}

impl Fields {
    /// The last field of that name; empty if there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Whether there is a field of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The rows whose fields are called `row.<number>.<key>`, by number.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
        for (name, value) in &self.0 {
            let Some((number, key)) = name.strip_prefix("row.").and_then(|rest| rest.split_once('.')) else { continue };
            if let Ok(number) = number.parse()
                && (rows.len() < MOST_ROWS || rows.contains_key(&number))
            {
                rows.entry(number).or_default().0.insert(key.to_owned(), value.clone());
            }
        }
        rows.into_values().collect()
    }

    /// The button.
    pub(crate) fn action(&self) -> Action {
        let text = self.text("action");
        let (word, rest) = text.split_once(':').unwrap_or((text, ""));
        let row = rest.parse::<usize>().ok();
        match (word, row) {
            ("" | "save", _) => Action::Save,
            ("next", _) => Action::Next,
            ("previous", _) => Action::Previous,
            ("preview", _) => Action::Preview,
            ("view", _) => Action::View { json: rest == "json" },
            ("add", _) => Action::Add,
            ("remove", Some(row)) => Action::Remove(row),
            ("up", Some(row)) => Action::Up(row),
            ("down", Some(row)) => Action::Down(row),
            ("go", _) => Step::ALL.into_iter().find(|step| step.name() == rest).map_or(Action::Save, Action::Go),
            _ => Action::Other(text.to_owned()),
        }
    }
}

impl Row {
    /// A field of the row, without blanks around it; empty if there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", |value| value.trim())
    }

    /// Whether a box of the row is ticked.
    pub(crate) fn is_on(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }
}

impl Action {
    /// The row that one wants to see afterwards.
    pub(crate) fn row(&self) -> Option<usize> {
        match self {
            Self::Up(row) => Some(row.saturating_sub(1)),
            Self::Down(row) => Some(row + 1),
            _ => None,
        }
    }
}

/// Does to a list of rows what a button says.
pub(crate) fn arrange<T>(list: &mut Vec<T>, action: &Action, new: impl FnOnce() -> T) {
    match *action {
        Action::Add if list.len() < MOST_ROWS => list.push(new()),
        Action::Remove(row) if row < list.len() => drop(list.remove(row)),
        Action::Up(row) if row > 0 && row < list.len() => list.swap(row, row - 1),
        Action::Down(row) if row + 1 < list.len() => list.swap(row, row + 1),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn rows_come_by_number_and_buttons_move_them() {
        let form =
            fields(&[("row.10.Name", " b "), ("row.2.Name", "a"), ("row.2.Required", "on"), ("row.x.Name", "-")]);
        let mut names: Vec<String> = form.rows().iter().map(|row| row.text("Name").to_owned()).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(form.rows()[0].is_on("Required") && !form.rows()[1].is_on("Required"));
        arrange(&mut names, &Action::Down(0), String::new);
        assert_eq!(names, ["b", "a"]);
        arrange(&mut names, &Action::Down(1), String::new);
        arrange(&mut names, &Action::Remove(7), String::new);
        assert_eq!(names, ["b", "a"]);
    }

    #[test]
    fn buttons_say_what_they_do() {
        let action = |text| fields(&[("action", text)]).action();
        assert_eq!(action("go:code"), Action::Go(Step::Code));
        assert_eq!(action("remove:3"), Action::Remove(3));
        assert_eq!(action("remove:x"), Action::Other("remove:x".to_owned()));
        assert_eq!(fields(&[]).action(), Action::Save);
    }
}
