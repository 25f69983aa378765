//! Boxes, points and outlines on a photo.

use vision_protocol::results::{BoundingBox, Boxes, Points, Polygon, Polygons};

use super::bar_length;
use crate::web::show;

/// Colours in the style sheet.
const MARKS: usize = 8;

/// What was found under one label: it can be shown or hidden.
pub(crate) struct LabelClass {
    pub(crate) label: String,
    pub(crate) count: usize,
    /// Which colour.
    pub(crate) mark: usize,
}

/// Boxes on a photo, with the geometry of their captions for readers without scripts.
pub(crate) struct BoxSet {
    pub(crate) id: String,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) caption_size: f64,
    pub(crate) plate_height: f64,
    pub(crate) boxes: Vec<MarkedBox>,
    /// The labels, in the order of the boxes.
    pub(crate) classes: Vec<LabelClass>,
    /// For example "2 dogs, car".
    pub(crate) summary: String,
}

/// One box.
pub(crate) struct MarkedBox {
    /// Its place in the list.
    pub(crate) index: usize,
    pub(crate) label: String,
    pub(crate) score: f64,
    pub(crate) text: String,
    pub(crate) percent: f64,
    /// The place of its label among the classes.
    pub(crate) class: usize,
    /// Which colour; one per label.
    pub(crate) mark: usize,
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) plate_x: f64,
    pub(crate) plate_y: f64,
    pub(crate) plate_width: f64,
    pub(crate) text_x: f64,
    pub(crate) text_y: f64,
    /// Points that belong to it.
    pub(crate) points: Vec<(f64, f64)>,
}

/// Points on a photo.
pub(crate) struct PointSet {
    pub(crate) id: String,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) points: Vec<MarkedPoint>,
}

/// One point.
pub(crate) struct MarkedPoint {
    /// Its place in the list.
    pub(crate) index: usize,
    pub(crate) label: String,
    /// How sure the model is; may be empty.
    pub(crate) text: String,
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// Outlines on a photo.
pub(crate) struct OutlineSet {
    pub(crate) id: String,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) outlines: Vec<Outline>,
    /// The labels, in the order of the outlines.
    pub(crate) classes: Vec<LabelClass>,
    /// For example "12 × text".
    pub(crate) summary: String,
}

/// One outline.
pub(crate) struct Outline {
    /// Its place in the list.
    pub(crate) index: usize,
    pub(crate) label: String,
    pub(crate) score: f64,
    pub(crate) text: String,
    pub(crate) percent: f64,
    /// The place of its label among the classes.
    pub(crate) class: usize,
    /// Which colour; one per label.
    pub(crate) mark: usize,
    /// As SVG has them: `x,y x,y …`.
    pub(crate) points: String,
}

impl BoxSet {
    /// Makes boxes ready.
    pub(super) fn new(id: String, found: &Boxes) -> Self {
        let (width, height) = (found.width.max(1.0), found.height.max(1.0));
        let caption_size = (width / 40.0).max(height / 60.0).max(1.0);
        let plate_height = caption_size * 1.5;
        let marks = Marks::of(found.boxes.iter().map(|found| found.label.as_str()));
        let boxes = found
            .boxes
            .iter()
            .enumerate()
            .map(|(index, found)| {
                let class = marks.class(&found.label);
                MarkedBox { index, ..MarkedBox::new(found, class, caption_size, plate_height, width) }
            })
            .collect();
        let summary = marks.summary();
        let classes = marks.classes();
        Self { id, width, height, caption_size, plate_height, boxes, classes, summary }
    }
}

impl MarkedBox {
    fn new(found: &BoundingBox, class: usize, caption_size: f64, plate_height: f64, photo_width: f64) -> Self {
        let text = show::percent(found.score);
        // 0.58 em is about what a letter of a sans-serif face takes.
        let letters = found.label.chars().count() + text.chars().count() + 1;
        let plate_width = caption_size * (0.58 * f64::from(u32::try_from(letters).unwrap_or(u32::MAX)) + 0.8);
        let plate_x = found.x.min(photo_width - plate_width).max(0.0);
        let plate_y = if found.y >= plate_height { found.y - plate_height } else { found.y };
        Self {
            index: 0,
            label: found.label.clone(),
            score: found.score,
            percent: bar_length(found.score),
            text,
            class,
            mark: class % MARKS,
            x: found.x,
            y: found.y,
            width: found.width.max(0.0),
            height: found.height.max(0.0),
            plate_x,
            plate_y,
            plate_width,
            text_x: plate_x + caption_size * 0.4,
            text_y: plate_y + plate_height / 2.0,
            points: found.points.iter().map(|&[x, y]| (x, y)).collect(),
        }
    }
}

/// The labels of what was found, each with how often it was.
struct Marks<'a>(Vec<(&'a str, usize)>);

impl<'a> Marks<'a> {
    fn of(labels: impl Iterator<Item = &'a str>) -> Self {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for label in labels {
            match counts.iter_mut().find(|(known, _)| *known == label) {
                Some((_, count)) => *count += 1,
                None => counts.push((label, 1)),
            }
        }
        Self(counts)
    }

    /// The place of a label.
    fn class(&self, label: &str) -> usize {
        self.0.iter().position(|(known, _)| *known == label).unwrap_or(0)
    }

    fn classes(&self) -> Vec<LabelClass> {
        let class = |(index, (label, count)): (usize, &(&str, usize))| LabelClass {
            label: (*label).to_owned(),
            count: *count,
            mark: index % MARKS,
        };
        self.0.iter().enumerate().map(class).collect()
    }

    /// For example "2 × dog, car".
    fn summary(&self) -> String {
        let words = self.0.iter().map(|(label, count)| match count {
            1 => (*label).to_owned(),
            many => format!("{many} × {label}"),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

impl PointSet {
    /// Makes points ready.
    pub(super) fn new(id: String, found: &Points) -> Self {
        let marked = found.points.iter().enumerate().map(|(index, point)| MarkedPoint {
            index,
            label: point.label.clone(),
            text: point.score.map(show::percent).unwrap_or_default(),
            x: point.x,
            y: point.y,
        });
        Self { id, width: found.width.max(1.0), height: found.height.max(1.0), points: marked.collect() }
    }
}

impl OutlineSet {
    /// Makes outlines ready.
    pub(super) fn new(id: String, found: &Polygons) -> Self {
        let marks = Marks::of(found.polygons.iter().map(|found| found.label.as_str()));
        let outline = |(index, polygon): (usize, &Polygon)| {
            let class = marks.class(&polygon.label);
            Outline {
                index,
                label: polygon.label.clone(),
                score: polygon.score,
                text: show::percent(polygon.score),
                percent: bar_length(polygon.score),
                class,
                mark: class % MARKS,
                points: polygon.points.iter().map(|[x, y]| format!("{x},{y}")).collect::<Vec<_>>().join(" "),
            }
        };
        Self {
            id,
            width: found.width.max(1.0),
            height: found.height.max(1.0),
            outlines: found.polygons.iter().enumerate().map(outline).collect(),
            classes: marks.classes(),
            summary: marks.summary(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(label: &str, x: f64, y: f64) -> BoundingBox {
        BoundingBox { label: label.to_owned(), score: 0.9, x, y, width: 20.0, height: 10.0, points: Vec::new() }
    }

    #[test]
    fn captions_stay_on_the_photo() {
        let boxes = vec![found("dog", 90.0, 0.0), found("car", 0.0, 50.0), found("dog", 10.0, 60.0)];
        let set = BoxSet::new("b".to_owned(), &Boxes { width: 100.0, height: 80.0, boxes });
        for marked in &set.boxes {
            assert!(marked.plate_x >= 0.0 && marked.plate_x + marked.plate_width <= 100.0 + 1e-9);
            assert!(marked.plate_y >= 0.0 && marked.plate_y + set.plate_height <= 80.0);
        }
        assert_eq!(set.summary, "2 × dog, car");
        let classes: Vec<_> = set.classes.iter().map(|class| (class.label.as_str(), class.count)).collect();
        assert_eq!(classes, [("dog", 2), ("car", 1)]);
        assert_eq!([set.boxes[0].mark, set.boxes[1].mark, set.boxes[2].mark], [0, 1, 0]);
    }
}
