//! The models of an app, and how standard glue feeds and reads them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Head;

/// One ONNX model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Model {
    /// The name that glue loads it by.
    pub name: String,
    /// Its file, under `models/`.
    pub file: String,
    /// A text file with one label per line, under `assets/`; for text recognition, one character per line.
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
    /// How a photo of another aspect ratio is fitted. If left out: `Crop` for classification, `Letterbox` for detection,
    /// text detection and text recognition, `Stretch` otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// Grey value around a letterboxed photo, 0 to 255; 114 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pad: Option<u8>,
    /// Where a letterboxed photo lies; `TopLeft` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
}

/// How raw outputs become a result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ModelOutput {
    /// The form of the output. If left out: `YOLOX` for detection, `Picture` for pictures, `Landmarks` for keypoints,
    /// `Sigmoid` for a segmentation of one channel, what the numbers look like for text recognition, `Logits` otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Head>,
    /// The name of the output that is read, for a model that has more than its head asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Pixels per cell of each level of a YOLOX, NanoDet or YuNet head; 8, 16, 32 (YuNet with priors: and 64) if left
    /// out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strides: Vec<u32>,
    /// Width and height of each anchor of a YOLOv2 head, in cells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<[f32; 2]>,
    /// Labels, boxes, points and regions below are dropped; if left out, 0.3 for boxes and the points of `Heatmaps`,
    /// 0.5 for the labels of a `Sigmoid` head and for regions of text, and nothing is dropped otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_threshold: Option<f32>,
    /// Of two boxes of one class that overlap by more, the weaker goes; 0.45 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iou_threshold: Option<f32>,
    /// What lies within a mask: above this; 0.5 for segmentation, 0.3 for text detection if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask_threshold: Option<f32>,
    /// How many labels or boxes are answered at most; 5 labels, 20 of a `Sigmoid` head, 100 boxes or 1000 regions of
    /// text if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<u32>,
    /// Segmentation: the one class whose soft mask is asked for, counted from 0. If left out, all classes are mapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<u32>,
    /// Pictures: order of the dimensions; from the output's shape if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// Pictures: order of the channels; as in `Input` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<Channels>,
    /// Pictures: pixels are `(number * Std[c] + Mean[c]) * Divisor`. If all three are left out, those of `Input` are
    /// undone; if one is given, this is 1 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divisor: Option<f32>,
    /// Pictures: one per channel, or one for all; see `Divisor`. 0 beside it if left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mean: Vec<f32>,
    /// Pictures: one per channel, or one for all; see `Divisor`. 1 beside it if left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub std: Vec<f32>,
    /// Embedding: a file under `assets/` with one vector per line of `Labels`, as little-endian float32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gallery: Option<String>,
    /// Attributes: what is read from which output.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// Text recognition: where the class stands that means “no character”; `First` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blank: Option<Blank>,
    /// Text detection: how far a region is grown, as area over perimeter times this; 1.5 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unclip: Option<f32>,
}

/// Something that describes a photo, and how it is read from an output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Attribute {
    /// What people see.
    pub name: String,
    /// The name of the output that it is read from; the next one that no attribute names, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// `Value` for a number; `Logits`, `Softmax`, `Sigmoid` or `SigmoidLogits` for classes. If left out: `Logits` with
    /// `Classes`, `Value` without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Head>,
    /// The names of the classes, in the model's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// A `Value` is the model's number times this, plus `Offset`; 1 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f32>,
    /// See `Scale`; 0 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<f32>,
}

/// Where a list of characters leaves room for “no character”.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Blank {
    /// Before the first character.
    First,
    /// Behind the last character.
    Last,
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
