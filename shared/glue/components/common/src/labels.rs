//! The names of a model's classes.

use crate::bindings::vision::app::assets;

/// One name per class; possibly none at all.
pub struct Labels(Vec<String>);

impl Labels {
    /// Reads a text file with one label per line; without a file there are no labels.
    ///
    /// # Errors
    /// If the file cannot be read or is not UTF-8.
    pub fn read(path: Option<&str>) -> Result<Self, String> {
        let Some(path) = path else { return Ok(Self(Vec::new())) };
        let text = String::from_utf8(assets::read(path)?).map_err(|_| format!("{path} is not UTF-8 text"))?;
        Ok(Self::parse(&text))
    }

    /// One label per line; empty lines at the end do not count.
    pub fn parse(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}').trim_end();
        Self(if text.is_empty() { Vec::new() } else { text.lines().map(|line| line.trim().to_owned()).collect() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of a class; one without a label is called by its number.
    pub fn name(&self, class: usize) -> String {
        match self.0.get(class) {
            Some(label) if !label.is_empty() => label.clone(),
            _ => format!("class {class}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Labels;

    #[test]
    fn labels_are_lines_and_gaps_are_numbered() {
        let labels = Labels::parse("\u{feff}cat\r\n\r\n dog \n\n");
        assert_eq!(labels.len(), 3);
        assert_eq!([0, 1, 2, 3].map(|class| labels.name(class)), ["cat", "class 1", "dog", "class 3"]);
        assert!(Labels::parse(" \n").is_empty());
    }
}
