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
    /// How a photo becomes its input.
    pub input: Input,
    name: String,
    port: String,
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
        let answers = compute(&self.model, &[(self.port.clone(), &seen.tensor)])?;
        chosen(answers, self.output.name.as_deref()).map_err(|fault| self.remark(&fault))
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

/// Runs a model.
///
/// # Errors
/// What the engine says.
pub fn compute(model: &inference::Model, inputs: &[(String, &Tensor)]) -> Result<Vec<Answer>, String> {
    let answers = model.compute(inputs)?;
    Ok(answers.into_iter().map(|(name, tensor)| Answer { name, shape: tensor.shape(), tensor }).collect())
}

/// The output of that name; without a name, all of them.
///
/// # Errors
/// If there is none of that name.
pub fn chosen(mut answers: Vec<Answer>, name: Option<&str>) -> Result<Vec<Answer>, String> {
    let Some(name) = name else { return Ok(answers) };
    match answers.iter().position(|answer| answer.name == name) {
        Some(place) => Ok(vec![answers.swap_remove(place)]),
        None => {
            let known: Vec<_> = answers.iter().map(|answer| answer.name.as_str()).collect();
            Err(format!("Output.Name is “{name}”, but its outputs are {}", known.join(", ")))
        }
    }
}

impl Answer {
    /// Its dimensions without those of length 1.
    pub fn sides(&self) -> Vec<u32> {
        self.shape.iter().copied().filter(|&side| side != 1).collect()
    }

    /// How many numbers it has.
    pub fn count(&self) -> u32 {
        self.shape.iter().product()
    }

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

    /// The output's whole numbers; one below 0 becomes 0.
    ///
    /// # Errors
    /// If they are no whole numbers.
    pub fn numbers(&self) -> Result<Vec<u32>, String> {
        let bytes = self.tensor.bytes();
        let whole = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
        Ok(match self.tensor.element() {
            ElementType::Uint8 => bytes.into_iter().map(u32::from).collect(),
            ElementType::Int32 => {
                bytes.as_chunks().0.iter().map(|four| whole(i32::from_le_bytes(*four).into())).collect()
            }
            ElementType::Int64 => bytes.as_chunks().0.iter().map(|eight| whole(i64::from_le_bytes(*eight))).collect(),
            ElementType::Float32 => {
                return Err(format!("output “{}”: expected whole numbers, found Float32", self.name));
            }
        })
    }
}
