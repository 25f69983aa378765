//! An ONNX file, as it is written and as engines take it.

mod graph;
mod measure;

pub(crate) use graph::{FirstLayer, Graph};
pub(crate) use measure::{Measured, Measurement, Which, compute, measure};
