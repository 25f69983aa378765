//! Text as the search compares it: without case and accents, cut into words, and the words into threes of letters.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Words of one text that are looked at: a description is no book.
const MOST_WORDS: usize = 600;
/// Letters of one word that are looked at.
const LONGEST_WORD: usize = 40;

/// A text without case and accents: "Éléphant" and "elephant" are the same.
pub fn fold(text: &str) -> String {
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    // What lower case itself takes apart, such as the Turkish İ, leaves marks behind once more.
    plain.collect::<String>().nfkd().filter(|c| !is_combining_mark(*c)).collect()
}

/// The words of a text, folded; whatever is neither letter nor digit stands between them.
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(MOST_WORDS).map(|word| word.chars().take(LONGEST_WORD).collect()).collect()
}

/// What a list is ordered by, and a misspelt search held against: the words with one blank between them.
pub fn key(name: &str) -> String {
    words(name).join(" ")
}

/// Every three letters in a row of each word, whose beginning and end count as letters, each once.
pub fn grams(text: &str) -> Vec<String> {
    let mut grams: Vec<String> = words(text)
        .iter()
        .flat_map(|word| {
            let letters: Vec<char> = [' ', ' '].into_iter().chain(word.chars()).chain(std::iter::once(' ')).collect();
            letters.windows(3).map(|three| three.iter().collect()).collect::<Vec<String>>()
        })
        .collect();
    grams.sort();
    grams.dedup();
    grams
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_make_no_difference() {
        assert_eq!(fold("Éléphant ﬁnder ŻÓŁW"), "elephant finder zołw");
        assert_eq!(words("YOLOv8 – l'été, 3-D!"), ["yolov8", "l", "ete", "3", "d"]);
        assert_eq!(key("  Cat  FINDER  "), "cat finder");
        assert!(words("!?").is_empty() && key("…").is_empty());
    }

    #[test]
    fn grams_know_where_a_word_begins_and_ends() {
        assert_eq!(grams("cat"), ["  c", " ca", "at ", "cat"]);
        assert_eq!(grams("cat cat"), grams("CAT"));
        assert!(grams("").is_empty());
    }
}
