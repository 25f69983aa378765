//! What is wrong with something a person handed in.

use serde::{Deserialize, Serialize};

/// Most faults that one answer lists.
const MOST: usize = 100;
/// Longest place and message, in bytes. Both may quote what a stranger wrote, who may have written a megabyte.
const LONGEST_PLACE: usize = 300;
const LONGEST_MESSAGE: usize = 1_600;

/// One thing that is wrong: where, what, and how to mend it. Safe to show to whoever handed it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Where: a file in the archive, a place in it (`app.json: Models[0].File`) or a parameter's name.
    pub place: String,
    /// What is wrong and, where it is not plain, what to do about it.
    pub message: String,
}

impl Fault {
    /// A fault at a place. What is quoted in either is made fit to be shown: short, and in one line.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: presentable(place.into(), LONGEST_PLACE), message: presentable(message.into(), LONGEST_MESSAGE) }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.place.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.place, self.message) }
    }
}

/// Escapes what would move a cursor, hide, or look like another line of a log; cuts what is too long.
fn presentable(text: String, longest: usize) -> String {
    if text.len() <= longest && !text.chars().any(is_odd) {
        return text;
    }
    let mut shown = String::with_capacity(longest);
    for character in text.chars() {
        let before = shown.len();
        if is_odd(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
        if shown.len() > longest {
            shown.truncate(before);
            shown.push('…');
            break;
        }
    }
    shown
}

/// Control characters, those that turn the direction of writing, and those without a width.
fn is_odd(character: char) -> bool {
    let invisible = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    invisible || character == '\u{feff}' || character.is_control()
}

/// As many faults as a person reads, and how many more there are.
pub fn shortened(mut faults: Vec<Fault>) -> Vec<Fault> {
    let more = faults.len().saturating_sub(MOST);
    if more > 0 {
        faults.truncate(MOST);
        faults.push(Fault::new("", format!("and {more} more faults")));
    }
    faults
}

/// One message out of many faults, for answers that have room for one text only.
pub fn summary(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_made_fit_to_be_shown() {
        let plain = Fault::new("assets/Ünïcode 猫.txt", "is “fine”: leave it");
        assert_eq!(plain.to_string(), "assets/Ünïcode 猫.txt: is “fine”: leave it");
        let forged = Fault::new("a\tb\u{202e}", "unknown key “\nINFO all is well\0\u{1b}[2J”");
        assert_eq!(forged.place, "a\\tb\\u{202e}");
        assert_eq!(forged.message, "unknown key “\\nINFO all is well\\u{0}\\u{1b}[2J”");
        let long = Fault::new("é".repeat(1_000_000), "\n".repeat(1_000_000));
        assert_eq!(long.place, "é".repeat(LONGEST_PLACE / 2) + "…");
        assert_eq!(long.message, "\\n".repeat(LONGEST_MESSAGE / 2) + "…");
    }
}
