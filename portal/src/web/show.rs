//! How values look on a page: times, sizes, status words. Called from templates by their full path.

use jiff::{Timestamp, tz::TimeZone};
use url::form_urlencoded;
use vision_protocol::messages::LogLevel;

use crate::domain::{
    installing::InstallStatus,
    publishing::ReleaseStatus,
    running::{Keeping, RunStatus},
};

/// A `time` element; a script turns its text into the reader's own zone.
pub fn time(at: &Timestamp) -> String {
    let seconds = Timestamp::from_second(at.as_second()).unwrap_or(*at);
    let text = at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y, %H:%M UTC");
    format!("<time datetime=\"{seconds}\">{text}</time>")
}

/// The letter that stands for a name.
pub fn initial(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).map_or_else(|| "?".to_owned(), |c| c.to_uppercase().to_string())
}

/// Which of the six tints stands for a name; the same one each time.
pub fn tint(name: &str) -> u32 {
    name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 6
}

/// A run's status, for people.
pub fn run_status(status: &RunStatus) -> &'static str {
    match status {
        RunStatus::Queued => "Queued",
        RunStatus::Running => "Running",
        RunStatus::Done => "Done",
        RunStatus::Failed => "Failed",
        RunStatus::Cancelled => "Cancelled",
    }
}

/// How long runs are kept, for people: in a word, and what it means.
pub fn keeping(keeping: &Keeping) -> (&'static str, &'static str) {
    match keeping {
        Keeping::Forever => ("Until I delete them", "Nothing is deleted by itself."),
        Keeping::Month => ("30 days", "A run, its photo and its result are deleted 30 days after it ended."),
        Keeping::Day => ("1 day", "A run, its photo and its result are deleted a day after it ended."),
        Keeping::NotAtAll => (
            "Not at all",
            "A run, its photo and its result are deleted ten minutes after you first saw the result, and an hour \
             after it ended if you never did.",
        ),
    }
}

/// A release's status, for people.
pub fn release_status(status: &ReleaseStatus) -> &'static str {
    match status {
        ReleaseStatus::Checking => "Checking",
        ReleaseStatus::Draft => "Draft",
        ReleaseStatus::Waiting => "Waiting for review",
        ReleaseStatus::Rejected => "Rejected",
        ReleaseStatus::Published => "Published",
        ReleaseStatus::Retired => "Retired",
    }
}

/// An install's status, for the style sheet and for people.
pub fn install_status(status: &InstallStatus) -> (&'static str, &'static str) {
    match status {
        InstallStatus::Fetching => ("checking", "Fetching"),
        InstallStatus::Done => ("done", "Installed"),
        InstallStatus::Failed => ("failed", "Failed"),
    }
}

/// Bytes, for people.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// A log level, for people and for the style sheet.
pub fn log_level(level: &LogLevel) -> &'static str {
    match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
}

/// The list of one category.
pub fn category_url(category: &str) -> String {
    with_query("/search", &format!("category={}", encoded(category)))
}

/// Stars as signs, rounded to whole ones.
pub fn stars(average: &f64) -> String {
    let full = (average.round() as usize).min(5);
    format!("{}{}", "★".repeat(full), "☆".repeat(5 - full))
}

/// Stars as signs.
pub fn star_signs(stars: &u8) -> String {
    self::stars(&f64::from(*stars))
}

/// Whole milliseconds, as [`milliseconds`].
pub fn took(ms: &u64) -> String {
    milliseconds(*ms as f64)
}

/// Rows of a table of stars: five first, each with how many gave so many.
pub fn histogram(stars: &[u64; 5]) -> Vec<(u8, u64)> {
    (1..=5).zip(*stars).rev().collect()
}

/// A mean of stars, with one digit after the point.
pub fn mean(average: &f64) -> String {
    format!("{average:.1}")
}

/// "1 person", "2 people".
pub fn people(count: &u64) -> String {
    counted(count, "person", "people")
}

/// "1 run", "2 runs": a count with its word.
pub fn counted(count: &u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if *count == 1 { one } else { many })
}

/// A whole number with a comma before every three digits.
pub fn grouped(count: &u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A path with a query, if there is one.
pub fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Text as one value of a query.
pub fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Milliseconds with as many digits as matter.
pub fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms >= 10_000.0 => format!("{:.1} s", ms / 1000.0),
        ms if ms >= 100.0 => format!("{ms:.0} ms"),
        ms if ms >= 0.05 => format!("{ms:.1} ms"),
        _ => "0 ms".to_owned(),
    }
}

/// A probability in percent.
pub fn percent(score: f64) -> String {
    let percent = (score * 100.0).clamp(0.0, 100.0);
    if percent > 0.0 && percent < 0.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// A plain number without needless digits.
pub fn number(value: f64) -> String {
    let rounded = (value * 10_000.0).round() / 10_000.0;
    if rounded.is_finite() && rounded != 0.0 { rounded.to_string() } else { value.to_string() }
}

/// Places in a list of pages.
pub struct Pager {
    /// This page, from 1.
    pub page: u32,
    /// How many there are.
    pub pages: u32,
    url: Box<dyn Fn(u32) -> String>,
}

impl Pager {
    /// A pager whose pages stand at `url(number)`.
    pub fn new(page: u32, pages: u32, url: impl Fn(u32) -> String + 'static) -> Self {
        Self { page, pages, url: Box::new(url) }
    }

    /// The page before.
    pub fn previous(&self) -> Option<String> {
        (self.page > 1).then(|| (self.url)(self.page - 1))
    }

    /// The page after.
    pub fn next(&self) -> Option<String> {
        (self.page < self.pages).then(|| (self.url)(self.page + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(3.0), "3");
        assert_eq!(number(0.123_456_7), "0.1235");
        assert_eq!(percent(0.8349), "83 %");
        assert_eq!(percent(0.004), "0.4 %");
        assert_eq!(milliseconds(3.26), "3.3 ms");
        assert_eq!(milliseconds(12_345.0), "12.3 s");
        assert_eq!(megabytes(3_660_092), "3.7 MB");
    }

    #[test]
    fn counts_are_words() {
        assert_eq!(people(&1), "1 person");
        assert_eq!(people(&1_234_567), "1,234,567 people");
        assert_eq!((stars(&4.4).as_str(), mean(&4.44).as_str()), ("★★★★☆", "4.4"));
    }

    #[test]
    fn addresses_are_escaped() {
        assert_eq!(category_url("Schöne Dinge"), "/search?category=Sch%C3%B6ne+Dinge");
    }

    #[test]
    fn times_carry_a_machine_readable_form() {
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        assert_eq!(time(&at), "<time datetime=\"2023-11-14T22:13:20Z\">14 Nov 2023, 22:13 UTC</time>");
    }
}
