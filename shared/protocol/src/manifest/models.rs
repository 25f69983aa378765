//! The models of an app, and how standard glue feeds and reads them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One ONNX model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Model {
    /// The name that glue loads it by.
    pub name: String,
    /// Its file, under `models/`.
    pub file: String,
    /// A text file with one label per line, under `assets/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// How a photo becomes its input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<ModelInput>,
    /// How its output becomes a result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<ModelOutput>,
}

/// How a photo becomes a tensor: fitted into `Width` x `Height`, then
/// `(pixel / Divisor - Mean[c]) / Std[c]`, channels in the order of `Channels`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ModelInput {
    /// Pixels; from the model's shape if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels; from the model's shape if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Order of the dimensions; from the model's shape if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// Order of the channels; RGB if left out (GRAY for a model with one channel).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<Channels>,
    /// 1 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divisor: Option<f32>,
    /// One per channel, or one for all; 0 if left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mean: Vec<f32>,
    /// Standard deviation, one per channel or one for all; 1 if left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub std: Vec<f32>,
    /// How a photo of another aspect ratio is fitted; `Crop` for classification, `Letterbox` for detection if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// Grey value around a letterboxed photo, 0 to 255; 114 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pad: Option<u8>,
    /// Where a letterboxed photo lies; `TopLeft` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
}

/// How raw outputs become labels or boxes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ModelOutput {
    /// The form of the output; `Logits` for classification, `YOLOX` for detection if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Head>,
    /// Pixels per cell of each level of a YOLOX head; 8, 16, 32 if left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strides: Vec<u32>,
    /// Boxes below are dropped; 0.3 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_threshold: Option<f32>,
    /// Of two boxes of one class that overlap by more, the weaker goes; 0.45 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iou_threshold: Option<f32>,
    /// How many labels or boxes are answered at most; 5 labels or 100 boxes if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<u32>,
}

/// Order of a tensor's dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Layout {
    /// Batch, channel, row, column.
    #[serde(rename = "NCHW")]
    Nchw,
    /// Batch, row, column, channel.
    #[serde(rename = "NHWC")]
    Nhwc,
}

/// Order of the channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Channels {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// One channel: ITU-R BT.601 luma.
    Gray,
}

/// How a photo of another aspect ratio is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Fit {
    /// Both sides scaled on their own.
    Stretch,
    /// The short side scaled, the centre cut out.
    Crop,
    /// The long side scaled, the rest padded.
    Letterbox,
}

/// Where a letterboxed photo lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Anchor {
    /// At the top left.
    TopLeft,
    /// In the middle.
    Center,
}

/// The form of a model's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Head {
    /// Classification: one number per class, softmax still to be done.
    Logits,
    /// Classification: one probability per class.
    Softmax,
    /// Detection: rows of cx, cy, w, h (grid cells, log scale), objectness, class scores, as YOLOX exports them.
    #[serde(rename = "YOLOX")]
    Yolox,
    /// Detection: `[1, 4 + classes, n]`, cx, cy, w, h in input pixels, no objectness, as YOLOv8 exports them.
    #[serde(rename = "YOLOv8")]
    Yolov8,
    /// Detection: one output of boxes `[1, n, 4]` (x1, y1, x2, y2 in 0..1) and one of class scores
    /// `[1, n, classes]` with a background class first.
    #[serde(rename = "SSD")]
    Ssd,
}
