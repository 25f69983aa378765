//! The shapes of results that the marketplace knows how to show.

use serde::Serialize;

/// A label and how sure the model is of it. A result of the type `Labels` is a `Vec<Label>`, best first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Label {
    /// What it is.
    pub label: String,
    /// 0 to 1.
    pub score: f64,
}

/// A result of the type `Boxes`: what was found on a photo of this size, best first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Boxes {
    /// Pixels of the upright photo.
    pub width: f64,
    /// Pixels of the upright photo.
    pub height: f64,
    /// What was found.
    pub boxes: Vec<BoundingBox>,
}

/// One thing found: its top-left corner and size in pixels of the upright photo.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BoundingBox {
    /// What it is.
    pub label: String,
    /// 0 to 1.
    pub score: f64,
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A result of the type `Table`: rows with the same keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Table<T>(pub Vec<T>);

/// A result of the type `Json`: anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Json<T>(pub T);
