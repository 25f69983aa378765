//! The targets that need the runner and an engine.

use std::io::Write;

use vision_runner::engine::{Engine, Tensor};

/// An input file that should be a picture.
pub fn image(data: &[u8]) {
    const MOST_PIXELS: u64 = 1 << 17;
    if let Ok((width, height)) = vision_runner::worker::fuzzing::decode(data, MOST_PIXELS) {
        assert!(width > 0 && height > 0 && u64::from(width) * u64::from(height) <= MOST_PIXELS);
    }
}

/// A model, loaded and, where its inputs are small, computed on zeros. Production does this in a worker that may die.
pub fn onnx(data: &[u8]) {
    const MOST_ELEMENTS: usize = 1 << 14;
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(data).expect("a file that can be written");
    let Ok(model) = runner_tract::TractEngine.load(file.path()) else { return };
    let mut inputs = Vec::new();
    for port in model.inputs() {
        let shape: Vec<usize> = port.shape.iter().map(|side| (*side).max(1)).collect();
        let Some(count) = shape.iter().try_fold(1_usize, |count, side| count.checked_mul(*side)) else { return };
        if count > MOST_ELEMENTS {
            return;
        }
        let Ok(tensor) = Tensor::zeros(shape, port.element) else { return };
        inputs.push((port.name.clone(), tensor));
    }
    let _ = model.infer(inputs);
}
