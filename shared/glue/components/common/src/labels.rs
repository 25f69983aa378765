//! The names of a model's classes.

use crate::bindings::vision::app::assets;

/// One name per class; possibly none at all. A run needs a few of perhaps a thousand, so they stay one text.
pub struct Labels {
    text: String,
    /// Where each line begins and ends.
    lines: Vec<(usize, usize)>,
}

impl Labels {
    /// Reads a text file with one label per line; without a file there are no labels.
    ///
    /// # Errors
    /// If the file cannot be read or is not UTF-8.
    pub fn read(path: Option<&str>) -> Result<Self, String> {
        let Some(path) = path else { return Ok(Self::parse(String::new())) };
        let text = String::from_utf8(assets::read(path)?).map_err(|_| format!("{path} is not UTF-8 text"))?;
        Ok(Self::parse(text))
    }

    /// One label per line; empty lines at the end do not count.
    pub fn parse(text: String) -> Self {
        let end = text.trim_end().len();
        let begin = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut lines = Vec::new();
        let mut start = begin;
        for (place, _) in text.bytes().enumerate().take(end).skip(begin).filter(|&(_, byte)| byte == b'\n') {
            lines.push((start, place));
            start = place + 1;
        }
        if end > begin {
            lines.push((start, end));
        }
        Self { text, lines }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The name of a class; one without a label is called by its number.
    pub fn name(&self, class: usize) -> String {
        match self.lines.get(class).map(|&(start, end)| self.text[start..end].trim()) {
            Some(label) if !label.is_empty() => label.to_owned(),
            _ => format!("class {class}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Labels;

    #[test]
    fn labels_are_lines_and_gaps_are_numbered() {
        let labels = Labels::parse("\u{feff}cat\r\n\r\n dog \n\n".to_owned());
        assert_eq!(labels.len(), 3);
        assert_eq!([0, 1, 2, 3].map(|class| labels.name(class)), ["cat", "class 1", "dog", "class 3"]);
        assert!(Labels::parse(" \n".to_owned()).is_empty());
    }
}
