//! Prometheus' text format.

use std::fmt::Write;

/// Counts what was measured by how much it was.
pub(super) struct Histogram {
    bounds: &'static [f64],
    /// One per bound, and one for what is beyond.
    counts: Vec<u64>,
    sum: f64,
}

/// A page of families.
#[derive(Default)]
pub(super) struct Page(String);

/// One family, whose samples follow each other.
pub(super) struct Family<'a> {
    page: &'a mut Page,
    name: &'a str,
}

impl Histogram {
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len() + 1], sum: 0.0 }
    }

    /// Counts one value; what is no number is left out.
    pub(super) fn observe(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.counts[bucket] += 1;
        self.sum += value;
    }
}

impl Page {
    pub(super) fn family<'a>(&'a mut self, name: &'a str, kind: &str, help: &str) -> Family<'a> {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Family { page: self, name }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

impl Family<'_> {
    pub(super) fn sample(&mut self, labels: &[(&str, &str)], value: f64) {
        self.line("", labels, value);
    }

    pub(super) fn histogram(&mut self, labels: &[(&str, &str)], histogram: &Histogram) {
        let mut total = 0;
        let bounds = histogram.bounds.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(&histogram.counts) {
            total += count;
            self.line("_bucket", &[labels, &[("le", &bound)]].concat(), total as f64);
        }
        self.line("_sum", labels, histogram.sum);
        self.line("_count", labels, total as f64);
    }

    fn line(&mut self, suffix: &str, labels: &[(&str, &str)], value: f64) {
        let text = &mut self.page.0;
        text.push_str(self.name);
        text.push_str(suffix);
        for (position, (name, value)) in labels.iter().enumerate() {
            text.push(if position == 0 { '{' } else { ',' });
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(text, "{name}=\"{value}\"");
        }
        if !labels.is_empty() {
            text.push('}');
        }
        let _ = writeln!(text, " {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_labels_escaped() {
        let mut histogram = Histogram::new(&[0.5, 1.0]);
        for value in [0.1, 0.5, 0.7, 3.0, f64::NAN] {
            histogram.observe(value);
        }
        let mut page = Page::default();
        page.family("a_seconds", "histogram", "Times").histogram(&[("name", "x\"y\\z\n")], &histogram);
        let labels = r#"name="x\"y\\z\n""#;
        let expected = format!(
            "# HELP a_seconds Times\n# TYPE a_seconds histogram\n\
             a_seconds_bucket{{{labels},le=\"0.5\"}} 2\na_seconds_bucket{{{labels},le=\"1\"}} 3\n\
             a_seconds_bucket{{{labels},le=\"+Inf\"}} 4\na_seconds_sum{{{labels}}} 4.3\n\
             a_seconds_count{{{labels}}} 4\n"
        );
        assert_eq!(page.finish(), expected);
    }
}
