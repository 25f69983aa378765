//! What is wrong with something a person handed in.

use serde::{Deserialize, Serialize};

/// One thing that is wrong: where, what, and how to mend it. Safe to show to whoever handed it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Where: a file in the archive, a place in it (`app.json: Models[0].File`) or a parameter's name.
    pub place: String,
    /// What is wrong and, where it is not plain, what to do about it.
    pub message: String,
}

impl Fault {
    /// A fault at a place.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.place.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.place, self.message) }
    }
}

/// One message out of many faults, for answers that have room for one text only.
pub fn summary(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
