//! The standard glue of every task on real models and photos, held against what ONNX Runtime and plain Python make of
//! the same package.

mod classification;
mod detection;
mod lab;
mod numbers;
mod pictures;
mod text;
