//! Result variables, and the shapes of their values.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::parameters::parse_date;

/// One value that an app answers with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ResultVariable {
    /// What kind of value it is.
    pub result_type: ResultType,
    /// The name under which glue returns it and templates show it.
    pub name: String,
    /// What people see beside it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// A sentence about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Kinds of result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ResultType {
    /// A string.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// A picture: a `data:` URI, or the upload URL where the runner left it.
    Image,
    /// Labels with scores, best first: a list of [`ScoredLabel`].
    Labels,
    /// Things found on a photo: [`Boxes`].
    Boxes,
    /// Points of one thing on a photo: [`Points`].
    Points,
    /// Outlined regions of a photo: [`Polygons`].
    Polygons,
    /// A list of objects with the same keys.
    Table,
    /// Anything.
    Json,
}

/// A label and how sure the model is of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredLabel {
    /// What it is.
    pub label: String,
    /// 0 to 1.
    pub score: f64,
}

/// Bounding boxes on a photo of `width` x `height` pixels (upright).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boxes {
    /// Pixels of the upright photo.
    pub width: f64,
    /// Pixels of the upright photo.
    pub height: f64,
    /// What was found, best first.
    pub boxes: Vec<BoundingBox>,
}

/// One thing found: top-left corner and size in pixels of the upright photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoundingBox {
    /// What it is.
    pub label: String,
    /// 0 to 1.
    pub score: f64,
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Points that belong to it, such as eyes and mouth of a face: x and y in pixels of the upright photo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<[f64; 2]>,
}

/// Points on a photo of `width` x `height` pixels (upright).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Points {
    /// Pixels of the upright photo.
    pub width: f64,
    /// Pixels of the upright photo.
    pub height: f64,
    /// The points, in the model's order.
    pub points: Vec<Point>,
}

/// A point, in pixels of the upright photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// What it is.
    pub label: String,
    /// 0 to 1, if the model says how sure it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Distance from the left edge.
    pub x: f64,
    /// Distance from the upper edge.
    pub y: f64,
}

/// Outlined regions of a photo of `width` x `height` pixels (upright).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Polygons {
    /// Pixels of the upright photo.
    pub width: f64,
    /// Pixels of the upright photo.
    pub height: f64,
    /// What was found.
    pub polygons: Vec<Polygon>,
}

/// An outlined region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Polygon {
    /// What it is.
    pub label: String,
    /// 0 to 1.
    pub score: f64,
    /// Its corners, x and y in pixels of the upright photo.
    pub points: Vec<[f64; 2]>,
}

impl ResultType {
    /// Whether `value` has the shape of this type; if not, what was expected.
    ///
    /// # Errors
    /// A sentence that says what the value should be.
    pub fn check(self, value: &Value) -> Result<(), String> {
        let expected = match self {
            Self::Json => return Ok(()),
            Self::Text if value.is_string() => return Ok(()),
            Self::Number if value.is_number() => return Ok(()),
            Self::Boolean if value.is_boolean() => return Ok(()),
            Self::Date if parse_date(value).is_some() => return Ok(()),
            Self::Image if value.as_str().is_some_and(|s| s.starts_with("data:image/") || s.starts_with("http")) => {
                return Ok(());
            }
            Self::Labels => return has_form::<Vec<ScoredLabel>>(value, "a list of {\"label\", \"score\"}"),
            Self::Boxes => {
                let form = "{\"width\", \"height\", \"boxes\": \
                            [{\"label\", \"score\", \"x\", \"y\", \"width\", \"height\"}]}";
                return has_form::<Boxes>(value, form);
            }
            Self::Points => {
                let form = "{\"width\", \"height\", \"points\": [{\"label\", \"x\", \"y\"}]}";
                return has_form::<Points>(value, form);
            }
            Self::Polygons => {
                let form = "{\"width\", \"height\", \"polygons\": \
                            [{\"label\", \"score\", \"points\": [[x, y], …]}]}";
                return has_form::<Polygons>(value, form);
            }
            Self::Table if value.as_array().is_some_and(|rows| rows.iter().all(Value::is_object)) => return Ok(()),
            Self::Text => "a string",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Date => "a day as YYYY-MM-DD",
            Self::Image => "an image",
            Self::Table => "a list of objects",
        };
        Err(format!("expected {expected}"))
    }
}

fn has_form<T: DeserializeOwned>(value: &Value, form: &str) -> Result<(), String> {
    match T::deserialize(value) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("expected {form} ({error})")),
    }
}

/// The layouts that an app may choose by name instead of bringing a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StandardLayout {
    /// Labels with score bars.
    Labels,
    /// Boxes on the photo.
    Boxes,
    /// Points on the photo.
    Points,
    /// Outlines on the photo.
    Polygons,
    /// A processed image.
    Image,
    /// The photo beside the processed image.
    BeforeAfter,
    /// A table.
    Table,
    /// Several images.
    Gallery,
    /// Bars for numbers.
    Chart,
    /// Plain values.
    Text,
    /// Everything, as JSON.
    Json,
}

impl StandardLayout {
    /// All of them, with the name a manifest uses.
    pub const ALL: [(&'static str, Self); 11] = [
        ("labels", Self::Labels),
        ("boxes", Self::Boxes),
        ("points", Self::Points),
        ("polygons", Self::Polygons),
        ("image", Self::Image),
        ("before-after", Self::BeforeAfter),
        ("table", Self::Table),
        ("gallery", Self::Gallery),
        ("chart", Self::Chart),
        ("text", Self::Text),
        ("json", Self::Json),
    ];

    /// The layout of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, layout)| *layout)
    }

    /// The name of this layout.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, layout)| *layout == self).map_or("json", |(name, _)| name)
    }

    /// The layout that fits an app's results best, for manifests that name none.
    pub fn for_results(results: &[ResultVariable]) -> Self {
        let has = |kind| results.iter().any(|r| r.result_type == kind);
        match () {
            () if has(ResultType::Boxes) => Self::Boxes,
            () if has(ResultType::Points) => Self::Points,
            () if has(ResultType::Polygons) => Self::Polygons,
            () if has(ResultType::Labels) => Self::Labels,
            () if results.iter().filter(|r| r.result_type == ResultType::Image).count() > 1 => Self::Gallery,
            () if has(ResultType::Image) => Self::Image,
            () if has(ResultType::Table) => Self::Table,
            () if has(ResultType::Json) => Self::Json,
            () => Self::Text,
        }
    }
}
