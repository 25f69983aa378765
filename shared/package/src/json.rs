//! Reading JSON out of an archive without letting it grow in memory.

use serde_json::Value;

/// How many values all JSON files of one package may hold together. Text of one byte can become a
/// thousand bytes in memory, so the size of a file says too little.
const MOST_VALUES: usize = 50_000;

/// What is left of the allowance of one package.
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MOST_VALUES)
    }
}

impl Budget {
    /// Takes the values of `text` out of the budget.
    pub(crate) fn take(&mut self, text: &[u8]) -> Result<(), String> {
        let values = count(text);
        match self.0.checked_sub(values) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err(format!("is too large: the JSON files of a package may hold {MOST_VALUES} values together")),
        }
    }

    /// Reads one JSON file.
    pub(crate) fn parse(&mut self, text: &[u8]) -> Result<Value, String> {
        self.take(text)?;
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        serde_json::from_slice(text).map_err(|error| format!("is not valid JSON: {error}"))
    }
}

/// An upper bound of the number of values: each is preceded by one of `[`, `{`, `,` or `:` outside of strings.
fn count(text: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (1, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' | b',' | b':' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}
