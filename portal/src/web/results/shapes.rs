//! Points and outlines on a photo.

use vision_protocol::results::{Points, Polygons};

use super::{Marks, bar_length};
use crate::web::show;

/// Points on a photo.
pub(crate) struct PointSet {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) points: Vec<MarkedPoint>,
}

/// One point.
pub(crate) struct MarkedPoint {
    pub(crate) label: String,
    /// How sure the model is; may be empty.
    pub(crate) text: String,
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// Outlines on a photo.
pub(crate) struct OutlineSet {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) outlines: Vec<Outline>,
    /// For example "12 × text".
    pub(crate) summary: String,
}

/// One outline.
pub(crate) struct Outline {
    pub(crate) label: String,
    pub(crate) score: f64,
    pub(crate) text: String,
    pub(crate) percent: f64,
    /// Which colour; one per label.
    pub(crate) mark: usize,
    /// As SVG has them: `x,y x,y …`.
    pub(crate) points: String,
}

impl PointSet {
    /// Makes points ready.
    pub(super) fn new(found: &Points) -> Self {
        let marked = found.points.iter().map(|point| MarkedPoint {
            label: point.label.clone(),
            text: point.score.map(show::percent).unwrap_or_default(),
            x: point.x,
            y: point.y,
        });
        Self { width: found.width.max(1.0), height: found.height.max(1.0), points: marked.collect() }
    }
}

impl OutlineSet {
    /// Makes outlines ready.
    pub(super) fn new(found: &Polygons) -> Self {
        let marks = Marks::of(found.polygons.iter().map(|found| found.label.as_str()));
        let outlines = found.polygons.iter().map(|polygon| Outline {
            label: polygon.label.clone(),
            score: polygon.score,
            text: show::percent(polygon.score),
            percent: bar_length(polygon.score),
            mark: marks.mark(&polygon.label),
            points: polygon.points.iter().map(|[x, y]| format!("{x},{y}")).collect::<Vec<_>>().join(" "),
        });
        Self {
            width: found.width.max(1.0),
            height: found.height.max(1.0),
            outlines: outlines.collect(),
            summary: marks.summary(),
        }
    }
}
