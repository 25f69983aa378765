#![doc = include_str!("../README.md")]

use vision_protocol::manifest::Task;

/// The component that runs this task.
pub fn standard(task: Task) -> &'static [u8] {
    match task {
        Task::Classification => include_bytes!("../dist/classification.wasm"),
        Task::Detection => include_bytes!("../dist/detection.wasm"),
        Task::Segmentation => include_bytes!("../dist/segmentation.wasm"),
        Task::ImageToImage => include_bytes!("../dist/image-to-image.wasm"),
        Task::Keypoints => include_bytes!("../dist/keypoints.wasm"),
        Task::Embedding => include_bytes!("../dist/embedding.wasm"),
        Task::Attributes => include_bytes!("../dist/attributes.wasm"),
        Task::TextDetection => include_bytes!("../dist/text-detection.wasm"),
        Task::TextRecognition => include_bytes!("../dist/text-recognition.wasm"),
        Task::Generation => include_bytes!("../dist/generation.wasm"),
    }
}
