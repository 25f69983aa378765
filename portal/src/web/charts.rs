//! Charts that are drawn here: geometry for the SVG of `templates/parts/chart.html`, with the same numbers as a table.

/// Units of the drawing, which is as wide as its place.
pub(crate) const WIDTH: f64 = 360.0;
/// Units of the drawing.
pub(crate) const HEIGHT: f64 = 180.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 156.0;
const RIGHT: f64 = 352.0;
/// Labels below the drawing.
const MOST_LABELS: usize = 5;

/// A chart over days.
pub(crate) struct Chart {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// What it shows, in a sentence, for those who do not see it.
    pub(crate) summary: String,
    pub(crate) series: Vec<Series>,
    pub(crate) bars: Vec<Rect>,
    pub(crate) lines: Vec<(&'static str, String)>,
    /// Height and text.
    pub(crate) scale: Vec<(f64, String)>,
    /// Place and text.
    pub(crate) labels: Vec<(f64, String)>,
    /// The numbers: a day, and a text per series.
    pub(crate) rows: Vec<(String, Vec<String>)>,
}

/// One kind of number.
pub(crate) struct Series {
    pub(crate) title: &'static str,
    /// Its colour in the style sheet.
    pub(crate) tone: &'static str,
}

/// A part of a column.
pub(crate) struct Rect {
    pub(crate) tone: &'static str,
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) title: String,
}

/// What a chart is made of: days, and a number per series, or none where there was nothing to count.
pub(crate) struct Data {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) series: Vec<Series>,
    pub(crate) days: Vec<(String, Vec<Option<f64>>)>,
    /// How a number is written.
    pub(crate) text: fn(f64) -> String,
}

impl Data {
    /// Columns, one series upon the other.
    pub(crate) fn columns(self) -> Chart {
        let top = self.days.iter().map(|(_, values)| values.iter().flatten().sum()).fold(0.0, f64::max);
        let top = round_up(top);
        let step = (RIGHT - LEFT) / self.days.len().max(1) as f64;
        let mut bars = Vec::new();
        for (index, (day, values)) in self.days.iter().enumerate() {
            let mut below = 0.0;
            for (series, value) in self.series.iter().zip(values) {
                let value = value.unwrap_or(0.0);
                if value <= 0.0 {
                    continue;
                }
                let (y, foot) = (height(below + value, top), height(below, top));
                below += value;
                bars.push(Rect {
                    tone: series.tone,
                    x: tenths(LEFT + step * (index as f64 + 0.1)),
                    y: tenths(y),
                    width: tenths(step * 0.8),
                    height: tenths(foot - y),
                    title: format!("{day}: {} {}", (self.text)(value), series.title.to_lowercase()),
                });
            }
        }
        self.chart(top, bars, Vec::new())
    }

    /// A line per series, broken where there is no number.
    pub(crate) fn lines(self) -> Chart {
        let values = self.days.iter().flat_map(|(_, values)| values.iter().flatten());
        let top = round_up(values.copied().fold(0.0, f64::max));
        let step = (RIGHT - LEFT) / self.days.len().max(1) as f64;
        let mut lines = Vec::new();
        for (number, series) in self.series.iter().enumerate() {
            let mut path = String::new();
            let mut is_open = false;
            for (index, (_, values)) in self.days.iter().enumerate() {
                let Some(value) = values.get(number).copied().flatten() else {
                    is_open = false;
                    continue;
                };
                let (x, y) = (tenths(LEFT + step * (index as f64 + 0.5)), tenths(height(value, top)));
                // A lone point is a line of no length, which its round ends make visible.
                path.push_str(&if is_open { format!("L{x} {y}") } else { format!("M{x} {y}h0") });
                is_open = true;
            }
            lines.push((series.tone, path));
        }
        self.chart(top, Vec::new(), lines)
    }

    fn chart(self, top: f64, bars: Vec<Rect>, lines: Vec<(&'static str, String)>) -> Chart {
        let text = self.text;
        let step = (RIGHT - LEFT) / self.days.len().max(1) as f64;
        let every = self.days.len().div_ceil(MOST_LABELS).max(1);
        let labels = self.days.iter().enumerate().filter(|(index, _)| index % every == every / 2);
        let labels = labels.map(|(index, (day, _))| (tenths(LEFT + step * (index as f64 + 0.5)), day.clone()));
        let row = |(day, values): &(String, Vec<Option<f64>>)| {
            let cells = values.iter().map(|value| value.map_or_else(|| "–".to_owned(), text));
            (day.clone(), cells.collect())
        };
        let sums: Vec<String> = self.series.iter().map(|series| series.title.to_lowercase()).collect();
        let (first, last) = (self.days.first(), self.days.last());
        let span = first.zip(last).map(|(first, last)| format!(" from {} to {}", first.0, last.0));
        Chart {
            id: self.id,
            title: self.title,
            summary: format!("{}: {} by day{}", self.title, sums.join(", "), span.unwrap_or_default()),
            scale: [0.0, 0.5, 1.0].map(|part| (tenths(height(top * part, top)), text(top * part))).to_vec(),
            labels: labels.collect(),
            rows: self.days.iter().rev().map(row).collect(),
            series: self.series,
            bars,
            lines,
        }
    }
}

fn height(value: f64, top: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * (value / top).clamp(0.0, 1.0)
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The next of 2, 4, 10, 20, 40, 100 and so on, so that half of it is a number that people like too.
fn round_up(value: f64) -> f64 {
    let mut top = 2.0;
    for factor in [2.0, 2.5, 2.0].into_iter().cycle().take(60) {
        if top >= value {
            break;
        }
        top *= factor;
    }
    top
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(days: Vec<Vec<Option<f64>>>) -> Data {
        Data {
            id: "runs",
            title: "Runs",
            series: vec![Series { title: "Done", tone: "good" }, Series { title: "Failed", tone: "bad" }],
            days: days.into_iter().enumerate().map(|(index, values)| (format!("day {index}"), values)).collect(),
            text: |value| value.to_string(),
        }
    }

    #[test]
    fn columns_stand_upon_each_other() {
        let chart = data(vec![vec![Some(3.0), Some(1.0)], vec![Some(0.0), Some(0.0)]]).columns();
        assert_eq!(chart.bars.len(), 2);
        assert_eq!(chart.bars[0].y, tenths(chart.bars[1].y + chart.bars[1].height));
        assert_eq!(chart.bars[1].y, TOP, "four fill a chart of four");
        assert_eq!(chart.scale[2].1, "4");
        assert_eq!(chart.rows[1].1, ["3", "1"]);
    }

    #[test]
    fn lines_break_where_nothing_was_counted() {
        let some = |value| vec![Some(value), None];
        let chart = data(vec![some(1.0), some(2.0), vec![None, None], some(1.0)]).lines();
        assert_eq!(chart.lines[0].1.matches('M').count(), 2);
        assert_eq!(chart.lines[1].1, "");
        assert_eq!([round_up(0.0), round_up(3.0), round_up(11.0), round_up(99.0)], [2.0, 4.0, 20.0, 100.0]);
    }
}
