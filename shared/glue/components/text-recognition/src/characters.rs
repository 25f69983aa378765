//! The characters that a model knows.

use vision_glue_common::{
    bindings::vision::app::assets,
    manifest::{Blank, Model},
};

/// One text per class but the one that means “no character”; a space may come last.
pub(crate) struct Characters {
    list: Vec<String>,
    blank: Blank,
}

impl Characters {
    /// Reads the file that the manifest names.
    ///
    /// # Errors
    /// If it names none, or one that cannot be read.
    pub(crate) fn open(blank: Blank) -> Result<Self, String> {
        let path = Model::first()?.labels.ok_or("app.json: Models[0].Labels is missing")?;
        let text = String::from_utf8(assets::read(&path)?).map_err(|_| format!("{path} is not UTF-8 text"))?;
        Ok(Self::parse(text, blank))
    }

    /// One per line, as it stands there: a line of one space is the space.
    pub(crate) fn parse(text: String, blank: Blank) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Self { list: text.lines().map(str::to_owned).collect(), blank }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether a model of so many classes may know them: “no character” is one more, and the space may be another.
    pub(crate) fn fits(&self, classes: usize) -> bool {
        classes == self.len() + 1 || classes == self.len() + 2
    }

    /// The text of a class; nothing for “no character”.
    pub(crate) fn of(&self, class: usize, classes: usize) -> Option<&str> {
        let place = match self.blank {
            Blank::First => class.checked_sub(1)?,
            Blank::Last if class + 1 == classes => return None,
            Blank::Last => class,
        };
        Some(self.list.get(place).map_or(" ", String::as_str))
    }
}
