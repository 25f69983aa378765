//! The app's model, opened and ready to look at photos.

use crate::{
    bindings::vision::app::{
        images::Image,
        inference,
        tensors::{ElementType, Tensor},
    },
    labels::Labels,
    manifest::{Fit, Input, Model, Output},
    photo::{self, Seen},
    shape::{self, Frame},
    values::Values,
};

/// The app's model and what the manifest says about it.
pub struct Net {
    /// The names of its classes.
    pub labels: Labels,
    /// How its output becomes a result.
    pub output: Output,
    /// The frame that it looks through.
    pub frame: Frame,
    name: String,
    port: String,
    input: Input,
    model: inference::Model,
}

/// One output of a model.
pub struct Answer {
    /// The output's name.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<u32>,
    /// Its numbers.
    pub tensor: Tensor,
}

impl Net {
    /// Loads the app's model.
    ///
    /// # Errors
    /// What is wrong with the manifest, the labels or the model.
    pub fn open() -> Result<Self, String> {
        let described = Model::first()?;
        let (input, output) = (described.input(), described.output());
        let labels = Labels::read(described.labels.as_deref())?;
        let name = described.name;
        let model = inference::Model::load_by_name(&name)?;
        let mut ports = model.inputs();
        if ports.len() != 1 {
            return Err(format!("model “{name}”: expected one input, found {}", ports.len()));
        }
        let port = ports.remove(0);
        if port.element != ElementType::Float32 {
            return Err(format!("model “{name}”: expected an input of float32, found {:?}", port.element));
        }
        let frame = shape::frame(&port.shape, &input).map_err(|fault| format!("model “{name}”: {fault}"))?;
        Ok(Self { labels, output, frame, name, port: port.name, input, model })
    }

    /// Fits a photo into the model's frame; `fit` is how, if the manifest does not say.
    ///
    /// # Errors
    /// What the host says.
    pub fn see(&self, photo: &Image, fit: Fit) -> Result<Seen, String> {
        photo::see(photo, self.frame, &self.input, fit)
    }

    /// Runs the model.
    ///
    /// # Errors
    /// What the engine says.
    pub fn compute(&self, seen: &Seen) -> Result<Vec<Answer>, String> {
        let answers = self.model.compute(&[(self.port.clone(), &seen.tensor)])?;
        Ok(answers.into_iter().map(|(name, tensor)| Answer { name, shape: tensor.shape(), tensor }).collect())
    }

    /// The message for outputs that do not fit the head.
    pub fn misfit(&self, head: &str, expected: &str, answers: &[Answer]) -> String {
        let found: Vec<_> =
            answers.iter().map(|answer| format!("{} {}", answer.name, shape::display(&answer.shape))).collect();
        format!(
            "model “{}”: the head {head} expects {expected}, but the model's output is {}",
            self.name,
            found.join(", ")
        )
    }

    /// The message for something else that is odd about the model.
    pub fn remark(&self, message: &str) -> String {
        format!("model “{}”: {message}", self.name)
    }
}

impl Answer {
    /// Calls `read` with the output's numbers, unless they are not float32.
    ///
    /// # Errors
    /// If they are something else.
    pub fn read<T>(&self, read: impl FnOnce(Values<'_>) -> T) -> Result<T, String> {
        match self.tensor.element() {
            ElementType::Float32 => Ok(read(Values::new(&self.tensor.bytes()))),
            other => Err(format!("output “{}”: expected float32, found {other:?}", self.name)),
        }
    }
}
