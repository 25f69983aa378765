//! Names that fit into a package, made of names that people give.

/// Letters, digits, `-` and `_` of a name; something else if none is left.
pub(crate) fn plain(name: &str, otherwise: &str) -> String {
    let dashed: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    let parts: Vec<_> = dashed.split('-').filter(|part| !part.is_empty()).collect();
    let mut plain = parts.join("-");
    plain.truncate(60);
    if plain.is_empty() { otherwise.to_owned() } else { plain }
}

/// A name as glue loads a model by.
pub(crate) fn identifier(name: &str) -> String {
    let underscored = plain(name, "model").replace('-', "_");
    if underscored.starts_with(|c: char| c.is_ascii_alphabetic()) {
        underscored
    } else {
        format!("model_{underscored}").chars().take(60).collect()
    }
}

/// `street-signs` as `Street signs`.
pub(crate) fn title(name: &str) -> String {
    let words: Vec<_> = name.split(['-', '_', ' ']).filter(|word| !word.is_empty()).collect();
    let words = words.join(" ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).take(80).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit() {
        assert_eq!(plain("yolox_nano (416).v2", "x"), "yolox_nano-416-v2");
        assert_eq!(plain("…", "photo"), "photo");
        assert_eq!(identifier("416-yolox.nano"), "model_416_yolox_nano");
        assert_eq!(identifier("yolox nano"), "yolox_nano");
        assert_eq!(title("street-signs_of-Ålborg"), "Street signs of Ålborg");
        assert_eq!(title("--"), "");
    }
}
