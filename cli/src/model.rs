//! An ONNX file, as it is written and as engines take it.

mod agreement;
mod graph;
mod measure;
mod preamble;

pub(crate) use agreement::{Agreement, agreement, compare};
pub(crate) use graph::{FirstLayer, Graph, Port};
pub(crate) use measure::{Measured, Measurement, Which, compute, measure};
pub(crate) use preamble::Preamble;
