//! The engine, the program and its `setup`. Needs ONNX Runtime's library (`ORT_DYLIB_PATH`) and real models
//! (`VISION_TEST_DATA`); says 'skipped' without them. Computes on what `VISION_TEST_DEVICE` names, the processor by
//! default; `on-gpu` runs it on a GPU.

mod engine;
#[path = "../../../shared/runner/tests/support/program.rs"]
mod harness;
mod program;
mod setup;
mod support;
