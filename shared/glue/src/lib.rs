#![doc = include_str!("../README.md")]

use vision_protocol::manifest::Task;

/// The component that runs this task.
pub fn standard(task: Task) -> &'static [u8] {
    match task {
        Task::Classification => include_bytes!("../dist/classification.wasm"),
        Task::Detection => include_bytes!("../dist/detection.wasm"),
    }
}
