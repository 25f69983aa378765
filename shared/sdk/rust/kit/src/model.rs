//! The package's models.

pub use crate::bindings::vision::app::inference::Port;

use crate::{Result, Tensor, bindings::vision::app::inference, error::host};

/// A model, by the name that the manifest gives it.
#[derive(Debug)]
pub struct Model {
    name: String,
    model: inference::Model,
}

/// What a model answers: its outputs by name, in its order.
#[derive(Debug)]
pub struct Answers {
    model: String,
    outputs: Vec<(String, Tensor)>,
}

impl Model {
    /// The model that stands under this name in `Models` of `app.json`.
    ///
    /// # Errors
    /// If there is none, or if it cannot be loaded.
    #[track_caller]
    pub fn load(name: &str) -> Result<Self> {
        let model = host(inference::Model::load_by_name(name))?;
        Ok(Self { name: name.to_owned(), model })
    }

    /// Its inputs. A length that the model leaves open is 0.
    pub fn inputs(&self) -> Vec<Port> {
        self.model.inputs()
    }

    /// Its outputs. A length that the model leaves open is 0.
    pub fn outputs(&self) -> Vec<Port> {
        self.model.outputs()
    }

    /// Runs a model of one input.
    ///
    /// # Errors
    /// What the engine says.
    #[track_caller]
    pub fn run(&self, input: &Tensor) -> Result<Answers> {
        self.compute(&[("", input)])
    }

    /// Runs the model. Inputs are matched by name; an empty name takes the first input.
    ///
    /// # Errors
    /// What the engine says.
    #[track_caller]
    pub fn compute(&self, inputs: &[(&str, &Tensor)]) -> Result<Answers> {
        let inputs: Vec<_> = inputs.iter().map(|(name, tensor)| ((*name).to_owned(), &tensor.0)).collect();
        let outputs = self.model.compute(&inputs).map_err(|words| format!("model “{}”: {words}", self.name));
        let outputs = host(outputs)?;
        Ok(Answers {
            model: self.name.clone(),
            outputs: outputs.into_iter().map(|(name, tensor)| (name, Tensor(tensor))).collect(),
        })
    }
}

impl Answers {
    /// The output of this name.
    ///
    /// # Errors
    /// If the model has none.
    #[track_caller]
    pub fn get(&self, name: &str) -> Result<&Tensor> {
        let found = self.outputs.iter().find(|(output, _)| output == name).map(|(_, tensor)| tensor);
        host(found.ok_or_else(|| {
            let names: Vec<_> = self.outputs.iter().map(|(name, _)| name.as_str()).collect();
            format!("model “{}” has no output “{name}”; it has: {}", self.model, names.join(", "))
        }))
    }

    /// The first output.
    ///
    /// # Errors
    /// If the model has none.
    #[track_caller]
    pub fn first(&self) -> Result<&Tensor> {
        let first = self.outputs.first().map(|(_, tensor)| tensor);
        host(first.ok_or_else(|| format!("model “{}” has no outputs", self.model)))
    }

    /// All outputs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.outputs.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }
}
