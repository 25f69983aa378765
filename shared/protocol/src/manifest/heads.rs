//! The forms that a model's output may have.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The form of a model's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Head {
    /// Classes: one number per class, softmax still to be done.
    Logits,
    /// Classes: one probability per class, 1 all together.
    Softmax,
    /// Classes of which several or none may fit: one probability per class, each for itself.
    Sigmoid,
    /// Classes of which several or none may fit: one number per class, sigmoid still to be done.
    SigmoidLogits,
    /// Detection: rows of cx, cy, w, h (grid cells, log scale), objectness, class scores, as YOLOX exports them.
    #[serde(rename = "YOLOX")]
    Yolox,
    /// Detection: a grid with 5 + classes numbers for each of `Anchors`, nothing decoded yet, as YOLOv2 and Tiny YOLO
    /// have it: `[1, rows, columns, anchors * (5 + classes)]` or `[1, anchors * (5 + classes), rows, columns]`.
    #[serde(rename = "YOLOv2")]
    Yolov2,
    /// Detection: `[1, n, 5 + classes]`, cx, cy, w, h in input pixels, objectness, class scores, as YOLOv5 exports them.
    #[serde(rename = "YOLOv5")]
    Yolov5,
    /// Detection: `[1, 4 + classes, n]`, cx, cy, w, h in input pixels, no objectness, as YOLOv8 exports them.
    #[serde(rename = "YOLOv8")]
    Yolov8,
    /// Detection: as `YOLOv8`.
    #[serde(rename = "YOLO11")]
    Yolo11,
    /// Detection: `[1, n, 6]`, x1, y1, x2, y2 in input pixels, score, class; nothing overlaps any more, as YOLOv10
    /// exports it.
    #[serde(rename = "YOLOv10")]
    Yolov10,
    /// Detection: one output of boxes `[1, n, 4]` (x1, y1, x2, y2 in 0..1) and one of class scores
    /// `[1, n, classes]` with a background class first.
    #[serde(rename = "SSD")]
    Ssd,
    /// Detection: for each of `Strides` one output of class scores `[1, n, classes]` and one of distributions over the
    /// distance to each edge `[1, n, 4 * bins]`, as NanoDet exports them.
    NanoDet,
    /// Detection: `[1, 5 + classes, rows, columns]`, objectness, offset and size of each cell, class scores.
    FastestDet,
    /// Detection: as `SSD`, with faces for its only class.
    UltraFace,
    /// Detection: faces with five points each. Either boxes and points `[n, 14]`, class scores `[n, 2]` and overlaps
    /// `[n, 1]` over priors (2021), or `cls`, `obj`, `bbox` and `kps` for each of `Strides` (2023).
    YuNet,
    /// Pictures: the output is the picture, in colour or grey.
    Picture,
    /// Pictures: the output is the picture's luma (Y of YCbCr, BT.601, full range); the photo's own colours are scaled
    /// to its size.
    Luma,
    /// Keypoints: x and y of each point, in 0..1 of the input.
    Landmarks,
    /// Keypoints: `[1, points, rows, columns]` or `[1, rows, columns, points]`, for each point how likely it lies where.
    Heatmaps,
    /// Attributes: a number.
    Value,
}

impl Head {
    /// The name that a manifest uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logits => "Logits",
            Self::Softmax => "Softmax",
            Self::Sigmoid => "Sigmoid",
            Self::SigmoidLogits => "SigmoidLogits",
            Self::Yolox => "YOLOX",
            Self::Yolov2 => "YOLOv2",
            Self::Yolov5 => "YOLOv5",
            Self::Yolov8 => "YOLOv8",
            Self::Yolo11 => "YOLO11",
            Self::Yolov10 => "YOLOv10",
            Self::Ssd => "SSD",
            Self::NanoDet => "NanoDet",
            Self::FastestDet => "FastestDet",
            Self::UltraFace => "UltraFace",
            Self::YuNet => "YuNet",
            Self::Picture => "Picture",
            Self::Luma => "Luma",
            Self::Landmarks => "Landmarks",
            Self::Heatmaps => "Heatmaps",
            Self::Value => "Value",
        }
    }
}
