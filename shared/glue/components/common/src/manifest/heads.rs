//! The forms of output that the standard glue reads; what each looks like is told in `vision-protocol`.

use miniserde::Deserialize;

/// The form of a model's output.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub enum Head {
    /// One number per class, softmax still to be done.
    Logits,
    /// One probability per class, 1 all together.
    Softmax,
    /// One probability per class, each for itself.
    Sigmoid,
    /// One number per class, sigmoid still to be done.
    SigmoidLogits,
    /// Rows of cx, cy, w, h (grid cells, log scale), objectness, class scores.
    #[serde(rename = "YOLOX")]
    Yolox,
    /// A grid of anchors with 5 + classes numbers each.
    #[serde(rename = "YOLOv2")]
    Yolov2,
    /// `[1, n, 5 + classes]`, cx, cy, w, h in input pixels.
    #[serde(rename = "YOLOv5")]
    Yolov5,
    /// `[1, 4 + classes, n]`, cx, cy, w, h in input pixels.
    #[serde(rename = "YOLOv8")]
    Yolov8,
    /// As YOLOv8.
    #[serde(rename = "YOLO11")]
    Yolo11,
    /// `[1, n, 6]`, corners in input pixels, score, class.
    #[serde(rename = "YOLOv10")]
    Yolov10,
    /// Boxes `[1, n, 4]` and class scores `[1, n, classes]`.
    #[serde(rename = "SSD")]
    Ssd,
    /// Class scores and distributions over distances for each level.
    NanoDet,
    /// `[1, 5 + classes, rows, columns]`.
    FastestDet,
    /// As SSD, faces only.
    UltraFace,
    /// Faces with five points each.
    YuNet,
    /// The output is a picture.
    Picture,
    /// The output is a picture's luma.
    Luma,
    /// x and y of each point, in 0..1.
    Landmarks,
    /// For each point how likely it lies where.
    Heatmaps,
    /// A number.
    Value,
}
