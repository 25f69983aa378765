//! Result variables, and the shapes of their values.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
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
            Self::Labels => match serde_json::from_value::<Vec<ScoredLabel>>(value.clone()) {
                Ok(_) => return Ok(()),
                Err(error) => format!("a list of {{\"label\", \"score\"}} ({error})"),
            },
            Self::Boxes => match serde_json::from_value::<Boxes>(value.clone()) {
                Ok(_) => return Ok(()),
                Err(error) => {
                    format!(
                        "{{\"width\", \"height\", \"boxes\": [{{\"label\", \"score\", \"x\", \"y\", \"width\", \"height\"}}]}} ({error})"
                    )
                }
            },
            Self::Table if value.as_array().is_some_and(|rows| rows.iter().all(Value::is_object)) => return Ok(()),
            Self::Text => "a string".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Date => "a day as YYYY-MM-DD".to_owned(),
            Self::Image => "an image".to_owned(),
            Self::Table => "a list of objects".to_owned(),
        };
        Err(format!("expected {expected}"))
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
    pub const ALL: [(&'static str, Self); 9] = [
        ("labels", Self::Labels),
        ("boxes", Self::Boxes),
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
            () if has(ResultType::Labels) => Self::Labels,
            () if results.iter().filter(|r| r.result_type == ResultType::Image).count() > 1 => Self::Gallery,
            () if has(ResultType::Image) => Self::Image,
            () if has(ResultType::Table) => Self::Table,
            () if has(ResultType::Json) => Self::Json,
            () => Self::Text,
        }
    }
}
