//! An engine that does what a model tells it to, with all that native code can do.

use std::{fs, path::Path};

use vision_runner::engine::{Element, Engine, EngineError, Model, Port, Tensor};

use crate::attempts::{self, Surroundings};

/// The engine.
pub(crate) struct Hostile;

/// What a model says that does no harm.
pub(crate) const HARMLESS: &str = "harmless";
/// Bytes before the text in a [`model`].
const HEAD: usize = 5;

/// A file that begins as an ONNX model does, and whose remark is what the engine shall do.
pub(crate) fn model(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    // Version 8, then a remark, whose length takes two bytes of seven bits.
    let head: [u8; HEAD] = [0x08, 0x08, 0x32, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8];
    [&head, text.as_bytes()].concat()
}

/// How an attempt that got out is told.
pub(crate) const ESCAPED: &str = "ESCAPED";

impl Engine for Hostile {
    fn name(&self) -> &'static str {
        "hostile"
    }

    fn load(&self, onnx: &Path) -> Result<Box<dyn Model>, EngineError> {
        let model = fs::read(onnx).map_err(|error| EngineError::new(format!("no model: {error}")))?;
        let text = str::from_utf8(&model[HEAD..]).unwrap();
        if text == HARMLESS {
            return Ok(Box::new(Harmless::new()));
        }
        let surroundings = Surroundings::parse(text);
        match attempts::carry_out(&surroundings) {
            Ok(gained) => Err(EngineError::new(format!("{ESCAPED}: {gained}"))),
            Err(error) => Err(EngineError::new(format!("refused: {error}"))),
        }
    }
}

/// A model that computes nothing.
struct Harmless {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
}

impl Harmless {
    fn new() -> Self {
        let port = |name: &str| vec![Port { name: name.to_owned(), shape: vec![1], element: Element::Float32 }];
        Self { inputs: port("in"), outputs: port("out") }
    }
}

impl Model for Harmless {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn infer(&self, _: Vec<(String, Tensor)>) -> Result<Vec<(String, Tensor)>, EngineError> {
        let zeros = Tensor::zeros(vec![1], Element::Float32).map_err(EngineError::new)?;
        Ok(vec![("out".to_owned(), zeros)])
    }

    fn memory_bytes(&self) -> u64 {
        4
    }
}
