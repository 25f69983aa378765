//! From a model's outputs to candidate boxes, one module per form of output.

pub(crate) mod ssd;
pub(crate) mod yolov8;
pub(crate) mod yolox;
